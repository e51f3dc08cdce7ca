export { majorityOf } from "../majority.ts";
export {
  changeMembers,
  type ChangeRefusal,
  type ChangeResult,
  type Configuration,
  configurationOf,
  emptyConfiguration,
  isConfiguration,
  isJoint,
  leaveJoint,
  MEMBERS_MAX,
  membersOf,
  type MembershipChange,
} from "./configuration.ts";
export { bytesOfEntry, type Entry, type EntryId } from "./entry.ts";
export type { RaftMessage, RaftMessageKind, SnapshotMeta } from "./messages.ts";
export { nameOfNode, type NodeId, nodeIdOf } from "./node-id.ts";
export type { RaftOptions } from "./options.ts";
export type {
  Hole,
  RaftNews,
  RaftOutput,
  RaftProtocol,
  RaftQuery,
  RaftRecord,
  RaftRefusal,
  RaftRequest,
  RaftRow,
  Receiving,
  RoleKind,
} from "./protocol.ts";
export {
  committedIndex,
  type Electorate,
  hasQuorum,
  voteResult,
  type VoteResult,
} from "./quorum.ts";
export { createRaft, type Raft } from "./raft.ts";
export type { Leader, RaftState, Role } from "./state.ts";
export {
  createSessions,
  decodeSessionCommand,
  encodeSessionCommand,
  type ReplicatedState,
  SESSIONS_MAX,
  type SessionCommand,
  type SessionResult,
  type Sessions,
} from "./sessions.ts";
