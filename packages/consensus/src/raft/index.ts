export { majorityOf } from "../majority.ts";
export { nameOfNode, type NodeId, nodeIdOf } from "./node-id.ts";
export {
  committedIndex,
  type Electorate,
  hasQuorum,
  voteResult,
  type VoteResult,
} from "./quorum.ts";
