/** A proposer: asks for promises, finds out which value it may propose, and proposes it; until a quorum has accepted. */
import type { PeerId } from "@syncline/machine";
import { type Ballot, compareBallots, isSameBallot } from "../ballot.ts";
import { majorityOf } from "../majority.ts";
import type { Proposal } from "./messages.ts";

/** Where a proposer is. */
type ProposerPhase =
  | { readonly kind: "idle" }
  /** Asks for promises. By acceptor what it had accepted; an acceptor that answers twice stands here once. */
  | {
      readonly kind: "preparing";
      readonly ballot: Ballot;
      readonly promises: Map<PeerId, Proposal | null>;
    }
  /** Asks to accept, and waits to learn that a quorum has. */
  | { readonly kind: "accepting"; readonly proposal: Proposal };

/** A proposer. `lastRound` is on disk before anybody hears of it. */
export interface Proposer {
  /** What the application would like to be chosen. */
  wish: Uint8Array | null;
  /** The last round of its own. */
  lastRound: number;
  /** The largest round that it has heard of. */
  seenRound: number;
  phase: ProposerPhase;
  /** Rounds since it has something to propose, for its patience. */
  attemptCount: number;
  /** When it begins a new round. */
  retryAtMs: number;
}

/** A proposer with nothing to propose. */
export const newProposer = (lastRound: number): Proposer => ({
  wish: null,
  lastRound,
  seenRound: lastRound,
  phase: { kind: "idle" },
  attemptCount: 0,
  retryAtMs: Number.POSITIVE_INFINITY,
});

/** Begins a round that is larger than all that it has heard of, and returns its ballot. */
export const beginRound = (state: Proposer, proposer: PeerId): Ballot => {
  const round = Math.max(state.lastRound, state.seenRound) + 1;
  const ballot: Ballot = { round, proposer };
  state.lastRound = round;
  state.seenRound = round;
  state.attemptCount += 1;
  state.phase = { kind: "preparing", ballot, promises: new Map() };
  return ballot;
};

/**
 * Counts a promise; with those of a quorum it returns the proposal that must be made.
 *
 * That is the heart of Paxos: if any of them had accepted something, the value of the largest ballot among it, for it may be chosen already;
 * only otherwise the proposer's own wish (Paxos Made Simple, P2c). Null as long as there is no quorum. Cost: linear in the acceptors.
 */
export const countPromise = (
  state: Proposer,
  from: PeerId,
  { ballot, accepted }: { readonly ballot: Ballot; readonly accepted: Proposal | null },
  acceptorCount: number,
): Proposal | null => {
  const { phase, wish } = state;
  // Of an earlier round, or come again after the quorum was complete.
  if (phase.kind !== "preparing" || !isSameBallot(ballot, phase.ballot)) return null;
  phase.promises.set(from, accepted);
  if (phase.promises.size < majorityOf(acceptorCount) || wish === null) return null;
  const value = largestOf(phase.promises.values())?.value ?? wish;
  const proposal = { ballot, value };
  state.phase = { kind: "accepting", proposal };
  return proposal;
};

/** The proposal of the largest ballot, or null if there is none. */
const largestOf = (proposals: Iterable<Proposal | null>): Proposal | null => {
  let largest: Proposal | null = null;
  for (const proposal of proposals) {
    if (proposal === null) continue;
    if (largest === null || compareBallots(proposal.ballot, largest.ballot) > 0) largest = proposal;
  }
  return largest;
};

/** The ballot that it is in, or null. */
export const ballotOf = ({ phase }: Proposer): Ballot | null => {
  switch (phase.kind) {
    case "idle":
      return null;
    case "preparing":
      return phase.ballot;
    case "accepting":
      return phase.proposal.ballot;
  }
};
