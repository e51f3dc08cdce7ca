/**
 * A node of single-decree Paxos: it may propose, it accepts if it is an acceptor, it learns if it is a learner or has proposed.
 *
 * The roles are in files of their own; here messages go to them, and what they decide becomes effects.
 */
import {
  type Effect,
  type Input,
  type Machine,
  type PeerId,
  seededRandom,
} from "@syncline/machine";
import { type Ballot, isSameBallot, ROUND_MAX } from "../ballot.ts";
import {
  type AcceptorState,
  type Answer,
  answerAccept,
  answerPrepare,
  checkAcceptor,
  isChanged,
  newAcceptor,
} from "./acceptor.ts";
import { countVote, type Learner, newLearner } from "./learner.ts";
import type {
  PaxosCluster,
  PaxosMessage,
  PaxosProtocol,
  PaxosRecord,
  Proposal,
} from "./messages.ts";
import { ballotOf, beginRound, countPromise, newProposer, type Proposer } from "./proposer.ts";

/** How a node is set up. */
export interface PaxosConfig extends PaxosCluster {
  /** The node's own name. */
  readonly name: PeerId;
  /** For how long a proposer waits after a conflict: whole, within 32 bits, and another one at each node. */
  readonly seed: number;
  /** How long a proposer waits for answers before it begins a new round, and how often a learner asks, in milliseconds; 500 unless said. A few round trips with their flushes. */
  readonly retryMs?: number;
}

/** The largest value, in bytes; a larger one is not proposed. */
export const PAXOS_VALUE_BYTES_MAX = 65_536;

/** What a node knows. */
export interface PaxosState {
  readonly config: Required<PaxosConfig>;
  acceptor: AcceptorState;
  proposer: Proposer;
  learner: Learner;
  /** When a learner asks again; infinite if it knows. */
  learnAtMs: number;
  /** Messages that made no sense. */
  droppedCount: number;
}

/** A node as a machine, with its state to look at. */
export interface PaxosNode extends Machine<PaxosProtocol> {
  readonly state: PaxosState;
}

type PaxosEffect = Effect<PaxosProtocol>;

/** A node. All nodes together choose one value of those that were proposed, or none; never two. */
export const createPaxosNode = (config: PaxosConfig): PaxosNode => {
  const state: PaxosState = {
    config: { retryMs: 500, ...config },
    acceptor: newAcceptor,
    proposer: newProposer(0),
    learner: newLearner(),
    learnAtMs: Number.POSITIVE_INFINITY,
    droppedCount: 0,
  };
  return {
    state,
    recover: (records, nowMs) => recover(state, records, nowMs),
    step: (input, nowMs) => step(state, input, nowMs),
  };
};

const recover = (
  state: PaxosState,
  records: readonly PaxosRecord[],
  nowMs: number,
): readonly PaxosEffect[] => {
  for (const record of records) {
    if (record.kind === "round") {
      state.proposer = newProposer(Math.max(state.proposer.lastRound, record.round));
    } else {
      const { promised, accepted } = record;
      checkAcceptor(state.acceptor, { promised, accepted });
      state.acceptor = { promised, accepted };
    }
  }
  if (!state.config.learners.includes(state.config.name)) return [];
  // What it has learned was in memory only; the acceptors still have it.
  state.learnAtMs = nowMs;
  return [{ kind: "wake", atMs: nowMs }];
};

const step = (
  state: PaxosState,
  input: Input<PaxosProtocol>,
  nowMs: number,
): readonly PaxosEffect[] => {
  switch (input.kind) {
    case "received":
      return take(state, input.from, input.message, nowMs);
    case "submitted":
      return input.request.kind === "own"
        ? take(state, state.config.name, input.request.message, nowMs)
        : propose(state, input.request.value, nowMs);
    case "woken":
      return atTime(state, nowMs);
    case "loaded":
      return [];
  }
};

const take = (
  state: PaxosState,
  from: PeerId,
  message: PaxosMessage,
  nowMs: number,
): readonly PaxosEffect[] => {
  const { acceptors, name } = state.config;
  const isAcceptor = acceptors.includes(name);
  const isFromAcceptor = acceptors.includes(from);
  switch (message.kind) {
    case "prepare":
      if (!isAcceptor || !isBallotOf(message.ballot, from)) return drop(state);
      return answer(state, answerPrepare(state.acceptor, message.ballot), message.ballot);
    case "accept": {
      const { proposal } = message;
      if (!isAcceptor || !isBallotOf(proposal.ballot, from)) return drop(state);
      return answer(state, answerAccept(state.acceptor, proposal), proposal.ballot);
    }
    case "learn":
      if (!isAcceptor) return drop(state);
      return report(state, from);
    case "promise": {
      if (!isFromAcceptor) return drop(state);
      const proposal = countPromise(state.proposer, from, message, acceptors.length);
      return proposal === null ? [] : toAll(state, acceptors, { kind: "accept", proposal });
    }
    case "accepted": {
      if (!isFromAcceptor) return drop(state);
      return learn(state, from, message.proposal);
    }
    case "conflict":
      if (!isFromAcceptor || message.promised.round > ROUND_MAX) return drop(state);
      return giveWay(state, message, nowMs);
  }
};

const drop = (state: PaxosState): readonly PaxosEffect[] => {
  state.droppedCount += 1;
  return [];
};

/** Nobody asks in another's name; a round beyond the largest would be the last one of all. */
const isBallotOf = ({ round, proposer }: Ballot, from: PeerId): boolean =>
  proposer === from && round > 0 && round <= ROUND_MAX;

/** An acceptor's answer, behind the disk. */
const answer = (
  state: PaxosState,
  { state: after, message }: Answer,
  ballot: Ballot,
): readonly PaxosEffect[] => {
  const before = state.acceptor;
  checkAcceptor(before, after);
  state.acceptor = after;
  const to =
    message.kind === "accepted"
      ? [...new Set([...state.config.learners, ballot.proposer])]
      : [ballot.proposer];
  // The disk comes first. Were a promise given that is not on it:
  //   1. a promises round 2 to q and loses power before it is written;
  //   2. a restarts, knows of no promise, and accepts x of p's round 1 after all; with b's vote, x is chosen;
  //   3. q, which counts a's promise and c's, has heard of nothing accepted, and has its own y chosen by a and c.
  // An answer that changes nothing waits as well: what it rests on may still be on its way to the disk.
  return [
    {
      kind: "persist",
      records: isChanged(before, after) ? [{ kind: "acceptor", ...after }] : [],
      then: toAll(state, to, message),
    },
  ];
};

const report = (state: PaxosState, to: PeerId): readonly PaxosEffect[] => {
  const { accepted } = state.acceptor;
  if (accepted === null) return [];
  const message: PaxosMessage = { kind: "accepted", proposal: accepted };
  return [{ kind: "persist", records: [], then: toAll(state, [to], message) }];
};

const propose = (state: PaxosState, value: Uint8Array, nowMs: number): readonly PaxosEffect[] => {
  if (value.length > PAXOS_VALUE_BYTES_MAX) return drop(state);
  state.proposer.wish = value;
  state.proposer.attemptCount = 0;
  return prepare(state, nowMs);
};

const prepare = (state: PaxosState, nowMs: number): readonly PaxosEffect[] => {
  const { proposer, config } = state;
  const ballot = beginRound(proposer, config.name);
  // Patience grows, and differs from others': two proposers that begin anew at the same pace refuse each other for ever.
  const patienceMs = config.retryMs * 2 ** Math.min(proposer.attemptCount - 1, 5);
  proposer.retryAtMs = nowMs + patienceMs * (1 + fractionOf(state));
  return [
    // The round is on disk before it is used, so that no later life of this process uses it for another value.
    {
      kind: "persist",
      records: [{ kind: "round", round: ballot.round }],
      then: toAll(state, config.acceptors, { kind: "prepare", ballot }),
    },
    { kind: "wake", atMs: proposer.retryAtMs },
  ];
};

const giveWay = (
  state: PaxosState,
  { ballot, promised }: { readonly ballot: Ballot; readonly promised: Ballot },
  nowMs: number,
): readonly PaxosEffect[] => {
  const { proposer, config } = state;
  proposer.seenRound = Math.max(proposer.seenRound, promised.round);
  const own = ballotOf(proposer);
  if (own === null || own.round !== ballot.round || proposer.phase.kind === "idle") return [];
  // This round cannot get far any more, so there is no need to wait for all of its patience; but the other proposer is given time.
  const soonMs = nowMs + config.retryMs * (0.25 + fractionOf(state));
  if (soonMs >= proposer.retryAtMs) return [];
  proposer.retryAtMs = soonMs;
  return [{ kind: "wake", atMs: soonMs }];
};

const learn = (state: PaxosState, from: PeerId, proposal: Proposal): readonly PaxosEffect[] => {
  const { learner, proposer, config } = state;
  const wasKnown = learner.chosen !== null;
  const value = countVote(learner, from, proposal, config.acceptors.length);
  if (value === null) return [];
  state.learnAtMs = Number.POSITIVE_INFINITY;
  const own = ballotOf(proposer);
  // A proposer has come to its end, whichever value it is. One that proposed although the value was known, for the sake of others, ends with its own ballot.
  if (!wasKnown || (own !== null && isSameBallot(own, proposal.ballot))) {
    proposer.wish = null;
    proposer.phase = { kind: "idle" };
    proposer.retryAtMs = Number.POSITIVE_INFINITY;
  }
  return wasKnown ? [] : [{ kind: "deliver", output: { kind: "chosen", value } }];
};

const atTime = (state: PaxosState, nowMs: number): readonly PaxosEffect[] => {
  const effects: PaxosEffect[] = [];
  if (nowMs >= state.proposer.retryAtMs) effects.push(...prepare(state, nowMs));
  if (nowMs >= state.learnAtMs) {
    state.learnAtMs = nowMs + state.config.retryMs;
    effects.push(...toAll(state, state.config.acceptors, { kind: "learn" }));
    effects.push({ kind: "wake", atMs: state.learnAtMs });
  }
  return effects;
};

const toAll = (
  { config }: PaxosState,
  peers: readonly PeerId[],
  message: PaxosMessage,
): readonly PaxosEffect[] =>
  peers.map((to) =>
    to === config.name
      ? { kind: "submit", request: { kind: "own", message } }
      : { kind: "send", to, message },
  );

/** A number from 0 to 1 for this attempt of this node. */
const fractionOf = ({ config, proposer }: PaxosState): number =>
  seededRandom(config.seed).fork(`${config.name} ${proposer.lastRound}`).fraction();
