/** A node of a Raft cluster as a server, and its clients. */
export { openRaftClient, type RaftClient } from "./client.ts";
export { type RaftNode, type RaftNodeOptions, startRaftNode } from "./node.ts";
export type { Outcome } from "./proposals.ts";
export {
  createRegisters,
  encodeRegisterCommand,
  type RegisterCommand,
  type Registers,
} from "./register.ts";
