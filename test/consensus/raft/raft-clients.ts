/** Clients of a cluster: each has one session, does one thing after the other, sends again what was not answered, and remembers what it did. */
import {
  encodeSessionCommand,
  type RaftMessage,
  type SessionCommand,
} from "@syncline/consensus/raft";
import type { Random } from "@syncline/machine";
import type { World } from "@syncline/simulator";
import type { Operation } from "@syncline/simulator/judges";
import { type Command, decodeResult, encodeCommand } from "./key-values.ts";
import type { Answer, RaftNode } from "./raft-node.ts";

/** What clients need. */
export interface ClientSetup {
  readonly world: World<RaftMessage>;
  readonly nodes: readonly RaftNode[];
  readonly name: string;
  readonly random: Random;
  readonly keys: readonly string[];
  /** A value that was never written. */
  readonly nextValue: () => number;
  readonly operations: Operation[];
  /** A mean pause between two things. */
  readonly thinkMs: number;
  readonly timeoutMs: number;
  /** From 0 to 1: whether it sends a command again though it may be on its way, or gives up after a timeout. */
  readonly impatience: number;
  /** A mean pause before it asks again after a refusal. */
  readonly retryMs: number;
  /** From 0 to 1: how many of its operations are reads. */
  readonly readShare: number;
  /** Whether it asks anybody each time, instead of whom it found leading. */
  readonly isWandering: boolean;
}

/** A client. */
export interface Client {
  readonly name: string;
  /** How many of its operations were answered. */
  readonly doneCount: number;
  start(): void;
  /** Begins nothing any more. */
  stop(): void;
  readonly isIdle: boolean;
}

interface ClientState {
  readonly setup: ClientSetup;
  session: number | null;
  number: number;
  target: RaftNode;
  doneCount: number;
  isStopped: boolean;
  isIdle: boolean;
  /** Counts what was begun, so that late answers are told apart. */
  turn: number;
}

/** A client that has not begun. */
export const createClient = (setup: ClientSetup): Client => {
  const state: ClientState = {
    setup,
    session: null,
    number: 0,
    target: setup.random.pick(setup.nodes),
    doneCount: 0,
    isStopped: false,
    isIdle: true,
    turn: 0,
  };
  return {
    name: setup.name,
    get doneCount() {
      return state.doneCount;
    },
    get isIdle() {
      return state.isIdle;
    },
    start: () => {
      state.isStopped = false;
      if (state.isIdle) think(state);
    },
    stop: () => {
      state.isStopped = true;
    },
  };
};

const later = ({ setup: { world } }: ClientState, forMs: number, run: () => void): void =>
  world.schedule.at(world.nowMs + forMs, run);

const think = (state: ClientState): void => {
  const { random, thinkMs } = state.setup;
  state.isIdle = false;
  later(state, random.integer(0, 2 * thinkMs + 1), () => {
    if (state.isStopped) state.isIdle = true;
    else act(state);
  });
};

const act = (state: ClientState): void => {
  const { random, keys, world, operations, nextValue, nodes } = state.setup;
  const key = random.pick(keys);
  if (state.setup.isWandering) state.target = random.pick(nodes);
  const callTime = world.nowMs;
  const place = operations.length;
  if (random.chance(state.setup.readShare)) {
    operations.push({
      client: state.setup.name,
      key,
      callTime,
      input: { kind: "read" },
      outcome: { kind: "unknown" },
    });
    return attempt(state, 0, (node, answered) => node.read(key, answered), finish(state, place));
  }
  const value = nextValue();
  operations.push({
    client: state.setup.name,
    key,
    callTime,
    input: { kind: "write", value },
    outcome: { kind: "unknown" },
  });
  const command: Command = { kind: random.chance(0.5) ? "write" : "swap", key, value };
  call(state, command, place);
};

type Send = (node: RaftNode, answered: (answer: Answer) => void) => void;

/** Opens a session if there is none; then the command goes out, under one number however often it is sent. */
const call = (state: ClientState, command: Command, place: number): void => {
  const { session } = state;
  if (session === null) {
    return attempt(state, 0, propose(state, { kind: "open", timeMs: timeOf(state) }), (answer) => {
      if (answer?.kind === "applied" && answer.result.kind === "opened") {
        state.session = answer.result.session;
        state.number = 0;
      }
      call(state, command, place);
    });
  }
  state.number += 1;
  const { number } = state;
  const sent: SessionCommand = {
    kind: "call",
    timeMs: timeOf(state),
    session,
    number,
    doneNumber: number - 1,
    command: encodeCommand(command),
  };
  attempt(state, 0, propose(state, sent), finish(state, place));
};

const timeOf = ({ setup: { world } }: ClientState): number => Math.floor(world.nowMs);

const propose =
  (_state: ClientState, command: SessionCommand): Send =>
  (node, answered) =>
    node.propose(encodeSessionCommand(command), answered);

/** Ends an operation. */
const finish =
  (state: ClientState, place: number) =>
  (answer: Answer | null): void => {
    const { operations, world } = state.setup;
    const operation = operations[place]!;
    const output = outputOf(answer);
    if (answer?.kind === "applied" && answer.result.kind !== "done") state.session = null;
    if (output !== undefined) {
      state.doneCount += 1;
      operations[place] = {
        ...operation,
        outcome: { kind: "returned", time: world.nowMs, output },
      };
      checkSwap(operation, answer);
    } else if (answer === null) {
      // Given up: its session is, too, so that the number is never used for anything else.
      state.session = null;
    }
    think(state);
  };

const outputOf = (answer: Answer | null): unknown => {
  if (answer?.kind === "read") return answer.value;
  if (answer?.kind === "applied" && answer.result.kind === "done") return null;
  return undefined;
};

/** A swap that finds its own value there was applied twice. */
const checkSwap = ({ input }: Operation, answer: Answer | null): void => {
  if (answer?.kind !== "applied" || answer.result.kind !== "done") return;
  const before = decodeResult(answer.result.result);
  if (before !== null && before === (input as { value?: number }).value) {
    throw new Error(`exactly once: the write of ${before} was applied twice`);
  }
};

const PATIENCE_MS = 1000;

/** Sends until there is an answer, here and there; null if it gives up. */
const attempt = (
  state: ClientState,
  count: number,
  send: Send,
  answered: (answer: Answer | null) => void,
): void => {
  const { random, nodes, timeoutMs, impatience, retryMs } = state.setup;
  state.turn += 1;
  const { turn } = state;
  let isOver = false;
  const again = (waitMs: number): void => {
    isOver = true;
    const isGivenUp = state.isStopped ? count > 200 : count > 3 && random.chance(impatience);
    if (isGivenUp) return answered(null);
    later(state, waitMs, () => attempt(state, count + 1, send, answered));
  };
  // More patience each time: whoever asks again before anybody could have answered only adds to what stands before his answer.
  later(state, Math.max(timeoutMs, Math.min(timeoutMs * 2 ** count, PATIENCE_MS)), () => {
    if (isOver || state.turn !== turn) return;
    state.target = random.pick(nodes);
    again(0);
  });
  send(state.target, (answer) => {
    if (isOver || state.turn !== turn) return;
    if (answer.kind === "applied" || answer.kind === "read") {
      isOver = true;
      return answered(answer);
    }
    if (answer.kind === "refused") {
      const hinted = nodes.find(({ name }) => name === answer.leader);
      state.target = hinted ?? random.pick(nodes);
    }
    again(random.integer(1, Math.ceil(2 * retryMs) + 1));
  });
};
