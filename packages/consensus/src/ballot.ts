/** Ballots: the attempts of proposers, in one order that all agree on. */

/**
 * An attempt: its round, and whose it is. Two proposers may be in the same round; no two attempts ever are the same ballot.
 *
 * A proposer sees to that in one of two ways: it keeps its last round on disk (`./paxos`), or it has a new name at each start (`./caspaxos`).
 */
export interface Ballot {
  /** From 1; 0 stands for no ballot at all. */
  readonly round: number;
  readonly proposer: string;
}

/** Smaller than every ballot: what an acceptor has promised that has promised nothing. */
export const noBallot: Ballot = { round: 0, proposer: "" };

/** The largest round. Nobody counts so far; a peer that names a larger one is not believed. */
export const ROUND_MAX: number = 2 ** 48 - 1;

/** Below 0 if the left one is smaller, 0 if they are the same, above 0 if it is larger. By round, then by name, code unit by code unit. */
export const compareBallots = (left: Ballot, right: Ballot): number => {
  if (left.round !== right.round) return left.round - right.round;
  if (left.proposer === right.proposer) return 0;
  return left.proposer < right.proposer ? -1 : 1;
};

/** Whether both are the same ballot. */
export const isSameBallot = (left: Ballot, right: Ballot): boolean =>
  compareBallots(left, right) === 0;

/** The larger of the two. */
export const laterBallot = (left: Ballot, right: Ballot): Ballot =>
  compareBallots(left, right) < 0 ? right : left;

/** A ballot as text, for traces and assertions: `3.a`. */
export const describeBallot = ({ round, proposer }: Ballot): string => `${round}.${proposer}`;
