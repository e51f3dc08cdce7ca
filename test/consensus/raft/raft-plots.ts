/**
 * What a seed's run is about: each plot bends a cluster towards one kind of trouble, so that it meets many times in two seconds what a cluster in good order
 * meets once in a year.
 */
import type { RaftOptions } from "@syncline/consensus/raft";
import type { Random } from "@syncline/machine";
import type { Wish } from "./raft-aims.ts";
import { bendToScene, wishesOfScene } from "./raft-scenes.ts";
import type { RaftPlot, RaftSetup } from "./raft-setup.ts";

const plots: readonly RaftPlot[] = [
  "anything",
  "elections",
  "scenes",
  "tails",
  "members",
  "reads",
  "snapshots",
  "disks",
  "scenes",
  "hours",
];

/** Ten seeds in a row have the plots, that of scenes twice. */
export const plotOf = (seed: number): RaftPlot => plots[seed % plots.length]!;

/** What a plot's adversary waits for. */
export const wishesOf = ({ plot, scene }: RaftSetup): readonly Wish[] => {
  switch (plot) {
    case "scenes":
      return scene === null ? [] : wishesOfScene(scene);
    case "anything":
      return [
        ["appended", "cut-off", 2],
        ["elected", "cut-off", 1],
        ["committed", "crash", 1],
      ];
    case "elections":
      return [
        ["campaigning", "hold", 5],
        ["campaigning", "rival", 6],
        ["committed", "duel", 4],
        ["campaigning", "cut-off", 1],
        ["voted", "crash", 2],
        ["elected", "cut-off", 2],
        ["elected", "crash", 1],
        ["voted", "black-out", 1],
      ];
    case "tails":
      return [
        ["appended", "usurp", 5],
        ["appended", "cut-off", 2],
        ["elected", "cut-off", 2],
        ["appended", "crash", 1],
        ["committed", "black-out", 1],
        ["appended", "hold", 1],
        ["committed", "relapse", 4],
        ["committed", "interrupt", 4],
      ];
    case "members":
      return [
        ["changing", "cut-off-from-voters", 4],
        ["elected", "cut-off-from-voters", 3],
        ["changing", "cut-off", 2],
        ["changing", "crash", 1],
        ["changing", "usurp", 1],
        ["changing", "rival", 1],
        ["promoting", "maroon", 4],
      ];
    case "reads":
      return [
        ["reading", "hold", 2],
        ["reading", "pause", 1],
        ["reading", "cut-off", 1],
        ["reading", "echo", 4],
        ["committed", "echo", 2],
        ["appended", "cut-off", 3],
        ["handing-over", "hold", 5],
        ["handing-over", "deafen", 2],
        ["committed", "crash", 2],
        ["elected", "slow-disks", 2],
      ];
    case "snapshots":
      return [
        ["receiving", "crash", 2],
        ["receiving", "cut-off", 2],
        ["receiving", "deafen", 2],
        ["appended", "usurp", 3],
        ["committed", "cut-off", 2],
        ["committed", "black-out", 1],
      ];
    case "disks":
      return [
        ["committed", "forget", 4],
        ["committed", "mend", 4],
        ["committed", "relapse", 2],
        ["voted", "wipe", 2],
        ["voted", "crash", 1],
        ["appended", "black-out", 1],
        ["appended", "pause", 1],
        ["elected", "slow-disks", 1],
        ["committed", "crash", 1],
      ];
    case "hours":
      return [
        ["appended", "cut-off", 2],
        ["appended", "usurp", 1],
        ["elected", "cut-off", 1],
        ["committed", "crash", 2],
        ["campaigning", "rival", 1],
        ["reading", "pause", 1],
        ["committed", "forget", 1],
        ["changing", "cut-off-from-voters", 1],
      ];
  }
};

/** The setup as this plot has it. */
export const bend = (setup: RaftSetup, random: Random): RaftSetup => {
  const { plot } = setup;
  if (plot === "anything") return setup;
  if (plot === "hours") return bendToHours(setup, random);
  if (plot === "scenes") return bendToScene(quick(setup, random), random);
  return bendToPlot(quick(setup, random), plot, random);
};

/** Everything within a second or two: the timeouts are near to what a message takes. */
const quick = (setup: RaftSetup, random: Random): RaftSetup => {
  const electionTimeoutMs = random.pick([20, 40, 100]);
  const initialCount = random.pick([3, 3, 3, 4, 5, 5]);
  const isStormy = random.chance(0.4);
  return {
    ...setup,
    ...membersOf(initialCount, random.pick([0, 0, 1])),
    delays: {
      minMs: 0.5,
      meanMs: electionTimeoutMs * random.pick([0.04, 0.1, 0.2]),
      shape: random.pick(["uniform", "exponential", "heavy-tailed"] as const),
    },
    weather: {
      lossRate: isStormy ? random.pick([0, 0.02, 0.1]) : 0,
      duplicationRate: isStormy ? random.pick([0, 0.3]) : 0,
      reorderingRate: isStormy ? random.pick([0, 0.1]) : 0,
    },
    options: {
      ...setup.options,
      electionTimeoutMs,
      heartbeatMs: electionTimeoutMs / random.pick([3, 5]),
      // With many small messages under way that overtake each other nearly all are refused, and a run consists of little else.
      inflightCountMax: random.pick([1, 3, 8]),
      uncommittedBytesMax: random.pick([500, 3000]),
    },
    clientCount: random.pick([2, 3, 5]),
    thinkMs: random.pick([1, 5, 20]),
    timeoutMs: electionTimeoutMs * random.pick([1, 3, 8]),
    retryMs: electionTimeoutMs / 3,
    impatience: random.pick([0.1, 0.5]),
    operatorEveryMs: electionTimeoutMs,
    expiryMs: 1_000_000,
    forMs: electionTimeoutMs * random.pick([20, 40, 80]),
  };
};

const names = ["a", "b", "c", "d", "e", "f", "g"];

const membersOf = (initialCount: number, spareCount: number) => ({
  initialCount,
  names: names.slice(0, initialCount + spareCount),
});

const bendToPlot = (
  setup: RaftSetup,
  plot: Exclude<RaftPlot, "anything" | "scenes" | "hours">,
  random: Random,
): RaftSetup => {
  switch (plot) {
    case "elections": {
      const isGuarded = random.chance(0.2);
      const initialCount = random.pick([3, 4, 5, 5, 5]);
      return {
        ...setup,
        ...membersOf(initialCount, 0),
        clientCount: random.pick([1, 2]),
        thinkMs: 20,
        weather: { ...setup.weather, duplicationRate: random.pick([0, 0.4, 0.6]) },
        options: withGuards(setup.options, isGuarded),
      };
    }
    case "tails":
      return {
        ...setup,
        options: {
          ...withGuards(setup.options, random.chance(0.6)),
          appendBytesMax: random.pick([1, 100, 4000]),
        },
      };
    case "members": {
      const initialCount = random.pick([2, 3, 3, 4]);
      return {
        ...setup,
        ...membersOf(initialCount, random.pick([2, 3])),
        options: { ...withGuards(setup.options, true), leaseReads: null, promotionLagMax: 100 },
        operatorEveryMs: setup.options.electionTimeoutMs! / random.pick([4, 10]),
      };
    }
    case "reads":
      return bendToReads(setup, random);
    case "snapshots":
      return {
        ...setup,
        options: {
          ...setup.options,
          compactBytes: random.pick([100, 300, 1000]),
          keepEntryCount: random.pick([0, 0, 3]),
          chunkBytesMax: random.pick([100, 1000]),
        },
        snapshotMs: random.pick([0, 5]),
      };
    case "disks":
      return {
        ...setup,
        ...membersOf(random.pick([3, 3, 4, 5]), random.pick([0, 1])),
        diskDelays: {
          minMs: 0.5,
          meanMs: setup.options.electionTimeoutMs! * random.pick([0.05, 0.2, 0.5]),
          shape: "heavy-tailed",
        },
      };
  }
};

const bendToReads = (setup: RaftSetup, random: Random): RaftSetup => {
  const isLeased = random.chance(0.5);
  const options = withGuards(setup.options, isLeased || random.chance(0.6));
  return {
    ...setup,
    keys: ["x"],
    readShare: 0.75,
    isWandering: true,
    thinkMs: random.pick([0, 2]),
    clientCount: random.pick([4, 6]),
    options: { ...options, leaseReads: isLeased ? { clockDriftMax: 0.1 } : null },
    diskDelays: {
      minMs: 0.5,
      meanMs: setup.options.electionTimeoutMs! * random.pick([0.02, 0.2]),
      shape: "exponential",
    },
  };
};

/** A leader that reads by its lease needs the others to keep it. */
const withGuards = (options: Partial<RaftOptions>, isGuarded: boolean): Partial<RaftOptions> => ({
  ...options,
  hasPreVote: isGuarded,
  hasCheckQuorum: isGuarded,
  leaseReads: isGuarded ? (options.leaseReads ?? null) : null,
});

const HOUR_MS = 3_600_000;

const bendToHours = (setup: RaftSetup, random: Random): RaftSetup => {
  const electionTimeoutMs = 20_000;
  return {
    ...setup,
    ...membersOf(random.pick([3, 3, 3, 5]), random.pick([0, 1])),
    delays: { minMs: 5, meanMs: random.pick([50, 300]), shape: "heavy-tailed" },
    weather: { lossRate: random.pick([0, 0.01]), duplicationRate: 0.01, reorderingRate: 0.01 },
    options: {
      ...setup.options,
      electionTimeoutMs,
      heartbeatMs: electionTimeoutMs / 2.5,
      hasPreVote: true,
      hasCheckQuorum: true,
      inflightCountMax: 64,
      appendBytesMax: 4000,
    },
    clientCount: 2,
    thinkMs: random.pick([10_000, 20_000]),
    timeoutMs: 2 * electionTimeoutMs,
    retryMs: electionTimeoutMs / 5,
    operatorEveryMs: electionTimeoutMs,
    expireEveryMs: 60_000,
    expiryMs: random.pick([600_000, 100_000_000]),
    forMs: HOUR_MS * random.pick([4, 8, 16]),
  };
};
