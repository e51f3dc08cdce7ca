/** The name of one life of a node's disk. */
import type { PeerId } from "@syncline/machine";

/**
 * A member of a cluster: its name and the incarnation of its data directory, as one text (`a@41f07bc2`).
 *
 * A disk that was lost has forgotten its votes and acknowledgements; were its successor the same member, it could vote twice in one term and so elect
 * a second leader. So an empty directory gets a new incarnation, messages are addressed to incarnations, and the newcomer joins like any other.
 */
export type NodeId = PeerId;

const SEPARATOR = "@";

/** The id of a name's incarnation. Throws a `RangeError` for a name that is empty or has an `@`, or an incarnation that is empty. */
export const nodeIdOf = (name: string, incarnation: string): NodeId => {
  if (name === "" || incarnation === "" || name.includes(SEPARATOR)) {
    throw new RangeError(`no node id: ${name} ${incarnation}`);
  }
  return `${name}${SEPARATOR}${incarnation}`;
};

/** The name in an id: what stands before its `@`, or all of it if there is none. */
export const nameOfNode = (id: NodeId): string => id.split(SEPARATOR, 1)[0] ?? id;
