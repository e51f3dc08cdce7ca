/** What a seed says: a cluster, its trouble, and what clients do in it. */
import { drawQuorums } from "./quorum-sizes.ts";
import type { ProposerLimits } from "@syncline/consensus/caspaxos";
import { type Random, seededRandom } from "@syncline/machine";
import { type Delays, drawFaults, type Fault, type Weather } from "@syncline/simulator";
import { type Deed, deedsOf, drawDeeds, drawKeys } from "./deeds.ts";
import { drawDeletionScenes, drawLossScenes, type Scenes, type Stage } from "./scenes.ts";

/** A proposer's process ends, and another one begins. */
interface Restart {
  readonly atMs: number;
  readonly proposer: string;
  readonly afterEffects: number;
}

/** Everything that a seed says. */
export interface RegisterStory {
  readonly seed: number;
  readonly acceptors: readonly string[];
  readonly proposers: readonly string[];
  readonly prepareQuorum: number;
  readonly acceptQuorum: number;
  readonly isCoded: boolean;
  readonly delays: Delays;
  /** What befalls messages all along, besides faults. */
  readonly weather: Weather;
  readonly limits: Partial<ProposerLimits>;
  readonly registersMax: number;
  readonly forMs: number;
  readonly faults: readonly Fault[];
  readonly deeds: readonly Deed[];
  readonly restarts: readonly Restart[];
}

/** What a seed is about: a bit of everything; keys that are deleted and made again; acceptors that lose their disks; and the latter two as scenes. */
type Theme = "all" | "deleting" | "deletions" | "losses";

const themes = ["all", "all", "deleting", "deletions", "deletions", "losses", "losses"] as const;

const forMsByTheme: Readonly<Record<Theme, readonly number[]>> = {
  all: [500, 2000, 8000, 20_000, 60_000],
  deleting: [4000, 12_000, 30_000],
  deletions: [2000, 6000],
  losses: [4000, 10_000],
};

const sizesByTheme: Readonly<Record<Theme, readonly number[]>> = {
  all: [1, 2, 3, 3, 3, 3, 4, 5, 5, 7],
  deleting: [2, 3, 3, 4],
  deletions: [2, 3, 3, 3, 4, 5],
  losses: [3, 3, 3, 4, 5, 5, 7],
};

const never = ["break", "slow-reader", "roll-back"] as const;

/** To erase takes every acceptor, so where that is the theme they are mostly there, and slow. */
const mostlyThere = [
  ...never,
  "wipe",
  "restore",
  "bit-rot",
  "full-disk",
  "failed-flush",
  "partition",
  "slow-disk",
  "crash",
] as const;

const withoutByTheme = {
  all: never,
  deleting: mostlyThere,
  deletions: [...mostlyThere, "clog", "slow-line", "pause", "weather"],
  losses: [...never, "partition", "full-disk", "failed-flush", "slow-line", "wipe"],
} as const;

const acceptorNames = ["a", "b", "c", "d", "e", "f", "g"];

/** The story of this seed. */
export const drawRegisterStory = (seed: number): RegisterStory => {
  const random = seededRandom(seed).fork("caspaxos");
  const theme = random.pick(themes);
  const acceptors = acceptorNames.slice(0, random.pick(sizesByTheme[theme]));
  const proposers = ["p", "q", "r", "s"].slice(0, random.pick([1, 2, 2, 3, 4]));
  const forMs = random.pick(forMsByTheme[theme]);
  const minMs = random.pick([0.5, 1, 5]);
  const delays: Delays = {
    minMs,
    meanMs: minMs + random.pick([1, 10, 50]),
    shape: random.pick(["uniform", "exponential", "heavy-tailed"] as const),
  };
  const stage = { acceptors, proposers, wayMs: delays.meanMs, forMs };
  const scenes = drawScenes(theme, stage, random.fork("scenes"));
  const targets = { members: acceptors, guests: proposers, without: withoutByTheme[theme] };
  const faults = [...drawFaults(random.fork("faults"), targets, forMs), ...scenes.faults];
  return {
    seed,
    acceptors,
    proposers,
    ...drawQuorums(acceptors.length, random),
    isCoded: seed % 2 === 0,
    weather: random.pick([
      { lossRate: 0, duplicationRate: 0, reorderingRate: 0 },
      { lossRate: 0, duplicationRate: 0, reorderingRate: 0 },
      { lossRate: 0.02, duplicationRate: 0.5, reorderingRate: 0.1 },
      { lossRate: 0.2, duplicationRate: 0.2, reorderingRate: 0.2 },
    ]),
    delays,
    limits: drawLimits(theme, random),
    registersMax: random.pick([1, 3, 1000]),
    forMs,
    faults: faults.sort((left, right) => left.atMs - right.atMs),
    deeds: [
      ...deedsOf(scenes.wishes, ["t", "u", "v"], random.fork("scenes of clients")),
      ...drawDeedsOf(theme, stage, random.fork("deeds")),
    ].sort((left, right) => left.atMs - right.atMs),
    restarts: drawRestarts(proposers, random.fork("restarts"), forMs),
  };
};

const drawScenes = (theme: Theme, stage: Stage, random: Random): Scenes => {
  switch (theme) {
    case "all":
    case "deleting":
      return { wishes: [], faults: [] };
    case "deletions":
      return drawDeletionScenes(stage, random);
    case "losses":
      return drawLossScenes(stage, random);
  }
};

const drawDeedsOf = (
  theme: Theme,
  { proposers, forMs }: Stage,
  random: Random,
): readonly Deed[] => {
  const isDeleting = theme === "deleting";
  const keys = isDeleting ? ["r1", "r2"] : drawKeys(random);
  const operationCount = random.pick(isDeleting ? [60, 100] : [10, 40, 120]);
  const collectionsMax = isDeleting ? 60 : 12;
  if (theme === "deletions") return [];
  return drawDeeds(proposers, { keys, operationCount, collectionsMax }, random, forMs);
};

const drawLimits = (theme: Theme, random: Random): Partial<ProposerLimits> => {
  // An attempt that a replacement is to outlast must not be short.
  const attemptMs = random.pick(theme === "losses" ? [200, 1000, 3000] : [60, 200, 1000]);
  return {
    attemptMs,
    giveUpMs: attemptMs * random.pick([2, 5, 10]),
    backoffMs: random.pick([5, 20]),
    batchMax: random.pick([1, 3, 64]),
    keysMax: random.pick([1, 3, 1000]),
    clientsMax: random.pick(theme === "all" ? [1, 3, 64] : [3, 64, 64]),
    resultsMax: random.pick([1, 2, 4]),
  };
};

const drawRestarts = (
  proposers: readonly string[],
  random: Random,
  forMs: number,
): readonly Restart[] =>
  Array.from({ length: random.pick([0, 0, 2, 6, 20]) }, () => ({
    atMs: random.integer(0, forMs),
    proposer: random.pick(proposers),
    afterEffects: random.integer(0, 12),
  }));
