/** What a majority has, of one set of voters or of both sets while membership changes. */
import { assert } from "@syncline/machine";
import { majorityOf } from "../majority.ts";
import type { NodeId } from "./node-id.ts";

/**
 * Who decides: a majority of each set that is not empty.
 *
 * `outgoing` is empty except in a joint configuration, where both sets must agree on every vote, commitment, reading and check (Raft, §6).
 */
export interface Electorate {
  readonly incoming: readonly NodeId[];
  readonly outgoing: readonly NodeId[];
}

/** How a ballot stands: enough voters said yes, enough did not say and can no longer say yes, or neither. */
export type VoteResult = "won" | "lost" | "pending";

/**
 * The highest index that a majority of each set has on disk; 0 if none has.
 *
 * `indexOf` gives the last index that a voter confirmed, 0 if it never did. Only entries of the leader's own term may be committed by counting
 * (Raft, §5.4.2), so callers look at the term. Cost: a sort of the voters.
 */
export const committedIndex = (
  electorate: Electorate,
  indexOf: (voter: NodeId) => number,
): number => {
  assert(electorate.incoming.length > 0, "a quorum is asked of nobody");
  const incoming = majorityIndex(electorate.incoming, indexOf);
  return electorate.outgoing.length === 0
    ? incoming
    : Math.min(incoming, majorityIndex(electorate.outgoing, indexOf));
};

/** How the ballot stands. `voteOf` gives null for a voter that has not answered; votes of others do not count. */
export const voteResult = (
  electorate: Electorate,
  voteOf: (voter: NodeId) => boolean | null,
): VoteResult => {
  assert(electorate.incoming.length > 0, "a quorum is asked of nobody");
  const incoming = majorityVote(electorate.incoming, voteOf);
  if (electorate.outgoing.length === 0) return incoming;
  const outgoing = majorityVote(electorate.outgoing, voteOf);
  if (incoming === "lost" || outgoing === "lost") return "lost";
  return incoming === "won" && outgoing === "won" ? "won" : "pending";
};

/** Whether a majority of each set is among those of whom the claim holds. */
export const hasQuorum = (electorate: Electorate, holds: (voter: NodeId) => boolean): boolean =>
  voteResult(electorate, holds) === "won";

const majorityIndex = (voters: readonly NodeId[], indexOf: (voter: NodeId) => number): number => {
  const indexes = voters.map(indexOf).sort((left, right) => right - left);
  return indexes[majorityOf(voters.length) - 1] ?? 0;
};

const majorityVote = (
  voters: readonly NodeId[],
  voteOf: (voter: NodeId) => boolean | null,
): VoteResult => {
  const votes = voters.map(voteOf);
  const majority = majorityOf(voters.length);
  const granted = votes.filter((vote) => vote === true).length;
  const missing = votes.filter((vote) => vote === null).length;
  if (granted >= majority) return "won";
  return granted + missing >= majority ? "pending" : "lost";
};
