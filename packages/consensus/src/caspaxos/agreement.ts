/** What the answers of several acceptors prove together. */
import { assert } from "@syncline/machine";
import { compareBallots, isSameBallot } from "../ballot.ts";
import type { RegisterConfig } from "./config.ts";
import { type Accepted, isSameState } from "./register.ts";

/** What some acceptors have accepted, seen together. */
export interface Agreement {
  /** What was accepted in the largest ballot; null if nothing was. */
  readonly latest: Accepted | null;
  /** Whether that is committed, so that it may be told without writing it again. */
  readonly isCommitted: boolean;
  /** Whether it may turn out to be, once those who have not answered do. */
  readonly canBeCommitted: boolean;
}

/**
 * What these answers prove.
 *
 * The latest state is committed if an accept quorum has it; and it is the latest of all that are committed only if a prepare quorum has answered, for that
 * alone meets every accept quorum. With four acceptors, prepare quorums of three and accept quorums of two:
 *   1. a and b accept x, then c and d accept y, and it is committed;
 *   2. a reader that asks a and b finds an accept quorum that agrees on x, which is over.
 * The answers of a mixed set prove nothing: the largest may be a proposal that fails, and a later reader may not see it again.
 */
export const agreementOf = (
  answers: Iterable<Accepted | null>,
  config: RegisterConfig,
): Agreement => {
  let latest: Accepted | null = null;
  let latestCount = 0;
  let answerCount = 0;
  for (const accepted of answers) {
    answerCount += 1;
    const order =
      accepted === null ? -1 : latest === null ? 1 : compareBallots(accepted.ballot, latest.ballot);
    if (accepted !== null && order > 0) {
      latest = accepted;
      latestCount = 1;
    } else if (
      accepted !== null &&
      latest !== null &&
      isSameBallot(accepted.ballot, latest.ballot)
    ) {
      assert(isSameState(accepted.state, latest.state), "a ballot has two values");
      latestCount += 1;
    }
  }
  const outstanding = config.acceptors.length - answerCount;
  const isMet = answerCount >= config.prepareQuorum;
  const isHeld = latest === null || latestCount >= config.acceptQuorum;
  return {
    latest,
    isCommitted: isMet && isHeld,
    canBeCommitted: isHeld || latestCount + outstanding >= config.acceptQuorum,
  };
};
