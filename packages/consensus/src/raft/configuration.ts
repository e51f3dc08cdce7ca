/**
 * Who the members are, and how that changes: by joint consensus only (Raft, §6), so that there is one way and it is always safe.
 *
 * Changing one server at a time has a flaw of its own (two leaders, each with another uncommitted change, can both find a majority; Ongaro, raft-dev 2015).
 */
import { assert } from "@syncline/machine";
import type { NodeId } from "./node-id.ts";
import type { Electorate } from "./quorum.ts";

/** The members of a cluster. All lists are sorted and without repetition. */
export interface Configuration {
  /** Those who decide, from now on. Empty only on a node that was told of no configuration yet. */
  readonly voters: readonly NodeId[];
  /** While membership changes, those who decided before and still must agree; else empty. */
  readonly outgoing: readonly NodeId[];
  /** They are sent the log and decide nothing. */
  readonly learners: readonly NodeId[];
  /** Voters of `outgoing` that will be learners once the change is over. Till then they cannot be: who decides is not counted as one who does not. */
  readonly learnersNext: readonly NodeId[];
  /** Whether the leader ends the change by itself as soon as its beginning is committed. */
  readonly isLeavingByItself: boolean;
}

/** One change of one node. */
export type MembershipChange =
  /** Somebody new, who must catch up before he can become a voter. */
  | { readonly kind: "add-learner"; readonly node: NodeId }
  /** A learner becomes a voter. There is no other way to become one: a newcomer with an empty log in a majority would stop the cluster until he has it. */
  | { readonly kind: "promote"; readonly node: NodeId }
  /** A voter becomes a learner. */
  | { readonly kind: "demote"; readonly node: NodeId }
  | { readonly kind: "remove"; readonly node: NodeId };

/** Why a change is none. */
export type ChangeRefusal =
  /** The change before is not over. */
  | "joint"
  /** Nothing is to be changed, or one node twice. */
  | "not-one-change-each"
  /** One who is a member already is to be added, or one who is none (or not a learner, or not a voter) is to be something else. */
  | "wrong-member"
  | "no-voter-left"
  /** More than `MEMBERS_MAX`. */
  | "too-many";

/** The configuration that a change leads to, or why there is none. */
export type ChangeResult =
  | { readonly kind: "changed"; readonly configuration: Configuration }
  | { readonly kind: "refused"; readonly reason: ChangeRefusal };

/** How many members a cluster may have, of all kinds, incarnations that are on their way out included. */
export const MEMBERS_MAX = 31;

/** Nobody: what a node knows before it has joined a cluster. */
export const emptyConfiguration: Configuration = {
  voters: [],
  outgoing: [],
  learners: [],
  learnersNext: [],
  isLeavingByItself: false,
};

/** These voters and nobody else. Throws an assertion for none of them or one twice. */
export const configurationOf = (voters: readonly NodeId[]): Configuration => {
  const configuration = { ...emptyConfiguration, voters: sorted(voters) };
  assert(voters.length > 0, "a cluster begins without a voter");
  assert(isConfiguration(configuration), "a cluster begins with a voter twice");
  return configuration;
};

/**
 * Where these changes lead: at once to the new configuration if the voters stay the same, else to the joint one of old and new voters.
 *
 * Changes that are asked for together happen together. `isLeavingByItself` says who ends a joint configuration: the leader, or whoever asks for it.
 */
export const changeMembers = (
  before: Configuration,
  changes: readonly MembershipChange[],
  isLeavingByItself = true,
): ChangeResult => {
  if (isJoint(before)) return refused("joint");
  const nodes = new Set(changes.map(({ node }) => node));
  if (changes.length === 0 || nodes.size < changes.length) return refused("not-one-change-each");
  const voters = new Set(before.voters);
  const learners = new Set(before.learners);
  for (const change of changes) {
    if (!applyChange(voters, learners, change)) return refused("wrong-member");
  }
  if (voters.size === 0) return refused("no-voter-left");
  const after = joined(before, voters, learners, isLeavingByItself);
  if (membersOf(after).length > MEMBERS_MAX) return refused("too-many");
  assert(isConfiguration(after), "a change leads to a configuration that is none");
  return { kind: "changed", configuration: after };
};

/** The end of a joint configuration: the old voters are out, or learners. */
export const leaveJoint = (before: Configuration): Configuration => {
  assert(isJoint(before), "a change that is over is ended");
  const after: Configuration = {
    voters: before.voters,
    outgoing: [],
    learners: sorted([...before.learners, ...before.learnersNext]),
    learnersNext: [],
    isLeavingByItself: false,
  };
  assert(isConfiguration(after), "a change ends in a configuration that is none");
  return after;
};

/** Whether a change is under way. */
export const isJoint = ({ outgoing }: Configuration): boolean => outgoing.length > 0;

/** Who decides. */
export const electorateOf = ({ voters, outgoing }: Configuration): Electorate => ({
  incoming: voters,
  outgoing,
});

/** Whether the node has a vote, in either half. */
export const isVoter = ({ voters, outgoing }: Configuration, node: NodeId): boolean =>
  voters.includes(node) || outgoing.includes(node);

/** Every member, sorted. */
export const membersOf = ({ voters, outgoing, learners }: Configuration): readonly NodeId[] =>
  sorted(new Set([...voters, ...outgoing, ...learners]));

/** Whether it is one: what comes from a peer or a disk is looked at with this. */
export const isConfiguration = (configuration: Configuration): boolean => {
  const { voters, outgoing, learners, learnersNext, isLeavingByItself } = configuration;
  const isInOrder = [voters, outgoing, learners, learnersNext].every((nodes) =>
    nodes.every((node, index) => index === 0 || (nodes[index - 1] ?? "") < node),
  );
  if (!isInOrder) return false;
  if (learners.some((node) => isVoter(configuration, node))) return false;
  if (learnersNext.some((node) => !outgoing.includes(node) || voters.includes(node))) return false;
  if (outgoing.length === 0) return !isLeavingByItself && learnersNext.length === 0;
  return voters.length > 0;
};

const refused = (reason: ChangeRefusal): ChangeResult => ({ kind: "refused", reason });

/** Whether the change could be made. */
const applyChange = (
  voters: Set<NodeId>,
  learners: Set<NodeId>,
  { kind, node }: MembershipChange,
): boolean => {
  switch (kind) {
    case "add-learner":
      if (voters.has(node) || learners.has(node)) return false;
      learners.add(node);
      return true;
    case "promote":
      if (!learners.delete(node)) return false;
      voters.add(node);
      return true;
    case "demote":
      if (!voters.delete(node)) return false;
      learners.add(node);
      return true;
    case "remove":
      return voters.delete(node) || learners.delete(node);
  }
};

const joined = (
  before: Configuration,
  voters: ReadonlySet<NodeId>,
  learners: ReadonlySet<NodeId>,
  isLeavingByItself: boolean,
): Configuration => {
  const isSame =
    voters.size === before.voters.length && before.voters.every((id) => voters.has(id));
  const outgoing = isSame ? [] : before.voters;
  const isOutgoing = (node: NodeId): boolean => outgoing.includes(node);
  return {
    voters: sorted(voters),
    outgoing,
    learners: sorted([...learners].filter((node) => !isOutgoing(node))),
    learnersNext: sorted([...learners].filter(isOutgoing)),
    isLeavingByItself: !isSame && isLeavingByItself,
  };
};

const sorted = (nodes: Iterable<NodeId>): readonly NodeId[] =>
  [...nodes].sort((left, right) => (left < right ? -1 : left > right ? 1 : 0));
