/** What a seed makes of a cluster: how it is set up, what its operator does, and for how long. */
import type { RaftOptions } from "@syncline/consensus/raft";
import type { Random } from "@syncline/machine";
import { bend, plotOf } from "./raft-plots.ts";
import type { RaftPlot, RaftSetup, Scene } from "./raft-setup.ts";

/** What people do to a cluster. Times are the world's. */
export type RaftDeed = { readonly atMs: number } & (
  | { readonly kind: "want"; readonly node: string }
  | { readonly kind: "unwant"; readonly node: string }
  /** These are to be the members, and nobody else. */
  | { readonly kind: "replace"; readonly nodes: readonly string[] }
  | { readonly kind: "demote"; readonly node: string }
  | { readonly kind: "transfer"; readonly node: string }
  | { readonly kind: "campaign"; readonly node: string }
  /** The end of a log is lost, and the store notices. */
  | { readonly kind: "rot"; readonly node: string; readonly place: number }
);

const names = ["a", "b", "c", "d", "e", "f", "g"];

/** The cluster of this seed, with the duration of its trouble. */
export const drawRaftSetup = (seed: number, random: Random): RaftSetup =>
  bend(drawAnySetup(seed, random), random.fork("plot"));

const drawAnySetup = (seed: number, random: Random): RaftSetup => {
  const minMs = random.pick([0.5, 1, 5]);
  const electionTimeoutMs = random.pick([150, 300, 1000]);
  const initialCount = random.pick([1, 2, 3, 3, 3, 3, 3, 4, 5, 5, 7]);
  const spareCount = random.pick([0, 0, 1, 2]);
  const isGuarded = random.chance(0.85);
  const isStormy = random.chance(0.3);
  return {
    seed,
    plot: plotOf(seed),
    scene: null,
    forMs: random.fork("duration").pick([1000, 2000, 4000, 8000, 20_000]),
    names: names.slice(0, Math.min(names.length, initialCount + spareCount)),
    initialCount,
    isCoded: random.fork("coding").chance(0.5),
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
    diskDelays: { minMs: 0.5, meanMs: 2, shape: "heavy-tailed" },
    options: drawOptions(random, electionTimeoutMs, isGuarded),
    expiryMs: random.pick([5000, 20_000, 1_000_000]),
    snapshotMs: random.pick([0, 10, 200]),
    clientCount: random.pick([1, 2, 3, 4, 6]),
    keys: ["x", "y", "z"].slice(0, random.pick([1, 2, 3])),
    thinkMs: random.pick([5, 20, 100, 300]),
    timeoutMs: random.pick([500, 1500, 4000]),
    impatience: random.pick([0, 0.3]),
    retryMs: 30,
    readShare: 0.4,
    isWandering: random.fork("wandering").chance(0.2),
    operatorEveryMs: random.fork("operator").pick([50, 400]),
    expireEveryMs: 3000,
    stranding: random.fork("stranding").pick(["deaf", "mute", "alone", null] as const),
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

/** What people do in this time. */
export const drawRaftDeeds = (
  { names: all, options, forMs, plot, scene, initialCount }: RaftSetup,
  random: Random,
): readonly RaftDeed[] => {
  const deeds: RaftDeed[] = [];
  const kinds = ["want", "unwant", "replace", "demote", "transfer", "campaign", "rot"] as const;
  for (const kind of kinds) {
    const own = random.fork(kind);
    // Without pre-votes a former member that goes on running unseats every leader, and nothing is promised.
    const isDisturbing = kind === "unwant" || kind === "demote" || kind === "replace";
    if (isDisturbing && options.hasPreVote === false) continue;
    if (!own.chance(shareOf(kind, plot, scene))) continue;
    const gapMs = own.pick(scene === null ? [forMs / 2, forMs / 6, forMs / 20] : [forMs / 20]);
    let atMs = own.integer(0, Math.ceil(gapMs * 2));
    for (; atMs < forMs; atMs += own.integer(1, Math.ceil(gapMs * 2) + 1)) {
      const node = own.pick(all);
      if (kind === "rot") deeds.push({ atMs, kind, node, place: own.fraction() });
      else if (kind === "replace") {
        deeds.push({ atMs, kind, nodes: anyOf(all, own.pick([1, 3, initialCount]), own) });
      } else deeds.push({ atMs, kind, node });
    }
  }
  return deeds;
};

/** How many seeds of a plot know such a deed. */
const shareOf = (kind: RaftDeed["kind"], plot: RaftPlot, scene: Scene | null): number => {
  if (scene === "maroon") return kind === "replace" ? 1 : 0;
  if (scene === "handing-over") return kind === "transfer" ? 1 : 0;
  if (scene !== null) return 0;
  if (kind === "replace") return plot === "members" ? 1 : 0.15;
  if (kind === "transfer" && plot === "reads") return 0.8;
  if (kind === "rot" && plot !== "disks") return 0.2;
  return 0.4;
};

const anyOf = (all: readonly string[], count: number, random: Random): readonly string[] => {
  const rest = [...all];
  while (rest.length > count) rest.splice(random.integer(0, rest.length), 1);
  return rest;
};

/** A deed in a line of words. */
export const describeRaftDeed = (deed: RaftDeed): string => {
  switch (deed.kind) {
    case "want":
      return `${deed.node} is to be a member`;
    case "unwant":
      return `${deed.node} is to be none`;
    case "replace":
      return `${deed.nodes.join()} are to be the members`;
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
