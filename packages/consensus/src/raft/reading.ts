/** Linearizable reads without the log (Raft thesis, §6.4), and heartbeats, which carry their rounds. */
import { assert } from "@syncline/machine";
import { flushApplied } from "./applying.ts";
import { electorateOf } from "./configuration.ts";
import type { NodeId } from "./node-id.ts";
import { hasQuorum } from "./quorum.ts";
import { answerRound, beginRound, type Read, readCount } from "./read-queue.ts";
import { configurationOfState, type Leader, type RaftState, refuse, send } from "./state.ts";

/** The application wants to read. */
export const requestRead = (state: RaftState, token: number): void => {
  const { role, settings } = state;
  if (role.kind !== "leader") return refuse(state, token, "not-leader");
  const waiting = readCount(role.reads) + role.earlyReads.length + role.readyReads.length;
  if (waiting >= settings.readCountMax) return refuse(state, token, "busy");
  // Until its own first entry is committed a leader may not know of everything that an earlier one committed.
  if (state.commitIndex < role.firstIndex) {
    role.earlyReads.push(token);
    return;
  }
  const read: Read = { token, index: state.commitIndex };
  if (isLeaseHeld(state, role)) return makeReady(state, role, [read]);
  role.reads.waiting.push(read);
  // Reads that come while a round is on its way share the next one.
  if (role.reads.rounds.length === 0) askAll(state, role);
};

/** The term's first entry is committed: reads that waited for that are reads of now. */
export const admitEarlyReads = (state: RaftState, leader: Leader): void => {
  const tokens = leader.earlyReads;
  leader.earlyReads = [];
  for (const token of tokens) requestRead(state, token);
};

/** Begins a round: a heartbeat to everybody, with its number. */
export const askAll = (state: RaftState, leader: Leader): void => {
  const round = beginRound(leader.reads, state.nowMs);
  leader.heartbeatDueMs = state.nowMs + state.settings.heartbeatMs;
  for (const [to, { matchIndex }] of leader.progressBy) {
    // No further than the follower is known to have: below that its log is the leader's.
    const commit = Math.min(matchIndex, state.commitIndex);
    send(state, to, { kind: "heartbeat", commit, round });
  }
  // Alone it is a quorum.
  countAnswer(state, leader, round, state.settings.self);
};

/** Somebody answered a round, and so knew of no newer term then. */
export const countAnswer = (
  state: RaftState,
  leader: Leader,
  round: number,
  from: NodeId,
): void => {
  const { self } = state.settings;
  const electorate = electorateOf(configurationOfState(state));
  const done = answerRound(leader.reads, round, from, (answeredBy) =>
    hasQuorum(electorate, (voter) => voter === self || answeredBy.has(voter)),
  );
  if (done === null) return;
  extendLease(state, leader, done.beganAtMs);
  makeReady(state, leader, done.reads);
  if (leader.reads.waiting.length > 0 && leader.reads.rounds.length === 0) askAll(state, leader);
};

const makeReady = (state: RaftState, leader: Leader, reads: readonly Read[]): void => {
  if (reads.length === 0) return;
  for (const { index } of reads) {
    assert(index <= state.commitIndex, "a read is of what is not committed");
    assert(index >= leader.firstIndex, "a read is of what another leader knew");
  }
  leader.readyReads.push(...reads);
  flushApplied(state);
};

/**
 * A majority heard this leader after `beganAtMs`, and each of them votes for nobody before an election timeout has passed on its clock. If no clock runs
 * faster than this one by more than the bound, that is so until this time here.
 */
const extendLease = (state: RaftState, leader: Leader, beganAtMs: number): void => {
  const { leaseReads, electionTimeoutMs } = state.settings;
  if (leaseReads === null) return;
  const untilMs = beganAtMs + electionTimeoutMs / (1 + leaseReads.clockDriftMax);
  leader.leaseUntilMs = Math.max(leader.leaseUntilMs, untilMs);
};

const isLeaseHeld = ({ nowMs }: RaftState, { hasLease, leaseUntilMs }: Leader): boolean =>
  hasLease && nowMs < leaseUntilMs;
