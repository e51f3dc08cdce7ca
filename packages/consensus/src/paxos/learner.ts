/** A learner: counts what acceptors have accepted, until a quorum has accepted the same ballot. That value is chosen. */
import { assert, type PeerId } from "@syncline/machine";
import { compareBallots, isSameBallot } from "../ballot.ts";
import { majorityOf } from "../majority.ts";
import type { Proposal } from "./messages.ts";

/** What a learner knows. Nothing of it is on disk: it can always ask again. */
export interface Learner {
  /** By acceptor the proposal of the largest ballot that it has said to have accepted. An acceptor counts once, however often it says so. */
  readonly votes: Map<PeerId, Proposal>;
  chosen: Uint8Array | null;
}

/** A learner that knows nothing. */
export const newLearner = (): Learner => ({ votes: new Map(), chosen: null });

/**
 * Counts a vote, and returns the value if this vote and others of the same ballot show that it is chosen, else null (Lamport, Paxos Made Simple, §2.3).
 *
 * Throws, as an assertion, if two values are chosen: then an acceptor has lost its disk. Cost: linear in the acceptors.
 */
export const countVote = (
  state: Learner,
  from: PeerId,
  proposal: Proposal,
  acceptorCount: number,
): Uint8Array | null => {
  const before = state.votes.get(from);
  // A message that was overtaken by a later one.
  if (before !== undefined && compareBallots(proposal.ballot, before.ballot) < 0) return null;
  state.votes.set(from, proposal);
  let voteCount = 0;
  for (const vote of state.votes.values()) {
    if (isSameBallot(vote.ballot, proposal.ballot)) voteCount += 1;
  }
  if (voteCount < majorityOf(acceptorCount)) return null;
  state.chosen ??= proposal.value;
  assert(isSameBytes(state.chosen, proposal.value), "two values are chosen");
  return state.chosen;
};

/** Whether both are the same bytes. */
const isSameBytes = (left: Uint8Array, right: Uint8Array): boolean =>
  left.length === right.length && left.every((byte, index) => byte === right[index]);
