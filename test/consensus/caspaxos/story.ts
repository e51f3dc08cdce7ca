/** What a seed says: a cluster, its trouble, and what clients do in it. */
import { majorityOf, type ProposerLimits } from "@syncline/consensus/caspaxos";
import { type Random, seededRandom } from "@syncline/machine";
import { type Delays, drawFaults, type Fault, type Weather } from "@syncline/simulator";
import { calm, weathers } from "../weathers.ts";
import { type Deed, deedsOf, drawDeeds, drawKeys, drawQuietDeeds } from "./deeds.ts";
import { drawDeletionScenes } from "./deletion-scenes.ts";
import { drawLossScenes } from "./loss-scenes.ts";
import { drawQuorums, type QuorumSizes } from "./quorum-sizes.ts";
import { drawReadingScenes } from "./reading-scenes.ts";
import { drawRetryScenes, type Patience } from "./retry-scenes.ts";
import type { Scenes, Stage } from "./scenes.ts";
import {
  drawLimits,
  forMsByTheme,
  proposerCountsByTheme,
  sizesByTheme,
  type Theme,
  themeOf,
  withoutByTheme,
} from "./themes.ts";

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

const acceptorNames = ["a", "b", "c", "d", "e", "f", "g"];

/** The story of this seed. */
export const drawRegisterStory = (seed: number): RegisterStory => {
  const random = seededRandom(seed).fork("caspaxos");
  const theme = themeOf(seed, random);
  const acceptors = acceptorNames.slice(0, random.pick(sizesByTheme[theme]));
  const proposers = ["p", "q", "r", "s"].slice(0, random.pick(proposerCountsByTheme[theme]));
  const forMs = random.pick(forMsByTheme[theme]);
  const delays = drawDelays(theme, random);
  const stage = { acceptors, proposers, wayMs: delays.meanMs, forMs };
  // In this order, for the seeds in the tests.
  const quorums = drawQuorumsOf(theme, acceptors.length, random);
  const weather = drawWeather(theme, random);
  const limits = drawLimits(theme, delays.meanMs, random);
  const registersMax = random.pick([1, 3, 1000]);
  const scenes = drawScenes(theme, { stage, patience: limits }, random.fork("scenes"));
  const targets = { members: acceptors, guests: proposers, without: withoutByTheme[theme] };
  const deeds = [
    ...deedsOf(scenes.wishes, ["t", "u", "v"], random.fork("scenes of clients")),
    ...drawDeedsOf(theme, stage, random.fork("deeds")),
  ].sort((left, right) => left.atMs - right.atMs);
  const faults = [...drawFaults(random.fork("faults"), targets, forMs), ...scenes.faults];
  return {
    seed,
    acceptors,
    proposers,
    ...quorums,
    isCoded: seed % 2 === 0,
    weather,
    delays,
    limits,
    registersMax,
    forMs,
    faults: faults.sort((left, right) => left.atMs - right.atMs),
    deeds,
    restarts: drawRestarts(stage, deeds, random.fork("restarts")),
  };
};

/** Who has to meet by the length of a message's way needs ways of about the same length. */
const drawDelays = (theme: Theme, random: Random): Delays => {
  if (theme === "retries") {
    const meanMs = random.pick([5, 10, 20]);
    return { minMs: meanMs * random.pick([0.2, 0.7, 0.9]), meanMs, shape: "uniform" };
  }
  const minMs = random.pick([0.5, 1, 5]);
  return {
    minMs,
    meanMs: minMs + random.pick([1, 10, 50]),
    shape: random.pick(["uniform", "exponential", "heavy-tailed"] as const),
  };
};

const drawQuorumsOf = (theme: Theme, acceptorCount: number, random: Random): QuorumSizes => {
  const majority = majorityOf(acceptorCount);
  if (theme === "retries") return { prepareQuorum: majority, acceptQuorum: majority };
  return drawQuorums(acceptorCount, random);
};

const drawWeather = (theme: Theme, random: Random): Weather =>
  random.pick(theme === "hours" || theme === "retries" ? mildWeathers : weathers);

const mildWeathers = [
  calm,
  calm,
  calm,
  { lossRate: 0.01, duplicationRate: 0.05, reorderingRate: 0.02 },
];

const drawScenes = (
  theme: Theme,
  { stage, patience }: { readonly stage: Stage; readonly patience: Patience },
  random: Random,
): Scenes => {
  switch (theme) {
    case "all":
    case "deleting":
    case "hours":
      return { wishes: [], faults: [] };
    case "deletions":
      return drawDeletionScenes(stage, random);
    case "losses":
      return drawLossScenes(stage, random);
    case "retries":
      return random.chance(0.4)
        ? drawReadingScenes(stage, random)
        : drawRetryScenes(stage, patience, random);
  }
};

const drawDeedsOf = (
  theme: Theme,
  { proposers, forMs }: Stage,
  random: Random,
): readonly Deed[] => {
  if (theme === "deletions" || theme === "retries") return [];
  if (theme === "hours") return drawQuietDeeds(proposers, random, forMs);
  const isDeleting = theme === "deleting";
  const keys = isDeleting ? ["r1", "r2"] : drawKeys(random);
  const operationCount = random.pick(isDeleting ? [60, 100] : [10, 40, 120]);
  const collectionsMax = isDeleting ? 60 : 12;
  return drawDeeds(proposers, { keys, operationCount, collectionsMax }, random, forMs);
};

/** Half of them shortly after something was asked of the proposer, while it is about to propose. */
const drawRestarts = (
  { proposers, wayMs, forMs }: Stage,
  deeds: readonly Deed[],
  random: Random,
): readonly Restart[] =>
  Array.from({ length: random.pick([0, 0, 2, 6, 20]) }, () => {
    const afterEffects = random.integer(0, 12);
    if (deeds.length === 0 || random.chance(0.5)) {
      return { atMs: random.integer(0, forMs), proposer: random.pick(proposers), afterEffects };
    }
    const { atMs, by } = random.pick(deeds);
    const proposer = typeof by === "string" ? by : (by[0] ?? random.pick(proposers));
    return { atMs: atMs + Math.floor(random.fraction() * 6 * wayMs), proposer, afterEffects };
  });
