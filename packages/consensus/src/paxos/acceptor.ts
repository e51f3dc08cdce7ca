/** An acceptor: the memory of Paxos. It answers requests by two rules, and forgets nothing. */
import { assert } from "@syncline/machine";
import { type Ballot, compareBallots, describeBallot, isSameBallot, noBallot } from "../ballot.ts";
import type { PaxosMessage, Proposal } from "./messages.ts";

/** What an acceptor must never forget. */
export interface AcceptorState {
  /** It accepts nothing of a smaller ballot any more. */
  readonly promised: Ballot;
  /** The proposal of the largest ballot that it has accepted, or null. */
  readonly accepted: Proposal | null;
}

/** An acceptor that was asked nothing yet. */
export const newAcceptor: AcceptorState = { promised: noBallot, accepted: null };

/** An acceptor's next state, and what it says once that state is on disk. */
export interface Answer {
  readonly state: AcceptorState;
  readonly message: PaxosMessage;
}

/** Phase 1b: it promises unless it has promised a larger ballot. The same promise may be given again, since a message may come twice. */
export const answerPrepare = (state: AcceptorState, ballot: Ballot): Answer => {
  if (compareBallots(ballot, state.promised) < 0) return refuse(state, ballot);
  return {
    state: { ...state, promised: ballot },
    message: { kind: "promise", ballot, accepted: state.accepted },
  };
};

/** Phase 2b: it accepts unless it has promised a larger ballot. It need not have promised this one. */
export const answerAccept = (state: AcceptorState, proposal: Proposal): Answer => {
  const { ballot } = proposal;
  if (compareBallots(ballot, state.promised) < 0) return refuse(state, ballot);
  return {
    state: { promised: ballot, accepted: proposal },
    message: { kind: "accepted", proposal },
  };
};

const refuse = (state: AcceptorState, ballot: Ballot): Answer => ({
  state,
  message: { kind: "conflict", ballot, promised: state.promised },
});

/** Stops a node that would take back a promise: checked when a state is to be written, and again when it is read. */
export const checkAcceptor = (before: AcceptorState, after: AcceptorState): void => {
  const accepted = after.accepted?.ballot ?? noBallot;
  assert(
    compareBallots(before.promised, after.promised) <= 0,
    `a promise of ${describeBallot(before.promised)} is taken back`,
  );
  assert(
    compareBallots(before.accepted?.ballot ?? noBallot, accepted) <= 0,
    "what was accepted gives way to a smaller ballot",
  );
  assert(compareBallots(accepted, after.promised) <= 0, "a ballot is accepted beyond the promise");
};

/** Whether the disk must learn of the change. */
export const isChanged = (before: AcceptorState, after: AcceptorState): boolean =>
  !isSameBallot(before.promised, after.promised) ||
  !isSameBallot(before.accepted?.ballot ?? noBallot, after.accepted?.ballot ?? noBallot);
