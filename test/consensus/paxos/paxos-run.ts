/** One run of single-decree Paxos: everybody proposes under trouble, then all is whole and one proposes; everybody must learn the one value. */
import { createPaxosNode, type PaxosMessage, type PaxosProtocol } from "@syncline/consensus/paxos";
import { decodePaxosMessage, encodePaxosMessage } from "@syncline/consensus/wire";
import { type Node, World, type WorldEvent, type WorldTally } from "@syncline/simulator";
import { behindWire } from "../recoding.ts";
import { createPaxosOracle, type PaxosOracle } from "./oracle.ts";
import type { PaxosStory } from "./paxos-story.ts";

/** What came of a run. */
export interface PaxosOutcome {
  readonly failure: Error | null;
  readonly tally: WorldTally;
  readonly fingerprint: number;
  readonly chosen: string | null;
}

const LEARNED_WITHIN_MS = 60_000;
/** Longer than a round takes at its most patient. */
const PROPOSE_AGAIN_AFTER_MS = 15_000;

/** Tells a story to its end, or to what was wrong first. */
export const tellPaxosStory = (
  story: PaxosStory,
  observe: ((event: WorldEvent<PaxosMessage>) => void) | null = null,
): PaxosOutcome => {
  const world = new World<PaxosMessage>({
    seed: story.seed,
    delays: story.delays,
    weather: story.weather,
    // An acceptor that forgets is no acceptor: single-decree Paxos bears no lost disk.
    mayLose: () => false,
    eventCountMax: 1_000_000,
    ...(observe === null ? {} : { observe }),
  });
  const oracle = createPaxosOracle(story.acceptors);
  const told = new Map<string, string>();
  const nodes = [...story.acceptors, ...story.learners].map((name, index) =>
    addNode(world, oracle, { story, name, index, told }),
  );
  let failure: Error | null = null;
  try {
    for (const node of nodes) node.start();
    story.proposals.forEach(({ atMs, by }, index) => {
      const value = new TextEncoder().encode(`${by}${index}`);
      world.schedule.at(atMs, () => propose(world, oracle, by, value));
    });
    world.befall(story.faults);
    world.run(story.forMs);
    recover(world, oracle, { story, nodes, told });
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error));
  }
  const { tally, fingerprint } = world;
  return { failure, tally, fingerprint, chosen: oracle.chosen };
};

interface NodeOfStory {
  readonly story: PaxosStory;
  readonly name: string;
  readonly index: number;
  readonly told: Map<string, string>;
}

const wire = { encode: encodePaxosMessage, decode: decodePaxosMessage };

const addNode = (
  world: World<PaxosMessage>,
  oracle: PaxosOracle,
  { story, name, index, told }: NodeOfStory,
): Node<PaxosProtocol> =>
  world.addNode<PaxosProtocol>({
    name,
    machine: () => {
      const node = createPaxosNode({
        name,
        acceptors: story.acceptors,
        learners: [...story.acceptors, ...story.learners],
        seed: story.seed + index,
        retryMs: story.retryMs,
      });
      return story.seed % 2 === 0 ? behindWire(node, wire) : node;
    },
    starting: () => void told.delete(name),
    written: (records) => oracle.written(name, records),
    sending: (_to, message) => oracle.said(name, message),
    before: (input) => {
      if (input.kind === "submitted" && input.request.kind === "own") {
        oracle.said(name, input.request.message);
      }
    },
    deliver: ({ value }) => {
      oracle.told(name, value);
      told.set(name, new TextDecoder().decode(value));
    },
  });

const propose = (
  world: World<PaxosMessage>,
  oracle: PaxosOracle,
  by: string,
  value: Uint8Array,
): void => {
  const node = world.node(by) as Node<PaxosProtocol>;
  if (node.phase === "down") return;
  world.note(`${by} proposes ${new TextDecoder().decode(value)}`);
  oracle.proposed(value);
  node.submit({ kind: "propose", value });
};

/** Everything is whole, and one proposer has the word: all must learn. */
const recover = (
  world: World<PaxosMessage>,
  oracle: PaxosOracle,
  {
    story,
    nodes,
    told,
  }: { story: PaxosStory; nodes: readonly Node<PaxosProtocol>[]; told: Map<string, string> },
): void => {
  const whyNotLearned = (): string | null => {
    for (const { name } of nodes) {
      const known = told.get(name) ?? null;
      if (known === null || known !== oracle.chosen) return `${name} has not learned`;
    }
    return null;
  };
  world.note("everything is made whole");
  world.heal();
  proposeUntil(world, oracle, { by: story.acceptors[0]!, value: "last", whyNotYet: whyNotLearned });
  world.note("all lose power at once");
  const before = oracle.chosen;
  for (const node of nodes) node.crash();
  world.run(5000);
  proposeUntil(world, oracle, {
    by: story.acceptors.at(-1)!,
    value: "too late",
    whyNotYet: whyNotLearned,
  });
  if (oracle.chosen !== before) throw new Error("another value is chosen after a restart");
};

/**
 * One proposes, now and then again, until all have learned.
 *
 * Once may be too little: it may be down; or it learns from the votes of another's round, and is content, while acceptors are about to vote in a further one
 * that loses its proposer. Then no ballot has a majority of the votes that can be asked for, though the value is chosen, until somebody proposes again.
 */
const proposeUntil = (
  world: World<PaxosMessage>,
  oracle: PaxosOracle,
  {
    by,
    value,
    whyNotYet,
  }: { readonly by: string; readonly value: string; readonly whyNotYet: () => string | null },
): void => {
  let isOver = false;
  const proposeAgain = (): void => {
    if (isOver) return;
    propose(world, oracle, by, new TextEncoder().encode(value));
    world.schedule.at(world.nowMs + PROPOSE_AGAIN_AFTER_MS, proposeAgain);
  };
  proposeAgain();
  world.runUntil(whyNotYet, LEARNED_WITHIN_MS);
  isOver = true;
};
