/** Whether a node is doing what an aim waits for. */
import type { Configuration } from "@syncline/consensus/raft";
import type { Moment } from "./raft-aims.ts";
import { hasOnDisk } from "./raft-disk.ts";
import { electorsOf, endOf } from "./raft-memory.ts";
import type { RaftNode } from "./raft-node.ts";

/** Whether this node, which has just taken an input, is what is waited for. */
export const isAt = (moment: Moment, node: RaftNode, nodes: readonly RaftNode[]): boolean => {
  const { raft } = node;
  if (raft === null || raft.state.recovery !== null) return false;
  const { state } = raft;
  const { role, log, commitIndex } = state;
  switch (moment) {
    case "campaigning":
      return role.kind === "candidate";
    case "voted":
      return role.kind === "follower" && role.leader === null && state.vote !== null;
    case "receiving":
      return state.receiving !== null;
    case "appended":
      return role.kind === "leader" && commitIndex >= role.firstIndex && endOf(node) > commitIndex;
    case "committed": {
      if (role.kind !== "leader" || commitIndex < role.firstIndex) return false;
      const id = { index: commitIndex, term: state.term };
      return nodes.some(({ view }) => !hasOnDisk(view, id));
    }
    case "elected":
      return role.kind === "leader" && commitIndex < role.firstIndex;
    case "changing": {
      const last = log.configurations.at(-1);
      if (role.kind !== "leader" || last === undefined || last.index <= commitIndex) return false;
      return last.configuration.outgoing.length > 0 || votersBefore(node) !== null;
    }
    case "promoting": {
      const last = log.configurations.at(-1);
      if (role.kind !== "leader" || last === undefined || last.index <= commitIndex) return false;
      const { voters, outgoing } = last.configuration;
      return (
        outgoing.length > 0 && nodes.some((other) => voters.includes(other.id) && !votes(other))
      );
    }
    case "reading":
      return role.kind === "leader" && role.reads.rounds.some(({ reads }) => reads.length > 0);
    case "handing-over":
      return role.kind === "leader" && role.transfer?.isTold === true;
  }
};

/** Whether a node knows that it has a vote. */
const votes = (node: RaftNode): boolean => {
  const { voters, outgoing } = electorsOf(node);
  return voters.includes(node.id) || outgoing.includes(node.id);
};

/** Who voted before the last change of voters in a node's log; null if its log has none. */
export const votersBefore = ({ raft }: RaftNode): Configuration["voters"] | null => {
  const configurations = raft?.state.log.configurations ?? [];
  const last = configurations.at(-1)?.configuration;
  if (last === undefined) return null;
  if (last.outgoing.length > 0) return last.outgoing;
  const before = configurations.at(-2)?.configuration;
  return before === undefined || before.voters.join() === last.voters.join() ? null : before.voters;
};
