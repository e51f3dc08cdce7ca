export { type Ballot, compareBallots, describeBallot, noBallot, ROUND_MAX } from "../ballot.ts";
export { majorityOf } from "../majority.ts";
export {
  type AcceptorState,
  type Answer,
  answerAccept,
  answerPrepare,
  newAcceptor,
} from "./acceptor.ts";
export { countVote, type Learner, newLearner } from "./learner.ts";
export type {
  PaxosCluster,
  PaxosMessage,
  PaxosProtocol,
  PaxosRecord,
  Proposal,
} from "./messages.ts";
export {
  createPaxosNode,
  PAXOS_VALUE_BYTES_MAX,
  type PaxosConfig,
  type PaxosNode,
  type PaxosState,
} from "./node.ts";
export { beginRound, countPromise, newProposer, type Proposer } from "./proposer.ts";
