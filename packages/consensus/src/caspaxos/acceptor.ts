/**
 * An acceptor of CASPaxos: keeps a register for each key, and answers proposers by the rules in `accepting.ts`.
 *
 * It recovers from its head alone, a few hundred bytes however many registers there are; a register is read when it is asked for. Requests for one key are
 * taken in the order in which they came, those for different keys do not wait for each other.
 */
import { assert, type Input, type Machine, type PeerId } from "@syncline/machine";
import { ROUND_ASKED_MAX } from "../ballot.ts";
import {
  type AcceptorEffect,
  type AcceptorState,
  drop,
  type Held,
  heldOf,
  hold,
  isProposerName,
  nextToken,
  persisted,
  type Waiting,
} from "./acceptor-state.ts";
import { answerRequest } from "./accepting.ts";
import { acceptorOf, type AcceptorId, type RegisterConfig, whyBadConfig } from "./config.ts";
import { sendCopied, takeReplacementMessage } from "./fencing.ts";
import { type AcceptorLimits, defaultAcceptorLimits } from "./limits.ts";
import type {
  AcceptorProtocol,
  AcceptorRecord,
  CopiedRegister,
  RegisterMessage,
  RegisterRequest,
} from "./messages.ts";
import { beginReplacement, mergeRow, retryReplacement, takeCopied } from "./replacing.ts";

/** How an acceptor is set up. */
export interface AcceptorConfig extends AcceptorId {
  /**
   * The first configuration, of epoch 1. An acceptor with an empty disk that stands in it by name and incarnation begins as a member; any other empty disk
   * is that of an acceptor that was lost, and takes part in nothing until it was asked to `replace`. A disk that is not empty knows its own configuration.
   */
  readonly firstConfig: RegisterConfig;
}

/** An acceptor as a machine, with its state to look at. */
export interface Acceptor extends Machine<AcceptorProtocol> {
  readonly state: AcceptorState;
}

/**
 * An acceptor (Rystsov, CASPaxos, 2018, §2.2): keeps promises and what it has accepted, and gives neither out before it is on its disk.
 *
 * A request costs one write, or none if it is refused; memory is bounded by `limits`, whose defaults are `defaultAcceptorLimits`. Throws a `RangeError` if the
 * first configuration is bad, or not the first; and an assertion, which ends it, at a disk that contradicts itself.
 */
export const createAcceptor = (
  config: AcceptorConfig,
  limits: Partial<AcceptorLimits> = {},
): Acceptor => {
  const why = whyBadConfig(config.firstConfig);
  if (why !== null) throw new RangeError(why);
  if (config.firstConfig.epoch !== 1) throw new RangeError("the first configuration has epoch 1");
  const state: AcceptorState = {
    self: { name: config.name, incarnation: config.incarnation },
    limits: { ...defaultAcceptorLimits, ...limits },
    head: null,
    replacement: null,
    heldByKey: new Map(),
    waitingByKey: new Map(),
    keyByToken: new Map(),
    copyByToken: new Map(),
    waitingCount: 0,
    lastToken: 0,
    droppedCount: 0,
  };
  return {
    state,
    recover: (records) => recover(state, config.firstConfig, records),
    step: (input, nowMs) => step(state, input, nowMs),
  };
};

const recover = (
  state: AcceptorState,
  firstConfig: RegisterConfig,
  records: readonly AcceptorRecord[],
): readonly AcceptorEffect[] => {
  const { name, incarnation } = state.self;
  for (const record of records) {
    // The head of another incarnation: the disk is a copy of one that went on elsewhere. Its promises may have been outdone there, so it is as good as empty.
    if (record.kind !== "head" || record.incarnation !== incarnation) continue;
    assert(record.floor >= (state.head?.floor ?? 0), "the floor has sunk");
    assert(
      record.config.epoch >= (state.head?.config.epoch ?? 1),
      "an earlier epoch is obeyed again",
    );
    state.head = record;
  }
  if (state.head !== null) return [];
  const isFirst = acceptorOf(firstConfig, name)?.incarnation === incarnation;
  if (!isFirst) return [];
  state.head = { kind: "head", incarnation, config: firstConfig, floor: 0 };
  return [{ kind: "persist", records: [state.head], then: [] }];
};

const step = (
  state: AcceptorState,
  input: Input<AcceptorProtocol>,
  nowMs: number,
): readonly AcceptorEffect[] => {
  switch (input.kind) {
    case "received":
      return receive(state, input.from, input.message);
    case "loaded":
      return loaded(state, input.token, input.rows);
    case "woken":
      return retryReplacement(state, nowMs);
    case "submitted": {
      const { request } = input;
      switch (request.kind) {
        case "replace":
          return beginReplacement(state, request.config, nowMs);
        case "persisted":
          persisted(state, request.key);
          return [];
      }
    }
  }
};

const receive = (
  state: AcceptorState,
  from: PeerId,
  message: RegisterMessage,
): readonly AcceptorEffect[] => {
  switch (message.kind) {
    case "prepare":
    case "accept":
    case "read":
    case "erase":
      return receiveRequest(state, from, message);
    case "fence":
    case "fenced":
    case "copy":
      return takeReplacementMessage(state, from, message);
    case "copied":
      return takeCopied(state, from, message, (row) =>
        ask(state, row.key, { kind: "row", from, epoch: message.epoch, row }),
      );
    case "promise":
    case "accepted":
    case "conflict":
    case "reading":
    case "erased":
    case "stale":
      return drop(state);
  }
};

const receiveRequest = (
  state: AcceptorState,
  from: PeerId,
  message: RegisterRequest,
): readonly AcceptorEffect[] => {
  const { head } = state;
  // An acceptor that has lost its disk must not speak for the one that it was:
  //   1. a and b commit a value; b loses its disk and comes back empty, under its name;
  //   2. a proposer asks b and c, who have heard of nothing, and commits another value over it.
  if (head === null) return [];
  if (message.epoch !== head.config.epoch) {
    return [{ kind: "send", to: from, message: { kind: "stale", epoch: head.config.epoch } }];
  }
  if (!isSound(message)) return drop(state);
  return ask(state, message.key, { kind: "message", from, message });
};

const isSound = (message: RegisterRequest): boolean => {
  if (message.kind === "read") return true;
  const { round, proposer } = message.ballot;
  if (round < 1 || round > ROUND_ASKED_MAX || !isProposerName(proposer)) return false;
  if (message.kind !== "accept" || message.next === null) return true;
  return message.next.proposer === proposer && message.next.round > round;
};

/** Lets this have the register: at once if it is in memory, else when it was read. */
const ask = (state: AcceptorState, key: string, waiting: Waiting): readonly AcceptorEffect[] => {
  const queue = state.waitingByKey.get(key);
  const held = queue === undefined ? heldOf(state, key) : null;
  if (held !== null) return take(state, held, waiting);
  // A row that is copied always finds room: a page of them is bounded, and would begin anew.
  if (waiting.kind === "message" && state.waitingCount >= state.limits.waitingMax) {
    return drop(state);
  }
  state.waitingCount += 1;
  if (queue !== undefined) {
    queue.push(waiting);
    return [];
  }
  state.waitingByKey.set(key, [waiting]);
  const token = nextToken(state);
  state.keyByToken.set(token, key);
  const { incarnation } = state.self;
  return [{ kind: "load", token, query: { kind: "register", incarnation, key } }];
};

const loaded = (
  state: AcceptorState,
  token: number,
  rows: readonly CopiedRegister[],
): readonly AcceptorEffect[] => {
  const copy = state.copyByToken.get(token);
  if (copy !== undefined) {
    state.copyByToken.delete(token);
    return sendCopied(state, copy, rows);
  }
  const key = state.keyByToken.get(token);
  if (key === undefined) return [];
  state.keyByToken.delete(token);
  const queue = state.waitingByKey.get(key) ?? [];
  const held = hold(state, key, rows[0]?.register ?? null);
  state.waitingByKey.delete(key);
  state.waitingCount -= queue.length;
  return queue.flatMap((waiting) => take(state, held, waiting));
};

const take = (state: AcceptorState, held: Held, waiting: Waiting): readonly AcceptorEffect[] => {
  if (waiting.kind === "row") return mergeRow(state, held, waiting);
  const { from, message } = waiting;
  const { head } = state;
  // The epoch may have changed while the register was read.
  if (head === null || message.epoch !== head.config.epoch) return [];
  return answerRequest(state, message, { head, from, held });
};
