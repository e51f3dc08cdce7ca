/** A leader's changes of the members. */
import { changeMembers, isJoint, leaveJoint, type MembershipChange } from "./configuration.ts";
import { lastIndex, latestConfiguration } from "./log.ts";
import type { RaftRefusal, RaftRequest } from "./protocol.ts";
import { appendOwn } from "./replication.ts";
import { hasQuorum } from "./quorum.ts";
import { deliver, isHeard, type Leader, type RaftState, refuse } from "./state.ts";

type Requested<Kind extends RaftRequest["kind"]> = Extract<RaftRequest, { kind: Kind }>;

/** The application wants other members. */
export const requestChange = (
  state: RaftState,
  { token, changes, isLeavingByItself }: Requested<"change-members">,
): void => {
  const { role } = state;
  if (role.kind !== "leader") return refuse(state, token, "not-leader");
  const why = whyNotNow(state, role) ?? whyBehind(state, role, changes);
  if (why !== null) return refuse(state, token, why);
  const { configuration } = latestConfiguration(state.log);
  const result = changeMembers(configuration, changes, isLeavingByItself);
  if (result.kind === "refused") return refuse(state, token, result.reason);
  const { voters } = result.configuration;
  const isAlive = hasQuorum({ incoming: voters, outgoing: [] }, (voter) => {
    const isMending = (role.progressBy.get(voter)?.mending ?? null) !== null;
    return !isMending && isHeard(state, role, voter);
  });
  if (!isAlive) return refuse(state, token, "unheard");
  accept(state, role, token, result.configuration);
};

/** The application ends a change. */
export const requestLeave = (state: RaftState, { token }: Requested<"leave-joint">): void => {
  const { role } = state;
  if (role.kind !== "leader") return refuse(state, token, "not-leader");
  const why = whyNotNow(state, role);
  if (why !== null) return refuse(state, token, why);
  const { configuration } = latestConfiguration(state.log);
  if (!isJoint(configuration)) return refuse(state, token, "not-one-change-each");
  accept(state, role, token, leaveJoint(configuration));
};

/**
 * One change at a time, and none before an entry of the own term is committed: an earlier leader's change may be in the log of others and not in
 * this one, and only such a commitment shows that it will never hold.
 */
const whyNotNow = (state: RaftState, leader: Leader): RaftRefusal | null => {
  if (leader.transfer !== null) return "transferring";
  const isSettled = latestConfiguration(state.log).index <= state.commitIndex;
  return isSettled && state.commitIndex >= leader.firstIndex ? null : "not-yet";
};

/** A voter without the log would count in majorities and help nobody to one. */
const whyBehind = (
  state: RaftState,
  { progressBy }: Leader,
  changes: readonly MembershipChange[],
): RaftRefusal | null => {
  const enough = lastIndex(state.log) - state.settings.promotionLagMax;
  const isBehind = changes.some(({ kind, node }) => {
    const progress = progressBy.get(node);
    if (kind !== "promote" || progress === undefined) return false;
    return progress.matchIndex < enough || progress.matchIndex === 0;
  });
  return isBehind ? "behind" : null;
};

const accept = (
  state: RaftState,
  leader: Leader,
  token: number,
  configuration: ReturnType<typeof leaveJoint>,
): void => {
  const { index, term } = appendOwn(state, leader, { kind: "configuration", configuration });
  deliver(state, { kind: "accepted", token, index, term });
};
