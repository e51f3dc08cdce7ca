/** Becoming what one is: the ways between the roles. */
import { assert } from "@syncline/machine";
import { membersOf } from "./configuration.ts";
import { lastIndex } from "./log.ts";
import type { NodeId } from "./node-id.ts";
import { createProgress } from "./progress.ts";
import { createReadQueue } from "./read-queue.ts";
import {
  ballotOf,
  configurationOfState,
  enterTerm,
  type Leader,
  persist,
  type RaftState,
  refuse,
  resetElectionTimer,
} from "./state.ts";

/** Follows: a leader, or nobody yet. A later term goes to the disk at once; whatever promises something in it comes behind that. */
export const becomeFollower = (state: RaftState, term: number, leader: NodeId | null): void => {
  assert(term >= state.term, "a node follows somebody of an earlier term");
  const { role } = state;
  if (role.kind === "leader") keepAppended(state, role);
  if (term > state.term) {
    enterTerm(state, term);
    persist(state, [ballotOf(state)], []);
  }
  const isNews = role.kind !== "follower" || role.leader !== leader;
  state.role = { kind: "follower", leader };
  if (role.kind === "leader") giveUpReads(state, role);
  if (isNews) resetElectionTimer(state);
};

/** What it has appended and not yet given to its disk is in its log all the same, and must not be missing there when later entries follow. */
const keepAppended = (state: RaftState, leader: Leader): void => {
  const { log } = state;
  const entries = log.entries.slice(leader.askedIndex - log.base.index);
  if (entries.length === 0) return;
  persist(
    state,
    entries.map((entry) => ({ kind: "entry", entry })),
    [],
  );
};

/** Reads have no effect, so one that was not answered may be asked again anywhere: also one whose round is over and that waits for the application alone. */
const giveUpReads = (state: RaftState, { reads, earlyReads, readyReads }: Leader): void => {
  const { rounds } = reads;
  const waiting = [...readyReads, ...rounds.flatMap((round) => round.reads), ...reads.waiting];
  state.roundCount = reads.lastRound;
  for (const { token } of waiting) refuse(state, token, "not-leader");
  for (const token of earlyReads) refuse(state, token, "not-leader");
};

/** Leads its term. The caller appends the term's first entry. */
export const becomeLeader = (state: RaftState): Leader => {
  const { settings, nowMs, log } = state;
  assert(state.role.kind === "candidate", "a node leads that was not elected");
  assert(state.vote === settings.self, "a node leads a term that it gave to another");
  const leader: Leader = {
    kind: "leader",
    progressBy: new Map(),
    askedIndex: lastIndex(log),
    isFlushAsked: false,
    durableIndex: 0,
    firstIndex: lastIndex(log) + 1,
    uncommittedBytes: 0,
    reads: createReadQueue(state.roundCount),
    earlyReads: [],
    readyReads: [],
    heartbeatDueMs: nowMs,
    quorumDueMs: nowMs + settings.electionTimeoutMs,
    leaseUntilMs: nowMs,
    hasLease: settings.leaseReads !== null,
    transfer: null,
    partingBy: new Map(),
  };
  state.role = leader;
  followMembers(state, leader);
  return leader;
};

/** Whoever has become a member is sent the log; whoever is none any more is for a while, so that he hears of it. */
export const followMembers = (state: RaftState, leader: Leader): void => {
  const { self, electionTimeoutMs } = state.settings;
  const members = membersOf(configurationOfState(state)).filter((member) => member !== self);
  for (const member of members) {
    leader.partingBy.delete(member);
    if (leader.progressBy.has(member)) continue;
    leader.progressBy.set(member, createProgress(lastIndex(state.log) + 1));
  }
  for (const node of leader.progressBy.keys()) {
    if (members.includes(node) || leader.partingBy.has(node)) continue;
    leader.partingBy.set(node, state.nowMs + PARTING_TIMEOUTS * electionTimeoutMs);
  }
};

const PARTING_TIMEOUTS = 3;
