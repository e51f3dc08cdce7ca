/**
 * Whether a register's operations can be put in an order, in near-linear time, where no value was written twice (Gibbons and Korach 1997,
 * §4: "atomic-read" with the reads mapping known; as zones and clusters: Anderson et al., "What consistency does your key-value
 * store actually provide?", HotDep 2010, §3).
 *
 * A write and the reads of its value are a cluster; in every valid order they stand together. Cluster A must come before cluster B as soon
 * as one operation of A returned before one of B was called: if A's first return is before B's last call. Both ways at once is impossible, and
 * where no two clusters contradict each other an order exists.
 */
import type { AsRegister } from "./models/model.ts";
import type { Task } from "./search.ts";

/** What the zones say; `tasks` are the few that contradict each other. */
export type ZonesResult =
  | { readonly kind: "possible" }
  | { readonly kind: "impossible"; readonly tasks: readonly number[] };

/** The operations of one value: which returned first, which was called last, and which wrote it (none: the initial value). */
interface Cluster {
  write: number | null;
  firstReturn: number;
  firstReturnTask: number | null;
  lastCall: number;
  lastCallTask: number | null;
  /** The read that returned first, for a read from the future. */
  firstReadReturn: number;
  firstReadTask: number | null;
}

/** Judges by zones; null where a value was written twice, or the initial value was written. O(n log n). */
export const judgeZones = <Input, Output>(
  tasks: readonly Task<Input, Output>[],
  register: AsRegister<Input, Output>,
): ZonesResult | null => {
  const clusterByValue = clustersOf(tasks, register);
  if (clusterByValue === null) return null;
  const clusters = [...clusterByValue.values()];
  for (const cluster of clusters) {
    const early = readBeforeWrite(tasks, cluster);
    if (early !== null) return { kind: "impossible", tasks: early };
  }
  const pair = contradiction(clusters);
  return pair === null
    ? { kind: "possible" }
    : { kind: "impossible", tasks: [...new Set(pair.flatMap(decisiveTasks))] };
};

const emptyCluster = (): Cluster => ({
  write: null,
  firstReturn: Infinity,
  firstReturnTask: null,
  lastCall: -Infinity,
  lastCallTask: null,
  firstReadReturn: Infinity,
  firstReadTask: null,
});

const clustersOf = <Input, Output>(
  tasks: readonly Task<Input, Output>[],
  register: AsRegister<Input, Output>,
): ReadonlyMap<string, Cluster> | null => {
  // The initial value was written before everything.
  const clusterByValue = new Map([
    [register.initialValue, { ...emptyCluster(), firstReturn: -Infinity }],
  ]);
  for (const [index, { input, output, callTime, returnTime }] of tasks.entries()) {
    const { isWrite, value } = register.use(input, output);
    if (value === null) continue;
    const cluster = clusterByValue.get(value) ?? emptyCluster();
    clusterByValue.set(value, cluster);
    if (isWrite) {
      if (cluster.write !== null || value === register.initialValue) return null;
      cluster.write = index;
    } else if (returnTime < cluster.firstReadReturn || cluster.firstReadTask === null) {
      cluster.firstReadReturn = returnTime;
      cluster.firstReadTask = index;
    }
    if (returnTime < cluster.firstReturn) {
      cluster.firstReturn = returnTime;
      cluster.firstReturnTask = index;
    }
    if (callTime > cluster.lastCall) {
      cluster.lastCall = callTime;
      cluster.lastCallTask = index;
    }
  }
  return clusterByValue;
};

/** A read of what nobody wrote, or that returned before its write was called. */
const readBeforeWrite = <Input, Output>(
  tasks: readonly Task<Input, Output>[],
  { write, firstReadTask, firstReadReturn, firstReturn }: Cluster,
): readonly number[] | null => {
  if (firstReadTask === null || firstReturn === -Infinity) return null;
  if (write === null) return [firstReadTask];
  return firstReadReturn < (tasks[write]?.callTime ?? 0) ? [firstReadTask, write] : null;
};

/**
 * Two clusters each of which must come before the other; null if there are none.
 *
 * A cluster whose first return is before its last call is a forward zone; of the others only those within a forward zone contradict anything. So forward
 * zones in order of their beginnings need only be compared with the next one, and each backward zone with the last forward one that begins before its end.
 */
const contradiction = (clusters: readonly Cluster[]): readonly [Cluster, Cluster] | null => {
  const forward = clusters.filter(({ firstReturn, lastCall }) => firstReturn < lastCall);
  forward.sort((left, right) => compareTimes(left.firstReturn, right.firstReturn));
  for (const [index, zone] of forward.entries()) {
    const next = forward[index + 1];
    if (next !== undefined && isContradiction(zone, next)) return [zone, next];
  }
  for (const cluster of clusters) {
    if (cluster.firstReturn < cluster.lastCall) continue;
    const zone = lastBeginningBefore(forward, cluster.lastCall);
    if (zone !== undefined && isContradiction(zone, cluster)) return [zone, cluster];
  }
  return null;
};

/** Not by subtraction: the initial value's time is minus infinity. */
const compareTimes = (left: number, right: number): number =>
  left < right ? -1 : Number(left > right);

const isContradiction = (left: Cluster, right: Cluster): boolean =>
  left.firstReturn < right.lastCall && right.firstReturn < left.lastCall;

const lastBeginningBefore = (zones: readonly Cluster[], time: number): Cluster | undefined => {
  let low = 0;
  let high = zones.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((zones[middle]?.firstReturn ?? Infinity) < time) low = middle + 1;
    else high = middle;
  }
  return zones[low - 1];
};

const decisiveTasks = ({ write, firstReturnTask, lastCallTask }: Cluster): readonly number[] =>
  [write, firstReturnTask, lastCallTask].filter((task) => task !== null);
