/** Acceptors and proposers in one world, with the oracle at every step. */
import {
  type AcceptorProtocol,
  createAcceptor,
  createProposer,
  defaultProposerLimits,
  type OperationId,
  type ProposerProtocol,
  type RegisterConfig,
  type RegisterMessage,
  type RegisterOutcome,
} from "@syncline/consensus/caspaxos";
import { decodeRegisterMessage, encodeRegisterMessage } from "@syncline/consensus/wire";
import { type Node, World, type WorldEvent } from "@syncline/simulator";
import { createAcceptorObjects } from "./acceptor-objects.ts";
import { createAcceptorRows } from "./acceptor-rows.ts";
import { behindWire } from "../recoding.ts";
import { applierOf, type ObjectAction, type ObjectChange, type Past } from "./objects.ts";
import { createOperator, LOOK_EVERY_MS, type Operator } from "./operator.ts";
import { createRegisterOracle, type RegisterOracle } from "./oracle.ts";
import type { RegisterStory } from "./story.ts";

/** Sees everything that happens. */
export type Observer = (event: WorldEvent<RegisterMessage>) => void;

/** An operation that a client has called. */
export interface Call {
  readonly key: string;
  readonly id: OperationId;
  readonly action: ObjectAction;
}

/** Proposers' words to clients. */
export interface Answers {
  outcome(key: string, id: OperationId, outcome: RegisterOutcome): void;
  /** The process of a proposer ended; what it was asked is not answered. */
  gone(proposer: string): void;
}

/** The cluster. */
export interface RegisterWorld {
  readonly world: World<RegisterMessage>;
  readonly oracle: RegisterOracle;
  readonly operator: Operator;
  readonly acceptors: readonly Node<AcceptorProtocol>[];
  readonly proposers: readonly Node<ProposerProtocol<ObjectChange>>[];
  incarnationOf(acceptor: string): string;
  /** Asks a proposer; false if it is down. */
  ask(proposer: string, call: Call, since: number | null): boolean;
  collect(proposer: string, key: string): void;
  replace(acceptor: string, config: RegisterConfig): void;
  /** A configuration may be obeyed from now on. */
  expect(config: RegisterConfig): void;
  /** Proposers are to use this one. */
  configured(config: RegisterConfig): void;
}

/** More than there are in any story. */
const CLIENT_COUNT_MAX = 64;

const wire = { encode: encodeRegisterMessage, decode: decodeRegisterMessage };

/** A cluster that is down. */
export const createRegisterWorld = (
  story: RegisterStory,
  answers: Answers,
  observe: Observer | null = null,
): RegisterWorld => {
  const world = new World<RegisterMessage>({
    seed: story.seed,
    delays: story.delays,
    weather: story.weather,
    mayLose: (node) => operator.mayLose(node.name),
    eventCountMax: 3_000_000,
    ...(observe === null ? {} : { observe }),
  });
  const pasts: Past = new Map();
  const clientsMax = story.limits.clientsMax ?? defaultProposerLimits.clientsMax;
  const oracle = createRegisterOracle(pasts, clientsMax >= CLIENT_COUNT_MAX);
  const { prepareQuorum, acceptQuorum } = story;
  const firstConfig: RegisterConfig = {
    epoch: 1,
    acceptors: story.acceptors.map((name) => ({ name, incarnation: `${name}1` })),
    prepareQuorum,
    acceptQuorum,
  };
  oracle.configured(firstConfig);
  const acceptors = story.acceptors.map((name) =>
    addAcceptor({ world, oracle, story, firstConfig }, name, (config) => operator.replaced(config)),
  );
  const proposers = story.proposers.map((name, index) =>
    addProposer({ world, oracle, story, pasts, answers }, name, index, () => operator.config),
  );
  const expected = new Set<number>([1]);
  const cluster: RegisterWorld = {
    world,
    oracle,
    acceptors,
    proposers,
    get operator() {
      return operator;
    },
    incarnationOf: (name) => `${name}${world.node(name).life.directory}`,
    ask: (name, { key, id, action }, since) => {
      const node = proposers.find((proposer) => proposer.name === name);
      if (node === undefined || node.phase === "down") return false;
      node.submit(
        action.kind === "read" ? { kind: "read", key, id } : { ...action, key, id, since },
      );
      return true;
    },
    collect: (name, key) =>
      proposers.find((node) => node.name === name)?.submit({ kind: "collect", key }),
    replace: (name, config) =>
      acceptors.find((node) => node.name === name)?.submit({ kind: "replace", config }),
    expect: (config) => {
      if (expected.has(config.epoch)) return;
      expected.add(config.epoch);
      oracle.configured(config);
    },
    configured: (config) => {
      // Some proposers hear of it late, and some only because they are refused.
      for (const [index, node] of proposers.entries()) {
        if ((config.epoch + index) % 3 === 0) continue;
        world.schedule.at(world.nowMs + index * 300, () =>
          node.submit({ kind: "configure", config }),
        );
      }
    },
  };
  const operator = createOperator(cluster, firstConfig);
  const look = (): void => {
    operator.look();
    world.schedule.at(world.nowMs + LOOK_EVERY_MS, look);
  };
  look();
  for (const node of [...acceptors, ...proposers]) node.start();
  return cluster;
};

interface Around {
  readonly world: World<RegisterMessage>;
  readonly oracle: RegisterOracle;
  readonly story: RegisterStory;
}

const addAcceptor = (
  { world, oracle, story, firstConfig }: Around & { readonly firstConfig: RegisterConfig },
  name: string,
  replaced: (config: RegisterConfig) => void,
): Node<AcceptorProtocol> => {
  let incarnation = `${name}1`;
  return world.addNode<AcceptorProtocol>({
    name,
    keep: () => (story.isCoded ? createAcceptorRows() : createAcceptorObjects()),
    machine: ({ directory }) => {
      incarnation = `${name}${directory}`;
      const acceptor = createAcceptor(
        { name, incarnation, firstConfig },
        { registersMax: story.registersMax, copyRetryMs: 200 },
      );
      return story.isCoded ? behindWire(acceptor, wire) : acceptor;
    },
    written: (records) => oracle.written(incarnation, records),
    sending: (_to, message) => oracle.said(incarnation, message),
    deliver: ({ config }) => {
      oracle.replaced(incarnation, config.epoch);
      replaced(config);
    },
  });
};

const addProposer = (
  {
    world,
    oracle,
    story,
    pasts,
    answers,
  }: Around & { readonly pasts: Past; readonly answers: Answers },
  name: string,
  index: number,
  configNow: () => RegisterConfig,
): Node<ProposerProtocol<ObjectChange>> => {
  return world.addNode<ProposerProtocol<ObjectChange>>({
    name,
    machine: ({ process }) => {
      const proposer = createProposer<ObjectChange>(
        {
          name,
          incarnation: `${name}.${process}`,
          seed: story.seed * 7 + index,
          config: configNow(),
          apply: applierOf(pasts),
        },
        story.limits,
      );
      return story.isCoded ? behindWire(proposer, wire) : proposer;
    },
    starting: () => answers.gone(name),
    sending: (_to, message) => oracle.proposed(message),
    deliver: (output, node) => {
      switch (output.kind) {
        case "outcome":
          return answers.outcome(output.key, output.id, output.outcome);
        case "stale":
          world.schedule.at(world.nowMs + 100, () => tellConfig(node, output.epoch));
          return;
        case "collected":
          return;
      }
    },
  });

  function tellConfig(node: Node<ProposerProtocol<ObjectChange>>, epoch: number): void {
    const config = configNow();
    if (config.epoch >= epoch) node.submit({ kind: "configure", config });
    else world.schedule.at(world.nowMs + 100, () => tellConfig(node, epoch));
  }
};
