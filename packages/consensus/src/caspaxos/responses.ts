/** What a proposer makes of answers: which attempt each belongs to, if any, and whether it counts. */
import type { PeerId } from "@syncline/machine";
import { compareBallots, isSameBallot, noBallot, ROUND_ASKED_MAX } from "../ballot.ts";
import { afterAccepted, afterErased, afterPromise, afterReading, fail } from "./attempting.ts";
import type { RegisterResponse } from "./messages.ts";
import {
  type Attempt,
  drop,
  type KeyState,
  type ProposerEffect,
  type ProposerState,
} from "./proposer-state.ts";

/** Takes what an acceptor of the configuration says of a key, in whatever attempt it answers. */
export const takeResponse = <Change>(
  state: ProposerState<Change>,
  at: KeyState<Change>,
  response: {
    readonly from: PeerId;
    readonly message: Exclude<RegisterResponse, { kind: "stale" }>;
  },
  nowMs: number,
): readonly ProposerEffect[] => {
  const { from, message } = response;
  const { attempt } = at;
  if (message.kind === "conflict") return takeConflict(state, at, { from, message }, nowMs);
  if (message.kind === "accepted") promiseLate(at, from, message);
  if (attempt === null) return [];
  if (message.kind === "reading") {
    if (!isReadingOf(state, attempt, message)) return [];
    attempt.readings.set(from, message.accepted);
    return afterReading(state, at, attempt, nowMs);
  }
  // Of an earlier attempt: its ballot is another one.
  if (attempt.kind === "reading" || !isSameBallot(message.ballot, attempt.ballot)) return [];
  if (message.kind === "promise" && attempt.kind === "preparing") {
    if (!isSoundPromise(message)) return drop(state);
    attempt.promises.set(from, message);
    return afterPromise(state, at, attempt, nowMs);
  }
  if (message.kind === "accepted" && attempt.kind === "accepting") {
    attempt.accepted.add(from);
    return afterAccepted(state, at, attempt, nowMs);
  }
  if (message.kind === "erased" && attempt.kind === "erasing") {
    attempt.erased.add(from);
    return afterErased(state, at, attempt, nowMs);
  }
  return [];
};

/**
 * Whether it answers what this attempt has asked. Numbers begin anew in each process; were the number all that is compared:
 *   1. p asks for its first reading; a and b tell the value of now, and that is slow to arrive;
 *   2. p's process ends, another value is committed, and p's next process is asked for its first reading;
 *   3. the answers of step 1 arrive, agree, and are told: a value that is over.
 */
const isReadingOf = <Change>(
  { incarnation }: ProposerState<Change>,
  attempt: Attempt<Change>,
  { reader, number }: Extract<RegisterResponse, { kind: "reading" }>,
): attempt is Extract<Attempt<Change>, { kind: "reading" }> =>
  attempt.kind === "reading" && reader === incarnation && number === attempt.number;

/** Nobody promises a ballot once it has accepted something in that or in a larger one. */
const isSoundPromise = ({
  accepted,
  ballot,
}: Extract<RegisterResponse, { kind: "promise" }>): boolean =>
  compareBallots(accepted?.ballot ?? noBallot, ballot) < 0;

/** One more has accepted what is committed already, and with it has promised the next ballot. */
const promiseLate = <Change>(
  { cache }: KeyState<Change>,
  from: PeerId,
  { ballot }: Extract<RegisterResponse, { kind: "accepted" }>,
): void => {
  const accepted = cache?.acceptedBallot ?? null;
  if (accepted !== null && isSameBallot(accepted, ballot)) cache?.promisedBy.add(from);
};

const takeConflict = <Change>(
  state: ProposerState<Change>,
  at: KeyState<Change>,
  response: {
    readonly from: PeerId;
    readonly message: Extract<RegisterResponse, { kind: "conflict" }>;
  },
  nowMs: number,
): readonly ProposerEffect[] => {
  const { from, message } = response;
  const { seen } = message;
  const { attempt } = at;
  if (seen.round > ROUND_ASKED_MAX) return [];
  at.round = Math.max(at.round, seen.round);
  if (attempt === null || attempt.kind === "reading") return [];
  if (!isSameBallot(message.ballot, attempt.ballot)) return [];
  if (attempt.kind === "erasing") return fail(state, at, nowMs);
  // A message of its own that came twice, or late: nobody else is in the way.
  if (seen.proposer === state.incarnation) return [];
  attempt.refused.add(from);
  const { acceptors, acceptQuorum, prepareQuorum } = state.config;
  const quorum = attempt.kind === "preparing" ? prepareQuorum : acceptQuorum;
  const needed = attempt.purpose.kind === "collection" ? acceptors.length : quorum;
  return acceptors.length - attempt.refused.size < needed ? fail(state, at, nowMs) : [];
};
