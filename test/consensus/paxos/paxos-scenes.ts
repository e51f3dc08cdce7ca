/**
 * Scenes of Paxos. A value is chosen once, and then there is nothing to go wrong any more: so each is one short meeting of proposers at the beginning, with
 * just the losses in it that can matter.
 */
import { type Random, seededRandom } from "@syncline/machine";
import type { Delays, Fault } from "@syncline/simulator";
import type { PaxosStory } from "./paxos-story.ts";

interface Stage {
  readonly nodes: readonly string[];
  readonly acceptors: readonly string[];
  /** About as long as a message is under way to somebody who writes before it answers, in milliseconds. */
  readonly unitMs: number;
}

interface Scene {
  readonly proposals: PaxosStory["proposals"];
  readonly faults: readonly Fault[];
}

/** Several proposers in a row, each of whom only some acceptors hear when it asks them to accept: so votes are of several ballots and values. */
export const drawSplitStory = (seed: number): PaxosStory => drawStory(seed, drawSplit);

/** A proposer that loses power when it asks to accept, and proposes something else as soon as it is back. */
export const drawLivesStory = (seed: number): PaxosStory => drawStory(seed, drawLives);

const drawStory = (
  seed: number,
  drawScene: (stage: Stage, random: Random) => Scene,
): PaxosStory => {
  const random = seededRandom(seed).fork("paxos scenes");
  const acceptors = ["a", "b", "c", "d", "e"].slice(0, random.pick([3, 3, 4, 5, 5]));
  const learners = ["x", "y"].slice(0, random.integer(0, 3));
  const delays: Delays = {
    minMs: 1,
    meanMs: random.pick([2, 5, 20]),
    shape: random.pick(["uniform", "exponential"] as const),
  };
  const nodes = [...acceptors, ...learners];
  const unitMs = delays.meanMs + 2;
  const { proposals, faults } = drawScene({ nodes, acceptors, unitMs }, random.fork("scene"));
  return {
    seed,
    acceptors,
    learners,
    delays,
    weather: {
      lossRate: 0,
      duplicationRate: random.pick([0, 0.3, 0.7]),
      reorderingRate: random.pick([0, 0.1]),
    },
    // Mostly longer than the scene.
    retryMs: unitMs * random.pick([6, 40]),
    forMs: Math.ceil(unitMs * 60),
    faults: [...faults].sort((left, right) => left.atMs - right.atMs),
    proposals,
  };
};

const drawSplit = ({ nodes, acceptors, unitMs }: Stage, random: Random): Scene => {
  // In the order of their names, so that the later one has the larger ballot at once.
  const proposers = nodes.filter(() => random.chance(0.7));
  let atMs = 0;
  const proposals: { readonly atMs: number; readonly by: string }[] = [];
  const faults: Fault[] = [];
  for (const by of proposers) {
    proposals.push({ atMs, by });
    const others = acceptors.filter((name) => name !== by);
    faults.push(
      ...(random.chance(0.5)
        ? cut(by, others, atMs + unitMs * random.fraction() * 0.8, { unitMs, share: 0.7 }, random)
        : cut(by, others, acceptMs(atMs, unitMs, random), { unitMs, share: 0.5 }, random)),
    );
    atMs += Math.floor(unitMs * (2 + 5 * random.fraction()));
  }
  return { proposals, faults };
};

/** Shortly before a proposer asks to accept, which is two ways after it was asked itself. */
const acceptMs = (askedMs: number, unitMs: number, random: Random): number =>
  askedMs + unitMs * (1.2 + 1.2 * random.fraction());

/** Some of these hear nothing of the proposer for some ways. */
const cut = (
  by: string,
  others: readonly string[],
  atMs: number,
  { unitMs, share }: { readonly unitMs: number; readonly share: number },
  random: Random,
): readonly Fault[] => {
  const deaf = others.filter(() => random.chance(share));
  if (deaf.length === 0) return [];
  return [
    {
      kind: "partition",
      shape: "isolated",
      atMs: Math.floor(atMs),
      lines: deaf.map((name) => [by, name] as const),
      forMs: Math.ceil(unitMs * (1 + 2 * random.fraction())),
    },
  ];
};

const drawLives = ({ nodes, acceptors, unitMs }: Stage, random: Random): Scene => {
  const by = random.pick(acceptors);
  const others = acceptors.filter((name) => name !== by);
  const fellMs = Math.floor(unitMs * (2 + 2 * random.fraction()));
  const forMs = Math.ceil(unitMs * (0.2 + 2 * random.fraction()));
  const againMs = fellMs + forMs + Math.ceil(unitMs * random.fraction());
  const slowMs = Math.floor(unitMs * (1 + random.fraction()));
  const afterEffects = random.pick([0, 0, random.integer(1, 10)]);
  return {
    proposals: [
      { atMs: 0, by },
      { atMs: againMs, by },
      { atMs: againMs + random.integer(0, Math.ceil(10 * unitMs)), by: random.pick(nodes) },
    ],
    faults: [
      // Its own vote is on its way to the disk when the power fails, and nobody else need have heard of it.
      { kind: "slow-disk", atMs: slowMs, node: by, times: 30, forMs: Math.max(1, fellMs - slowMs) },
      { kind: "crash", atMs: fellMs, node: by, afterEffects, forMs },
      ...cut(by, others, acceptMs(0, unitMs, random), { unitMs, share: 0.6 }, random),
    ],
  };
};
