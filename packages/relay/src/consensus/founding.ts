/**
 * Who the first members of a cluster are, by name and by the incarnation of their directories, which nobody knows beforehand.
 *
 * One decides: the node with the smallest name, once it has heard from all others that their disks are empty as well. The others wait to be told. So there is one
 * list and never two, also if a disk is lost meanwhile: whoever then comes with another incarnation is not on the list, and joins like any newcomer.
 */
import { nodeIdOf, type NodeId } from "@syncline/consensus/raft";
import type { PeerGreeting } from "./peer-frames.ts";

/** What a node knows while it waits. */
export interface Founding {
  readonly self: NodeId;
  readonly name: string;
  /** The names of all first members, this node's own included. */
  readonly names: readonly string[];
  readonly greetingByName: Map<string, PeerGreeting>;
}

/** The ids of the first members as soon as they are known, sorted; null before. A node that is not among them joins. */
export const foundersKnown = (founding: Founding): readonly NodeId[] | null => {
  const { self, name, names, greetingByName } = founding;
  for (const { founders } of greetingByName.values()) if (founders !== null) return founders;
  const [decider] = [...names].sort((one, another) => (one < another ? -1 : 1));
  if (decider !== name) return null;
  const ids: NodeId[] = [self];
  for (const other of names) {
    if (other === name) continue;
    const greeting = greetingByName.get(other);
    if (greeting?.isNew !== true) return null;
    ids.push(nodeIdOf(other, greeting.incarnation));
  }
  return ids.sort((one, another) => (one < another ? -1 : 1));
};
