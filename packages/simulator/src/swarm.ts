/**
 * Which faults a seed has, and how often.
 *
 * Each seed draws its own few kinds: a world in which everything fails all the time never gets far enough to meet the rarer bugs, and one with
 * every kind at the same mild rate never sees two of one kind in a row (swarm testing; Groce et al., ISSTA 2012).
 */
import type { Random } from "@syncline/machine";
import type { Fault, FaultKind } from "./faults.ts";
import { partitionLines } from "./partitions.ts";

/** Who can be struck. */
export interface FaultTargets {
  /** Nodes with disks that matter, and lines between each two. */
  readonly members: readonly string[];
  /** Nodes that speak to members only; their processes and clocks are struck as well, not their disks. */
  readonly guests: readonly string[];
  /** Kinds that this world does not know, such as `weather` where there are only connections. */
  readonly without?: readonly FaultKind["kind"][];
}

type Draw = (random: Random, targets: FaultTargets) => FaultKind | null;

const someTime = (random: Random): number =>
  random.pick([50, 200, 500, 1500, 4000, 12_000]) + random.integer(0, 50);

const anyone = (random: Random, { members, guests }: FaultTargets): string =>
  random.pick([...members, ...members, ...guests]);

const anyLine = (
  random: Random,
  { members, guests }: FaultTargets,
): readonly [string, string] | null => {
  const from = random.pick([...members, ...guests]);
  const others = members.filter((name) => name !== from);
  if (others.length === 0) return null;
  const to = random.pick(others);
  return random.chance(0.5) ? [from, to] : [to, from];
};

/** How each kind is drawn. */
const drawByKind: Readonly<Record<FaultKind["kind"], Draw>> = {
  crash: (random, { members }) => ({
    kind: "crash",
    node: random.pick(members),
    afterEffects: random.chance(0.5) ? 0 : random.integer(1, 80),
    forMs: someTime(random),
  }),
  pause: (random, targets) => ({
    kind: "pause",
    node: anyone(random, targets),
    forMs: someTime(random),
  }),
  wipe: (random, { members }) => ({
    kind: "wipe",
    node: random.pick(members),
    forMs: someTime(random),
  }),
  "back-up": (random, { members }) => ({ kind: "back-up", node: random.pick(members) }),
  restore: (random, { members }) => ({
    kind: "restore",
    node: random.pick(members),
    forMs: someTime(random),
  }),
  "roll-back": (random, { members }) => ({
    kind: "roll-back",
    node: random.pick(members),
    forMs: random.integer(10, 500),
    isSlowlyRead: random.chance(0.5),
  }),
  partition: (random, { members, guests }) => {
    if (members.length < 2) return null;
    const shape = random.pick(["halves", "majority-ring", "bridge", "isolated"] as const);
    const lines = partitionLines(shape, members, guests, random);
    return { kind: "partition", shape, lines, forMs: someTime(random) };
  },
  clog: (random, targets) => {
    const line = anyLine(random, targets);
    return line === null
      ? null
      : { kind: "clog", from: line[0], to: line[1], forMs: random.integer(10, 3000) };
  },
  "slow-line": (random, targets) => {
    const line = anyLine(random, targets);
    if (line === null) return null;
    const addedMs = random.pick([20, 100, 1000]);
    return { kind: "slow-line", from: line[0], to: line[1], addedMs, forMs: someTime(random) };
  },
  "slow-reader": (random, targets) => {
    const line = anyLine(random, targets);
    if (line === null) return null;
    const perMessageMs = random.pick([5, 50, 400]);
    return {
      kind: "slow-reader",
      node: line[1],
      from: line[0],
      perMessageMs,
      forMs: someTime(random),
    };
  },
  break: (random, targets) => {
    const line = anyLine(random, targets);
    return line === null ? null : { kind: "break", one: line[0], other: line[1] };
  },
  weather: (random) => ({
    kind: "weather",
    lossRate: random.pick([0, 0.02, 0.1, 0.3]),
    duplicationRate: random.pick([0, 0.02, 0.2, 0.5]),
    reorderingRate: random.pick([0, 0.05, 0.2]),
    forMs: someTime(random),
  }),
  "slow-disk": (random, { members }) => ({
    kind: "slow-disk",
    node: random.pick(members),
    times: random.pick([5, 30, 200]),
    forMs: someTime(random),
  }),
  "full-disk": (random, { members }) => ({
    kind: "full-disk",
    node: random.pick(members),
    forMs: someTime(random),
  }),
  "failed-flush": (random, { members }) => ({ kind: "failed-flush", node: random.pick(members) }),
  "bit-rot": (random, { members }) => ({
    kind: "bit-rot",
    node: random.pick(members),
    place: random.fraction(),
  }),
  "clock-jump": (random, targets) => ({
    kind: "clock-jump",
    node: anyone(random, targets),
    byMs: random.pick([-3_600_000, -1000, -20, 20, 1000, 30_000, 3_600_000]),
    isSuspension: random.chance(0.3),
  }),
  "clock-drift": (random, targets) => ({
    kind: "clock-drift",
    node: anyone(random, targets),
    rate: random.pick([0.5, 0.9, 0.999, 1.001, 1.1, 2]),
    forMs: someTime(random),
  }),
};

/** How often a kind is among a seed's, where it is not one half; rare are those that end much else. */
const shareByKind: Partial<Readonly<Record<FaultKind["kind"], number>>> = {
  wipe: 0.3,
  restore: 0.3,
  "roll-back": 0.2,
  "bit-rot": 0.3,
  "full-disk": 0.25,
  "failed-flush": 0.25,
};

const COUNT_MAX = 60;

/** The faults of a run, from time 0 up to `forMs`, in order. About one run in fifteen has none at all. */
export const drawFaults = (
  random: Random,
  targets: FaultTargets,
  forMs: number,
): readonly Fault[] => {
  if (random.chance(1 / 15)) return [];
  const faults: Fault[] = [];
  for (const kind of Object.keys(drawByKind) as FaultKind["kind"][]) {
    // A stream for each kind: what one draws does not change another.
    const own = random.fork(kind);
    if (targets.without?.includes(kind) === true) continue;
    if (!own.chance(shareByKind[kind] ?? 0.5)) continue;
    const gapMs = own.pick([forMs / 2, forMs / 4, forMs / 12, forMs / 30]);
    let atMs = own.integer(0, Math.ceil(gapMs * 2));
    for (let count = 0; atMs < forMs && count < COUNT_MAX; count += 1) {
      const fault = drawByKind[kind](own, targets);
      if (fault !== null) faults.push({ atMs, ...fault });
      atMs += own.integer(1, Math.ceil(gapMs * 2) + 1);
    }
  }
  return faults.sort((left, right) => left.atMs - right.atMs);
};
