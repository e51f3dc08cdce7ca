/** What is due at its time, and when to be called again. */
import { campaign } from "./elections.ts";
import { electorateOf } from "./configuration.ts";
import { hasQuorum } from "./quorum.ts";
import { askAll } from "./reading.ts";
import { becomeFollower } from "./roles.ts";
import { resendChunks } from "./snapshot-sending.ts";
import { configurationOfState, isHeard, isVoting, type Leader, type RaftState } from "./state.ts";

/** Does what is due. A time that was asked for has come, perhaps late. */
export const doWhatIsDue = (state: RaftState): void => {
  if (state.nowMs >= state.wakeAtMs) state.wakeAtMs = Number.POSITIVE_INFINITY;
  if (state.recovery !== null) return;
  const { role } = state;
  if (role.kind !== "leader") {
    if (state.nowMs >= state.electionDueMs) campaign(state);
    return;
  }
  if (state.nowMs >= role.quorumDueMs) checkQuorum(state, role);
  if (state.role !== role) return;
  if (role.transfer !== null && state.nowMs >= role.transfer.dueMs) role.transfer = null;
  letPart(state, role);
  resendChunks(state, role);
  if (state.nowMs >= role.heartbeatDueMs) askAll(state, role);
};

/** A leader that a majority has not answered for an election timeout is none any more, for all that it can know (Raft thesis, §6.2). */
const checkQuorum = (state: RaftState, leader: Leader): void => {
  const { settings, nowMs } = state;
  leader.quorumDueMs = nowMs + settings.electionTimeoutMs;
  const isQuorum = hasQuorum(electorateOf(configurationOfState(state)), (voter) =>
    isHeard(state, leader, voter),
  );
  if (settings.hasCheckQuorum && !isQuorum) becomeFollower(state, state.term, null);
};

const letPart = ({ nowMs }: RaftState, { partingBy, progressBy }: Leader): void => {
  for (const [node, untilMs] of partingBy) {
    if (nowMs < untilMs) continue;
    partingBy.delete(node);
    progressBy.delete(node);
  }
};

/** Asks for a wake at the next time at which something is due, if none is asked for that is as early. */
export const askWake = (state: RaftState): void => {
  const dueMs = nextDueMs(state);
  if (dueMs >= state.wakeAtMs) return;
  state.wakeAtMs = dueMs;
  state.effects.push({ kind: "wake", atMs: dueMs });
};

const nextDueMs = (state: RaftState): number => {
  const { role } = state;
  if (role.kind === "leader") {
    const transferMs = role.transfer?.dueMs ?? Number.POSITIVE_INFINITY;
    return Math.min(role.heartbeatDueMs, role.quorumDueMs, transferMs);
  }
  if (state.recovery !== null || !isVoting(state)) return Number.POSITIVE_INFINITY;
  return state.electionDueMs;
};
