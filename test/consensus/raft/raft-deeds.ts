/** What a seed makes of a cluster: how it is set up, what its operator does, and for how long. */
import type { RaftOptions } from "@syncline/consensus/raft";
import type { Random } from "@syncline/machine";
import type { Delays, Weather } from "@syncline/simulator";

/** What people do to a cluster. Times are the world's. */
export type RaftDeed = { readonly atMs: number } & (
  | { readonly kind: "want"; readonly node: string }
  | { readonly kind: "unwant"; readonly node: string }
  | { readonly kind: "demote"; readonly node: string }
  | { readonly kind: "transfer"; readonly node: string }
  | { readonly kind: "campaign"; readonly node: string }
  /** The end of a log is lost, and the store notices. */
  | { readonly kind: "rot"; readonly node: string; readonly place: number }
);

/** A cluster. */
export interface RaftSetup {
  readonly seed: number;
  readonly names: readonly string[];
  /** So many of them begin it; the others come later, if they are wanted. */
  readonly initialCount: number;
  readonly isCoded: boolean;
  readonly delays: Delays;
  readonly weather: Weather;
  readonly options: Partial<RaftOptions>;
  readonly expiryMs: number;
  readonly snapshotMs: number;
  readonly clientCount: number;
  readonly keys: readonly string[];
  readonly thinkMs: number;
  readonly timeoutMs: number;
  readonly impatience: number;
}

const names = ["a", "b", "c", "d", "e", "f", "g"];

/** The cluster of this seed. */
export const drawRaftSetup = (seed: number, random: Random): RaftSetup => {
  const minMs = random.pick([0.5, 1, 5]);
  const electionTimeoutMs = random.pick([150, 300, 1000]);
  const initialCount = random.pick([1, 2, 3, 3, 3, 3, 3, 4, 5, 5, 7]);
  const spareCount = random.pick([0, 0, 1, 2]);
  const isGuarded = random.chance(0.85);
  const isStormy = random.chance(0.3);
  return {
    seed,
    names: names.slice(0, Math.min(names.length, initialCount + spareCount)),
    initialCount,
    isCoded: seed % 2 === 0,
    delays: {
      minMs,
      meanMs: minMs + random.pick([1, 5, 20]),
      shape: random.pick(["uniform", "exponential", "heavy-tailed"] as const),
    },
    weather: {
      lossRate: isStormy ? random.pick([0.01, 0.05]) : 0,
      duplicationRate: isStormy ? random.pick([0, 0.1]) : 0,
      reorderingRate: isStormy ? random.pick([0, 0.1]) : 0,
    },
    options: drawOptions(random, electionTimeoutMs, isGuarded),
    expiryMs: random.pick([5000, 20_000, 1_000_000]),
    snapshotMs: random.pick([0, 10, 200]),
    clientCount: random.pick([1, 2, 3, 4, 6]),
    keys: ["x", "y", "z"].slice(0, random.pick([1, 2, 3])),
    thinkMs: random.pick([5, 20, 100, 300]),
    timeoutMs: random.pick([500, 1500, 4000]),
    impatience: random.pick([0, 0.3]),
  };
};

const drawOptions = (
  random: Random,
  electionTimeoutMs: number,
  isGuarded: boolean,
): Partial<RaftOptions> => ({
  electionTimeoutMs,
  heartbeatMs: electionTimeoutMs / 10,
  hasPreVote: isGuarded,
  hasCheckQuorum: isGuarded,
  leaseReads: isGuarded && random.chance(0.25) ? { clockDriftMax: 0.1 } : null,
  appendBytesMax: random.pick([1, 300, 4000]),
  inflightCountMax: random.pick([1, 3, 64]),
  inflightBytesMax: random.pick([200, 4000, 1_000_000]),
  uncommittedBytesMax: random.pick([500, 1_000_000]),
  compactBytes: random.pick([500, 2000, 10_000, 10_000_000]),
  keepEntryCount: random.pick([0, 3, 1000]),
  chunkBytesMax: random.pick([20, 200, 10_000]),
  promotionLagMax: random.pick([0, 10, 100]),
});

/** How long the trouble of a run lasts. */
export const drawRaftDurationMs = (random: Random): number =>
  random.pick([2000, 4000, 8000, 15_000, 30_000, 60_000]);

/** What people do in this time. */
export const drawRaftDeeds = (
  { names: all, options }: RaftSetup,
  random: Random,
  forMs: number,
): readonly RaftDeed[] => {
  const deeds: RaftDeed[] = [];
  const kinds = ["want", "unwant", "demote", "transfer", "campaign", "rot"] as const;
  for (const kind of kinds) {
    const own = random.fork(kind);
    // Without pre-votes a former member that goes on running unseats every leader, and nothing is promised.
    const isDisturbing = kind === "unwant" || kind === "demote";
    if (!own.chance(0.4) || (isDisturbing && options.hasPreVote === false)) continue;
    const gapMs = own.pick([forMs / 2, forMs / 6, forMs / 20]);
    let atMs = own.integer(0, Math.ceil(gapMs * 2));
    for (; atMs < forMs; atMs += own.integer(1, Math.ceil(gapMs * 2) + 1)) {
      const node = own.pick(all);
      if (kind === "rot") deeds.push({ atMs, kind, node, place: own.fraction() });
      else deeds.push({ atMs, kind, node });
    }
  }
  return deeds;
};

/** A deed in a line of words. */
export const describeRaftDeed = (deed: RaftDeed): string => {
  switch (deed.kind) {
    case "want":
      return `${deed.node} is to be a member`;
    case "unwant":
      return `${deed.node} is to be none`;
    case "demote":
      return `${deed.node} is made a learner`;
    case "transfer":
      return `${deed.node} is to lead`;
    case "campaign":
      return `${deed.node} is told to call an election`;
    case "rot":
      return `the disk of ${deed.node} rots at ${deed.place.toFixed(3)}`;
  }
};
