/** Clusters for one scheme each: in good order but for that, and set up so that it can come to its end many times in a run. */
import type { RaftOptions } from "@syncline/consensus/raft";
import type { Random } from "@syncline/machine";
import { calm } from "../weathers.ts";
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

const wishesByScene: Readonly<Record<Scene, readonly Wish[]>> = {
  "old-answers": [
    ["reading", "echo", 3],
    ["committed", "echo", 1],
    ["appended", "cut-off", 1],
  ],
  "handing-over": [
    ["handing-over", "hold", 1],
    ["committed", "echo", 1],
  ],
  relapse: [["committed", "relapse", 1]],
  mend: [["committed", "mend", 1]],
  maroon: [["promoting", "maroon", 1]],
  interrupt: [["committed", "interrupt", 1]],
  overwrite: [["committed", "overwrite", 1]],
  overtake: [["appended", "overtake", 1]],
  summon: [["committed", "summon", 1]],
  "late-answers": [["reading", "echo", 1]],
  votes: [["committed", "duel", 1]],
  snapshots: [
    ["receiving", "cut-off", 1],
    ["receiving", "deafen", 1],
    ["committed", "cut-off", 1],
  ],
};

/** What the adversary of a scene waits for. */
export const wishesOfScene = (scene: Scene): readonly Wish[] => wishesByScene[scene];

/** A scene, for a setup in which all goes quickly; and the setup as it needs it. */
export const bendToScene = (setup: RaftSetup, random: Random): RaftSetup => {
  const scene = rareScenes.get(setup.seed % 100) ?? random.pick(scenes);
  const isGuarded = random.chance(0.4);
  return bendings[scene](inGoodOrder({ ...setup, scene }, isGuarded, random), isGuarded, random);
};

/** Nothing is lost, nobody joins, and all is quick beside the timeouts. */
const inGoodOrder = (setup: RaftSetup, isGuarded: boolean, random: Random): RaftSetup => {
  const { names, initialCount, options } = setup;
  const electionTimeoutMs = options.electionTimeoutMs!;
  return {
    ...setup,
    names: names.slice(0, initialCount),
    delays: {
      minMs: 0.5,
      meanMs: electionTimeoutMs * random.pick([0.03, 0.06]),
      shape: random.pick(["uniform", "exponential"] as const),
    },
    weather: calm,
    diskDelays: {
      minMs: 0.5,
      meanMs: electionTimeoutMs * random.pick([0.03, 0.06]),
      shape: "exponential",
    },
    options: { ...options, compactBytes: 10_000_000, ...guards(isGuarded) },
  };
};

/** What a scene changes in a setup that is in good order. */
type Bending = (setup: RaftSetup, isGuarded: boolean, random: Random) => RaftSetup;

const maroon: Bending = (setup) => {
  const electionTimeoutMs = setup.options.electionTimeoutMs!;
  return {
    ...setup,
    names: allNames.slice(0, 4),
    initialCount: 3,
    options: { ...setup.options, ...guards(true), promotionLagMax: 100 },
    operatorEveryMs: electionTimeoutMs / 4,
    forMs: electionTimeoutMs * 40,
  };
};

const mend: Bending = (setup, _isGuarded, random) => ({
  ...setup,
  options: { ...setup.options, appendBytesMax: random.pick([1, 60]), inflightCountMax: 1 },
});

const snapshots: Bending = (setup) => ({
  ...setup,
  // Another leader would begin anew.
  stranding: null,
  snapshotMs: 0,
  options: {
    ...setup.options,
    ...guards(true),
    compactBytes: 200,
    keepEntryCount: 0,
    chunkBytesMax: 40,
  },
});

const votes: Bending = (setup) => ({
  ...setup,
  ...five,
  clientCount: 1,
  weather: { ...calm, duplicationRate: 0.6 },
  options: { ...setup.options, ...guards(false) },
});

const overwrite: Bending = (setup) => ({
  ...setup,
  ...five,
  clientCount: 2,
  thinkMs: 20,
  options: { ...setup.options, uncommittedBytesMax: 10_000 },
});

const overtake: Bending = (setup) => ({
  ...setup,
  ...five,
  clientCount: 1,
  keys: ["x"],
  // Nothing overtakes but what is to.
  delays: { ...setup.delays, shape: "uniform" },
  snapshotMs: 0,
  options: {
    ...setup.options,
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
});

const summon: Bending = (setup) => ({
  ...setup,
  ...five,
  delays: { ...setup.delays, shape: "uniform" },
  options: { ...setup.options, ...guards(true) },
});

const lateAnswers: Bending = (setup, _isGuarded, random) => {
  const open = readEverywhere(setup, random, false);
  return { ...open, options: { ...open.options, ...guards(false) } };
};

const five: Pick<RaftSetup, "names" | "initialCount"> = { names: allNames, initialCount: 5 };

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

const bendings: Readonly<Record<Scene, Bending>> = {
  "old-answers": (setup, isGuarded, random) =>
    readEverywhere(setup, random, isGuarded && random.chance(0.4)),
  "handing-over": (setup, _isGuarded, random) => readEverywhere(setup, random, true),
  "late-answers": lateAnswers,
  maroon,
  mend,
  snapshots,
  votes,
  overwrite,
  overtake,
  summon,
  relapse: (setup) => setup,
  interrupt: (setup) => setup,
};
