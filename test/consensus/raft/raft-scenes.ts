/** Clusters for one scheme each: in good order but for that, and set up so that it can come to its end many times in a run. */
import type { RaftOptions } from "@syncline/consensus/raft";
import type { Random } from "@syncline/machine";
import type { Wish } from "./raft-aims.ts";
import type { RaftSetup, Scene } from "./raft-setup.ts";

const allNames = ["a", "b", "c", "d", "e"];

const scenes: readonly Scene[] = [
  "old-answers",
  "old-answers",
  "handing-over",
  "relapse",
  "mend",
  "maroon",
  "interrupt",
  "snapshots",
  "votes",
];

/** Those that most others would drown, for seeds of their own by the seed's last two digits: so the other seeds tell what they told before there were these. */
const rareScenes: ReadonlyMap<number, Scene> = new Map([
  [12, "overwrite"],
  [32, "overtake"],
  [42, "late-answers"],
  [58, "overwrite"],
  [78, "overtake"],
  [68, "summon"],
  [88, "late-answers"],
  [98, "summon"],
]);

/** What the adversary of a scene waits for. */
export const wishesOfScene = (scene: Scene): readonly Wish[] => {
  switch (scene) {
    case "old-answers":
      return [
        ["reading", "echo", 3],
        ["committed", "echo", 1],
        ["appended", "cut-off", 1],
      ];
    case "handing-over":
      return [
        ["handing-over", "hold", 1],
        ["committed", "echo", 1],
      ];
    case "relapse":
      return [["committed", "relapse", 1]];
    case "mend":
      return [["committed", "mend", 1]];
    case "maroon":
      return [["promoting", "maroon", 1]];
    case "interrupt":
      return [["committed", "interrupt", 1]];
    case "overwrite":
      return [["committed", "overwrite", 1]];
    case "overtake":
      return [["appended", "overtake", 1]];
    case "summon":
      return [["committed", "summon", 1]];
    case "late-answers":
      return [["reading", "echo", 1]];
    case "votes":
      return [["committed", "duel", 1]];
    case "snapshots":
      return [
        ["receiving", "cut-off", 1],
        ["receiving", "deafen", 1],
        ["committed", "cut-off", 1],
      ];
  }
};

/** A scene, for a setup in which all goes quickly; and the setup as it needs it. */
export const bendToScene = (setup: RaftSetup, random: Random): RaftSetup => {
  const scene = rareScenes.get(setup.seed % 100) ?? random.pick(scenes);
  const { names, initialCount, options } = setup;
  const electionTimeoutMs = options.electionTimeoutMs!;
  const isGuarded = random.chance(0.4);
  const calm: RaftSetup = {
    ...setup,
    scene,
    names: names.slice(0, initialCount),
    delays: {
      minMs: 0.5,
      meanMs: electionTimeoutMs * random.pick([0.03, 0.06]),
      shape: random.pick(["uniform", "exponential"] as const),
    },
    weather: { lossRate: 0, duplicationRate: 0, reorderingRate: 0 },
    diskDelays: {
      minMs: 0.5,
      meanMs: electionTimeoutMs * random.pick([0.03, 0.06]),
      shape: "exponential",
    },
    options: { ...options, compactBytes: 10_000_000, ...guards(isGuarded) },
  };
  switch (scene) {
    case "old-answers":
      return readEverywhere(calm, random, isGuarded && random.chance(0.4));
    case "handing-over":
      return readEverywhere(calm, random, true);
    case "maroon":
      return {
        ...calm,
        names: allNames.slice(0, 4),
        initialCount: 3,
        options: { ...calm.options, ...guards(true), promotionLagMax: 100 },
        operatorEveryMs: electionTimeoutMs / 4,
        forMs: electionTimeoutMs * 40,
      };
    case "mend":
      return {
        ...calm,
        options: { ...calm.options, appendBytesMax: random.pick([1, 60]), inflightCountMax: 1 },
      };
    case "snapshots":
      return {
        ...calm,
        // Another leader would begin anew.
        stranding: null,
        snapshotMs: 0,
        options: {
          ...calm.options,
          ...guards(true),
          compactBytes: 200,
          keepEntryCount: 0,
          chunkBytesMax: 40,
        },
      };
    case "votes":
      return {
        ...calm,
        names: allNames.slice(0, 5),
        initialCount: 5,
        clientCount: 1,
        weather: { lossRate: 0, duplicationRate: 0.6, reorderingRate: 0 },
        options: { ...calm.options, ...guards(false) },
      };
    case "overwrite":
      return {
        ...calm,
        names: allNames,
        initialCount: 5,
        clientCount: 2,
        thinkMs: 20,
        options: { ...calm.options, uncommittedBytesMax: 10_000 },
      };
    case "overtake":
      return {
        ...calm,
        names: allNames,
        initialCount: 5,
        clientCount: 1,
        keys: ["x"],
        // Nothing overtakes but what is to.
        delays: { ...calm.delays, shape: "uniform" },
        snapshotMs: 0,
        options: {
          ...calm.options,
          ...guards(false),
          // One entry is enough.
          compactBytes: 10,
          keepEntryCount: 0,
          // A snapshot in one piece, and a window that is never full.
          chunkBytesMax: 10_000,
          appendBytesMax: 4000,
          inflightCountMax: 64,
          inflightBytesMax: 1_000_000,
          uncommittedBytesMax: 10_000,
        },
      };
    case "summon":
      return {
        ...calm,
        names: allNames,
        initialCount: 5,
        delays: { ...calm.delays, shape: "uniform" },
        options: { ...calm.options, ...guards(true) },
      };
    case "late-answers": {
      const open = readEverywhere(calm, random, false);
      return { ...open, options: { ...open.options, ...guards(false) } };
    }
    case "relapse":
    case "interrupt":
      return calm;
  }
};

const guards = (isGuarded: boolean): Partial<RaftOptions> => ({
  hasPreVote: isGuarded,
  hasCheckQuorum: isGuarded,
  leaseReads: null,
});

/**
 * Many clients that ask anybody, mostly to read one key; and all is quick beside the timeouts, so that another is elected, and has committed what a client
 * knows of, between two rounds of questions of the one before.
 */
const readEverywhere = (setup: RaftSetup, random: Random, isLeased: boolean): RaftSetup => {
  const electionTimeoutMs = 100;
  return {
    ...setup,
    names: setup.names.slice(0, 3),
    initialCount: 3,
    keys: ["x"],
    readShare: 0.75,
    isWandering: true,
    thinkMs: random.pick([0, 2]),
    retryMs: 5,
    // Whoever waits for a leader that is none any more asks elsewhere soon, and then reads on.
    timeoutMs: random.pick([10, 20, 100]),
    clientCount: random.pick([6, 10]),
    delays: { minMs: 0.5, meanMs: random.pick([1, 2]), shape: "exponential" },
    diskDelays: { minMs: 0.5, meanMs: random.pick([1, 2]), shape: "exponential" },
    options: {
      ...setup.options,
      electionTimeoutMs,
      heartbeatMs: electionTimeoutMs / 2,
      ...(isLeased ? { ...guards(true), leaseReads: { clockDriftMax: 0.1 } } : {}),
    },
    forMs: random.pick([2000, 4000]),
  };
};
