/** What a seed says: a cluster, its trouble, and who proposes when. */
import { type Random, seededRandom } from "@syncline/machine";
import { type Delays, drawFaults, type Fault, type Weather } from "@syncline/simulator";
import { weathers } from "../weathers.ts";
import { drawLivesStory, drawSplitStory } from "./paxos-scenes.ts";

/** Everything that a seed says. */
export interface PaxosStory {
  readonly seed: number;
  readonly acceptors: readonly string[];
  /** Nodes that are told only. */
  readonly learners: readonly string[];
  readonly delays: Delays;
  /** What befalls messages all along, besides faults. */
  readonly weather: Weather;
  readonly retryMs: number;
  readonly forMs: number;
  readonly faults: readonly Fault[];
  readonly proposals: readonly { readonly atMs: number; readonly by: string }[];
}

const names = ["a", "b", "c", "d", "e", "f", "g"];

/** The story of this seed: mostly anything; of eight seeds two are about votes that are split, and one about proposers that live twice. */
export const drawPaxosStory = (seed: number): PaxosStory => {
  if (seed % 8 === 2 || seed % 8 === 3) return drawSplitStory(seed);
  if (seed % 8 === 5) return drawLivesStory(seed);
  return drawAnyStory(seed);
};

/** One to seven acceptors, up to two learners, all of whom may propose. */
const drawAnyStory = (seed: number): PaxosStory => {
  const random = seededRandom(seed).fork("paxos");
  const acceptors = names.slice(0, random.pick([1, 2, 3, 3, 3, 4, 5, 5, 7]));
  const learners = ["x", "y"].slice(0, random.integer(0, 3));
  const forMs = random.pick([1000, 4000, 15_000, 60_000]);
  const minMs = random.pick([0.5, 1, 5]);
  return {
    seed,
    acceptors,
    learners,
    weather: random.pick(weathers),
    delays: {
      minMs,
      meanMs: minMs + random.pick([1, 10, 50]),
      shape: random.pick(["uniform", "exponential", "heavy-tailed"] as const),
    },
    retryMs: random.pick([50, 200, 1000]),
    forMs,
    faults: drawFaults(
      random.fork("faults"),
      { members: acceptors, guests: learners, without: ["break", "slow-reader", "roll-back"] },
      forMs,
    ),
    proposals: drawProposals([...acceptors, ...learners], random.fork("proposals"), forMs),
  };
};

const drawProposals = (
  proposers: readonly string[],
  random: Random,
  forMs: number,
): PaxosStory["proposals"] =>
  Array.from({ length: random.pick([2, 6, 20, 40]) }, () => ({
    // Half of them early, so that proposers meet.
    atMs: random.integer(0, random.chance(0.5) ? 50 : forMs),
    by: random.pick(proposers),
  }));
