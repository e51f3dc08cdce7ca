/**
 * The attempts of a proposer for one key: reading, preparing, accepting, erasing; how each begins, and what follows.
 *
 *   operations ──► reading ──────────────► outcomes               (reads only: one round trip, nothing is written)
 *        │            └─ no agreement ─┐
 *        ├──────────────► preparing ◄──┘
 *        │                    └──► accepting ──► outcomes, cache  (two round trips)
 *        └── cache ───────────────► accepting ──► outcomes, cache  (one round trip)
 *   collection ────► preparing ──► accepting by all ──► erasing by all
 */
import { assert, type PeerId } from "@syncline/machine";
import { type Ballot, compareBallots, noBallot } from "../ballot.ts";
import { agreementOf } from "./agreement.ts";
import { applyOperations, type Found, type Operation } from "./applying.ts";
import { acceptorOf, type RegisterConfig } from "./config.ts";
import type { Accepted } from "./register.ts";
import {
  askAcceptors,
  type Attempt,
  drawOf,
  freshBallot,
  type KeyState,
  type ProposerEffect,
  type ProposerState,
  type Purpose,
  told,
  useBallot,
  wakeAt,
} from "./proposer-state.ts";

type AttemptOf<Change, Kind> = Extract<Attempt<Change>, { kind: Kind }>;

/** Begins with what waits, unless an attempt is under way or it is too early. */
export const begin = <Change>(
  state: ProposerState<Change>,
  at: KeyState<Change>,
  nowMs: number,
): readonly ProposerEffect[] => {
  if (at.attempt !== null) return [];
  if (at.queue.length === 0 && !at.isCollecting) return [];
  if (nowMs < at.retryAtMs) return wakeAt(state, at.retryAtMs);
  if (at.queue.length === 0) return prepare(state, at, { kind: "collection" }, nowMs);
  const operations = at.queue.splice(0, state.limits.batchMax);
  const purpose: Purpose<Change> = { kind: "operations", operations };
  if (operations.every(({ action }) => action.kind === "read")) {
    return read(state, at, purpose, nowMs);
  }
  const { cache } = at;
  // Nor is it used if a larger round is known: then it is outdone, or an operation here was tried in that round and may be tried in later ones only.
  const isPromised =
    cache !== null &&
    cache.promisedBy.size >= state.config.prepareQuorum &&
    cache.ballot.round >= at.round;
  if (!isPromised) return prepare(state, at, purpose, nowMs);
  assert(cache.ballot.round > at.proposedRound, "a ballot is used twice");
  return propose(
    state,
    at,
    { purpose, operations, ballot: cache.ballot, found: cache.found },
    nowMs,
  );
};

/** How long an attempt may take. It grows with failures, so that in the end it is long enough for however slow the network and the disks are. */
const timesOf = <Change>(
  { limits }: ProposerState<Change>,
  { failureCount }: KeyState<Change>,
  nowMs: number,
): { readonly deadlineMs: number; readonly resendAtMs: number } => ({
  deadlineMs: nowMs + limits.attemptMs * 2 ** Math.min(failureCount, 5),
  resendAtMs: nowMs + limits.attemptMs,
});

const launch = <Change>(
  state: ProposerState<Change>,
  at: KeyState<Change>,
  attempt: Attempt<Change>,
): readonly ProposerEffect[] => {
  at.attempt = attempt;
  return [
    ...askAcceptors(state, attempt),
    ...wakeAt(state, Math.min(attempt.deadlineMs, attempt.resendAtMs)),
  ];
};

const read = <Change>(
  state: ProposerState<Change>,
  at: KeyState<Change>,
  purpose: Purpose<Change>,
  nowMs: number,
): readonly ProposerEffect[] => {
  state.readCount += 1;
  const number = state.readCount;
  return launch(state, at, {
    kind: "reading",
    purpose,
    request: {
      kind: "read",
      epoch: state.config.epoch,
      key: at.key,
      reader: state.incarnation,
      number,
    },
    ...timesOf(state, at, nowMs),
    number,
    readings: new Map(),
  });
};

/** Asks for promises in a ballot of its own. */
export const prepare = <Change>(
  state: ProposerState<Change>,
  at: KeyState<Change>,
  purpose: Purpose<Change>,
  nowMs: number,
): readonly ProposerEffect[] => {
  const ballot = freshBallot(state, at);
  at.cache = null;
  return launch(state, at, {
    kind: "preparing",
    purpose,
    request: { kind: "prepare", epoch: state.config.epoch, key: at.key, ballot },
    ...timesOf(state, at, nowMs),
    ballot,
    promises: new Map(),
    refused: new Set(),
  });
};

/** A reading has come: tells the value if it is committed, writes it back if that cannot be known. */
export const afterReading = <Change>(
  state: ProposerState<Change>,
  at: KeyState<Change>,
  attempt: AttemptOf<Change, "reading">,
  nowMs: number,
): readonly ProposerEffect[] => {
  const agreement = agreementOf(attempt.readings.values(), state.config);
  if (agreement.isCommitted && attempt.purpose.kind === "operations") {
    const result = agreement.latest?.state.value ?? null;
    const { operations } = attempt.purpose;
    return finish(state, at, nowMs, () =>
      operations.map((one) => told(state, at.key, one, { kind: "committed", result })),
    );
  }
  if (agreement.canBeCommitted) return [];
  return prepare(state, at, attempt.purpose, nowMs);
};

/** A promise has come: with those of a quorum the value is known, and what is to be proposed. */
export const afterPromise = <Change>(
  state: ProposerState<Change>,
  at: KeyState<Change>,
  attempt: AttemptOf<Change, "preparing">,
  nowMs: number,
): readonly ProposerEffect[] => {
  const { promises, purpose, ballot } = attempt;
  const { config } = state;
  const isCollection = purpose.kind === "collection";
  const needed = isCollection ? config.acceptors.length : config.prepareQuorum;
  if (promises.size < needed) return [];
  const answers = [...promises.values()];
  assert(
    answers.every(({ accepted }) => compareBallots(accepted?.ballot ?? noBallot, ballot) < 0),
    "a promise tells of what was accepted in its own ballot or a larger one",
  );
  checkMembers(config, promises.keys());
  const agreement = agreementOf(
    answers.map(({ accepted }) => accepted),
    config,
  );
  const found: Found = {
    state: agreement.latest?.state ?? null,
    floor: Math.max(...answers.map(({ floor }) => floor)),
  };
  if (isCollection) return afterAllPromised(state, at, { purpose, ballot, agreement, nowMs });
  const { operations } = purpose;
  const step = applyOperations(found, operations, { ...state, round: ballot.round });
  // Nothing to write, and nothing that has to be written back: the ballot is left for the next change.
  if (!step.isChanged && agreement.isCommitted) {
    at.cache = { ballot, found, acceptedBallot: null, promisedBy: new Set(promises.keys()) };
    return finish(state, at, nowMs, () =>
      step.settled.map(({ operation, outcome }) => told(state, at.key, operation, outcome)),
    );
  }
  return propose(state, at, { purpose, operations, ballot, found }, nowMs);
};

const afterAllPromised = <Change>(
  state: ProposerState<Change>,
  at: KeyState<Change>,
  prepared: {
    readonly purpose: Purpose<Change>;
    readonly ballot: Ballot;
    readonly agreement: { readonly latest: Accepted | null };
    readonly nowMs: number;
  },
): readonly ProposerEffect[] => {
  const { purpose, ballot, agreement, nowMs } = prepared;
  const { latest } = agreement;
  // Nobody has anything but this promise, which would be a row at each acceptor for ever.
  if (latest === null) return erase(state, at, { purpose, ballot }, nowMs);
  // Somebody has written since: there is nothing to erase.
  if (latest.state.value !== null) return endCollection(state, at, false, nowMs);
  return accept(
    state,
    at,
    { purpose, ballot, next: null, found: { state: latest.state, floor: 0 }, operations: [] },
    nowMs,
  );
};

/** What is to be proposed: operations on a register that was found, in a ballot that is promised. */
interface Proposing<Change> {
  readonly purpose: Purpose<Change>;
  readonly operations: readonly Operation<Change>[];
  readonly ballot: Ballot;
  readonly found: Found;
}

const propose = <Change>(
  state: ProposerState<Change>,
  at: KeyState<Change>,
  proposing: Proposing<Change>,
  nowMs: number,
): readonly ProposerEffect[] => {
  const next: Ballot = { round: proposing.ballot.round + 1, proposer: state.incarnation };
  return accept(state, at, { ...proposing, next }, nowMs);
};

const accept = <Change>(
  state: ProposerState<Change>,
  at: KeyState<Change>,
  proposing: Proposing<Change> & { readonly next: Ballot | null },
  nowMs: number,
): readonly ProposerEffect[] => {
  const { purpose, operations, ballot, found, next } = proposing;
  const step = applyOperations(found, operations, { ...state, round: ballot.round });
  if (step.state === null) {
    // There is no register, and the operations make none: this is so as of the promise that the ballot rests on.
    return rereadNothing(state, at, proposing, nowMs);
  }
  for (const operation of operations) {
    assert((operation.since ?? 0) <= ballot.round, "an operation is tried in an earlier round");
    operation.since ??= ballot.round;
  }
  useBallot(at, ballot);
  at.round = Math.max(at.round, next?.round ?? ballot.round);
  at.cache = null;
  const { epoch } = state.config;
  return launch(state, at, {
    kind: "accepting",
    purpose,
    request: { kind: "accept", epoch, key: at.key, ballot, state: step.state, next },
    ...timesOf(state, at, nowMs),
    ballot,
    next,
    state: step.state,
    settled: step.settled,
    accepted: new Set(),
    refused: new Set(),
  });
};

/** A cached nothing may be over by now, and there is no state to write back: it is asked anew. */
const rereadNothing = <Change>(
  state: ProposerState<Change>,
  at: KeyState<Change>,
  { purpose }: Proposing<Change>,
  nowMs: number,
): readonly ProposerEffect[] => prepare(state, at, purpose, nowMs);

/** An acceptor has accepted: with a quorum it is committed. */
export const afterAccepted = <Change>(
  state: ProposerState<Change>,
  at: KeyState<Change>,
  attempt: AttemptOf<Change, "accepting">,
  nowMs: number,
): readonly ProposerEffect[] => {
  const { config } = state;
  const { accepted, ballot, next, purpose } = attempt;
  const isCollection = purpose.kind === "collection";
  const needed = isCollection ? config.acceptors.length : config.acceptQuorum;
  if (accepted.size < needed) return [];
  checkMembers(config, accepted);
  if (isCollection) return erase(state, at, { purpose, ballot }, nowMs);
  if (next !== null) {
    at.cache = {
      ballot: next,
      found: { state: attempt.state, floor: 0 },
      acceptedBallot: ballot,
      promisedBy: new Set(accepted),
    };
  }
  return finish(state, at, nowMs, () =>
    attempt.settled.map(({ operation, outcome }) => told(state, at.key, operation, outcome)),
  );
};

/** Whose answers were counted: each is an acceptor of the configuration, and its prepare quorums meet its accept quorums. */
const checkMembers = (config: RegisterConfig, names: Iterable<PeerId>): void => {
  const { acceptors, prepareQuorum, acceptQuorum } = config;
  for (const name of names) {
    assert(acceptorOf(config, name) !== null, "somebody is counted who is no acceptor");
  }
  assert(prepareQuorum + acceptQuorum > acceptors.length, "quorums do not meet");
};

const erase = <Change>(
  state: ProposerState<Change>,
  at: KeyState<Change>,
  { purpose, ballot }: { readonly purpose: Purpose<Change>; readonly ballot: Ballot },
  nowMs: number,
): readonly ProposerEffect[] =>
  launch(state, at, {
    kind: "erasing",
    purpose,
    request: { kind: "erase", epoch: state.config.epoch, key: at.key, ballot },
    ...timesOf(state, at, nowMs),
    ballot,
    erased: new Set(),
  });

/** An acceptor has erased: with all of them it is over. */
export const afterErased = <Change>(
  state: ProposerState<Change>,
  at: KeyState<Change>,
  attempt: AttemptOf<Change, "erasing">,
  nowMs: number,
): readonly ProposerEffect[] =>
  attempt.erased.size < state.config.acceptors.length ? [] : endCollection(state, at, true, nowMs);

const endCollection = <Change>(
  state: ProposerState<Change>,
  at: KeyState<Change>,
  isErased: boolean,
  nowMs: number,
): readonly ProposerEffect[] => {
  at.isCollecting = false;
  const output = { kind: "collected", key: at.key, isErased } as const;
  return finish(state, at, nowMs, () => [{ kind: "deliver", output }]);
};

const finish = <Change>(
  state: ProposerState<Change>,
  at: KeyState<Change>,
  nowMs: number,
  tell: () => readonly ProposerEffect[],
): readonly ProposerEffect[] => {
  at.attempt = null;
  at.failureCount = 0;
  at.retryAtMs = nowMs;
  return [...tell(), ...begin(state, at, nowMs)];
};

/**
 * An attempt has failed: nothing is known of what it proposed, so its ballot is never used again, and neither is what was cached.
 *
 * Were the cache kept (as a published implementation does):
 *   1. x is accepted by a alone, in ballot 1, and the round fails;
 *   2. the next change goes to b and c in ballot 1, too, with y, and is told to be committed;
 *   3. a reader that asks a and b finds ballot 1 twice, and x in it as likely as y.
 */
export const fail = <Change>(
  state: ProposerState<Change>,
  at: KeyState<Change>,
  nowMs: number,
): readonly ProposerEffect[] => {
  const { attempt } = at;
  if (attempt === null) return [];
  at.attempt = null;
  at.cache = null;
  at.failureCount += 1;
  // Patience grows, and differs from others': two proposers that begin anew at the same pace refuse each other for ever.
  const { backoffMs, backoffMaxMs } = state.limits;
  const patienceMs = Math.min(backoffMaxMs, backoffMs * 2 ** Math.min(at.failureCount, 20));
  at.retryAtMs = nowMs + patienceMs * drawOf(state);
  if (attempt.purpose.kind === "collection") return endFailedCollection(state, at, nowMs);
  const { operations } = attempt.purpose;
  assert(operations.length > 0, "an attempt without operations");
  at.queue.unshift(...operations.filter(({ giveUpAtMs }) => giveUpAtMs > nowMs));
  return [
    ...operations
      .filter(({ giveUpAtMs }) => giveUpAtMs <= nowMs)
      .map((operation) => giveUp(state, at.key, operation)),
    ...begin(state, at, nowMs),
  ];
};

const endFailedCollection = <Change>(
  state: ProposerState<Change>,
  at: KeyState<Change>,
  nowMs: number,
): readonly ProposerEffect[] => {
  at.isCollecting = false;
  return [
    { kind: "deliver", output: { kind: "collected", key: at.key, isErased: false } },
    ...begin(state, at, nowMs),
  ];
};

/** Says of an operation whose time is over what is known of it. */
export const giveUp = <Change>(
  state: ProposerState<Change>,
  key: string,
  operation: Operation<Change>,
): ProposerEffect => {
  const { since, action } = operation;
  if (since === null || action.kind === "read") {
    return told(state, key, operation, { kind: "rejected", reason: "no-quorum", result: null });
  }
  return told(state, key, operation, { kind: "unknown", since, isForgotten: false });
};
