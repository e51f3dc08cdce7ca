/** Quorums of a simulated cluster: mostly majorities, now and then any two that meet. */
import { majorityOf } from "@syncline/consensus/caspaxos";
import type { Random } from "@syncline/machine";

/** How many must promise, and how many must accept. */
export interface QuorumSizes {
  readonly prepareQuorum: number;
  readonly acceptQuorum: number;
}

/** Two quorums that meet. */
export const drawQuorums = (acceptorCount: number, random: Random): QuorumSizes => {
  const majority = majorityOf(acceptorCount);
  if (random.chance(0.6)) return { prepareQuorum: majority, acceptQuorum: majority };
  const acceptQuorum = random.integer(1, acceptorCount + 1);
  return { acceptQuorum, prepareQuorum: acceptorCount + 1 - acceptQuorum };
};
