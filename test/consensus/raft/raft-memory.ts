/** What a node's memory says at the moment, for those who wait until it says something. A node that is down has nothing to say. */
import type { Configuration } from "@syncline/consensus/raft";
import type { RaftNode } from "./raft-node.ts";

/** The index of the last entry; 0 of a node that is down. */
export const endOf = ({ raft }: RaftNode): number => {
  if (raft === null) return 0;
  const { base, entries } = raft.state.log;
  return base.index + entries.length;
};

/** The term; 0 of a node that is down. */
export const termOf = ({ raft }: RaftNode): number => raft?.state.term ?? 0;

/** Whether it leads. */
export const isLeader = ({ raft }: RaftNode): boolean => raft?.state.role.kind === "leader";

/** Whether it leads a later term than this node did, in its place, and has committed something of that term. */
export const isSuccessor = (
  node: RaftNode,
  former: { readonly node: RaftNode; readonly term: number },
): boolean => {
  const state = node.raft?.state;
  if (node === former.node || state?.role.kind !== "leader") return false;
  return state.term > former.term && state.commitIndex >= state.role.firstIndex;
};

/** Who votes by its log, whether that is committed or not. */
export const electorsOf = ({ raft }: RaftNode): Electors =>
  raft?.state.log.configurations.at(-1)?.configuration ?? { voters: [], outgoing: [] };

type Electors = Pick<Configuration, "voters" | "outgoing">;
