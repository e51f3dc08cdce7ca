/** One home and whoever talks to it, with a disk that is done at once: for tests of a single answer. */
import {
  answerOfRow,
  createHome,
  type Fencing,
  type Home,
  type HomeLimits,
  type HomeOutput,
  type HomeProtocol,
  type HomeRow,
  noFencing,
  rangeOfQuery,
  type SpaceMessage,
  writeOfRecord,
} from "@syncline/gossip";
import { type Runtime, startRuntime } from "@syncline/machine";

/** A home and what it said. */
export interface LoneHome {
  readonly home: Home;
  readonly runtime: Runtime<HomeProtocol>;
  readonly outputs: HomeOutput[];
  /** Everything sent since the last call, by receiver. */
  take(to: string): readonly SpaceMessage[];
  /** From now on loads wait until they are released. */
  holdLoads(): void;
  /** Answers the oldest load that waits. */
  releaseLoad(): void;
  /** Moves time and wakes the home. */
  wakeAt(nowMs: number): void;
  /** Why it stopped, or null. */
  failure(): Error | null;
}

const prefix = Uint8Array.of(1);
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** A home `a` with these other homes; `incarnation` names its log, `writeQuorum` is the W of its space. */
export const createLoneHome = (
  others: readonly string[] = [],
  limits: Partial<HomeLimits> = {},
  incarnation = "aaaaaaaaaaaaaaaa",
  fencing: Fencing = noFencing,
  writeQuorum = 1,
): LoneHome => {
  const rows = new Map<string, readonly [Uint8Array, Uint8Array]>();
  let sent: { readonly to: string; readonly message: SpaceMessage }[] = [];
  const outputs: HomeOutput[] = [];
  let failure: Error | null = null;
  let nowMs = 0;
  let isHolding = false;
  const loads: (() => void)[] = [];
  const home = createHome(
    { home: "a", incarnation, others, writeQuorum, readQuorum: 1 },
    { readWaitMs: 0, ...limits },
    fencing,
  );
  /** Whoever reads a row gets the same object, as from a relay that has just read it for another. */
  const readRows = new WeakMap<Uint8Array, HomeRow>();
  const rowAt = (place: string): HomeRow => {
    const [key, value] = rows.get(place)!;
    const row = readRows.get(value) ?? answerOfRow(prefix, key, value);
    readRows.set(value, row);
    return row;
  };
  const runtime = startRuntime(home, [], {
    now: () => nowMs,
    append: (records, done) => {
      for (const record of records) {
        const { key, value } = writeOfRecord(prefix, record);
        if (value === null) rows.delete(hexOf(key));
        else rows.set(hexOf(key), [key, value]);
      }
      done(null);
    },
    load: (query, done) => {
      const { fromKey, toKey } = rangeOfQuery(prefix, query);
      const answer = (): void => {
        const keys = [...rows.keys()].filter((key) => key >= hexOf(fromKey) && key < hexOf(toKey));
        done(null, keys.sort().map(rowAt));
      };
      if (isHolding) loads.push(answer);
      else answer();
    },
    send: (to, message) => sent.push({ to, message }),
    deliver: (output) => outputs.push(output),
    wake: () => {},
    failed: (error) => {
      failure = error;
    },
  });
  for (const other of others) runtime.submitted({ kind: "unreachable", home: other });
  return {
    home,
    runtime,
    outputs,
    failure: () => failure,
    holdLoads: () => {
      isHolding = true;
    },
    releaseLoad: () => loads.shift()?.(),
    wakeAt: (atMs) => {
      nowMs = atMs;
      runtime.woken();
    },
    take: (to) => {
      const taken = sent.filter((one) => one.to === to).map(({ message }) => message);
      sent = sent.filter((one) => one.to !== to);
      return taken;
    },
  };
};
