/** A leader's work: its log goes to the followers, and is committed once a majority has it (Raft, §5.3 and §5.4.2). */
import { assert } from "@syncline/machine";
import { commitTo, flushApplied } from "./applying.ts";
import { electorateOf, isJoint, isVoter, leaveJoint } from "./configuration.ts";
import { bytesOfEntry, type Entry } from "./entry.ts";
import { appendEntries, conflictHint, lastIndex, latestConfiguration, termAt } from "./log.ts";
import type { RaftMessage } from "./messages.ts";
import type { NodeId } from "./node-id.ts";
import { noteLost, noteMatched, noteReceived, noteRefused, type Progress } from "./progress.ts";
import { committedIndex } from "./quorum.ts";
import { admitEarlyReads } from "./reading.ts";
import { becomeFollower, followMembers } from "./roles.ts";
import { replicate, replicateToAll } from "./entry-sending.ts";
import { configurationOfState, type Leader, persist, type RaftState, send } from "./state.ts";
import { tellTransferee } from "./transfer.ts";

type Received<Kind extends RaftMessage["kind"]> = Extract<RaftMessage, { kind: Kind }>;

/** What a new entry holds; its place is the log's to say. */
export type Content =
  | { readonly kind: "empty" }
  | { readonly kind: "command"; readonly data: Uint8Array }
  | Pick<Extract<Entry, { kind: "configuration" }>, "kind" | "configuration">;

/** Begins a leader's term with an empty entry: only an entry of its own term lets it commit what earlier leaders left (Raft, §5.4.2 and §8). */
export const beginTerm = (state: RaftState, leader: Leader): void => {
  leader.uncommittedBytes = bytesBetween(state, state.commitIndex, lastIndex(state.log));
  appendOwn(state, leader, { kind: "empty" });
};

/** The bytes of the entries after `index` up to `toIndex`. */
const bytesBetween = ({ log }: RaftState, index: number, toIndex: number): number =>
  log.entries
    .slice(index - log.base.index, toIndex - log.base.index)
    .reduce((sum, entry) => sum + bytesOfEntry(entry), 0);

/**
 * Appends an entry to the leader's own log. It goes to the disk and to the followers with whatever else has come by the time when this node has taken
 * the inputs that wait: one write and one message for all of them.
 */
export const appendOwn = (state: RaftState, leader: Leader, content: Content): Entry => {
  if (content.kind === "configuration") {
    const { index } = latestConfiguration(state.log);
    assert(index <= state.commitIndex, "a change of members begins before the last one is over");
    assert(state.commitIndex >= leader.firstIndex, "a leader changes members too early");
  }
  const entry: Entry = { index: lastIndex(state.log) + 1, term: state.term, ...content };
  appendEntries(state.log, [entry]);
  leader.uncommittedBytes += bytesOfEntry(entry);
  if (entry.kind === "configuration") followMembers(state, leader);
  if (!leader.isFlushAsked) {
    leader.isFlushAsked = true;
    state.effects.push({ kind: "submit", request: { kind: "flush", term: state.term } });
  }
  return entry;
};

/** Puts the leader's new entries on its disk, and sends them out while they are on their way there (thesis, §10.2.1). */
export const flushOwn = (state: RaftState, term: number): void => {
  const { role, log } = state;
  if (role.kind !== "leader" || state.term !== term) return;
  role.isFlushAsked = false;
  const index = lastIndex(log);
  const entries = log.entries.slice(role.askedIndex - log.base.index);
  role.askedIndex = index;
  // The leader counts itself only once its own disk has the entries; alone it would else commit what a crash takes back.
  persist(
    state,
    entries.map((entry) => ({ kind: "entry", entry })),
    [{ kind: "submit", request: { kind: "appended", term, index } }],
  );
  replicateToAll(state, role);
};

/** The leader's own log is on its disk up to here, if it still is what it was: the term says so, for within one a leader only appends. */
export const ownLogStored = (state: RaftState, term: number, index: number): void => {
  const { role } = state;
  if (role.kind !== "leader" || state.term !== term) return;
  assert(index <= lastIndex(state.log), "a leader has cut off its own log");
  role.durableIndex = Math.max(role.durableIndex, index);
  commitByCounting(state, role);
};

/** A follower has taken entries. */
export const receiveAppendAnswer = (
  state: RaftState,
  leader: Leader,
  { from, index, mending }: Received<"append-answer">,
): void => {
  const progress = leader.progressBy.get(from);
  if (progress === undefined || index > lastIndex(state.log)) return;
  if (mending !== null) helpMending(state, from, progress, index, mending);
  else if (noteMatched(progress, index)) commitByCounting(state, leader);
  // A commitment may have ended the office.
  if (state.role !== leader) return;
  replicate(state, from, progress, false);
  tellTransferee(state, leader);
};

/**
 * A follower's disk has lost something that it may have acknowledged, to this leader among others: from now on it counts for nothing, and once it has
 * everything that this leader's log had at the first word of that, it is whole again.
 *
 * That is enough: this leader's log holds whatever earlier leaders committed, and whatever of its own it may have counted that disk for.
 */
const helpMending = (
  state: RaftState,
  from: NodeId,
  progress: Progress,
  index: number,
  mending: number,
): void => {
  noteLoss(state, progress, mending);
  noteReceived(progress, index);
  if (progress.mending !== null && index >= progress.mending.targetIndex) {
    send(state, from, { kind: "mended", mending });
  }
};

const noteLoss = (state: RaftState, progress: Progress, mending: number): void => {
  if (progress.mending?.number === mending) return;
  noteLost(progress, { number: mending, targetIndex: lastIndex(state.log) });
};

/** A follower's log has not what the append follows. */
export const receiveAppendRefusal = (
  state: RaftState,
  leader: Leader,
  { from, refusedIndex, hint, mending }: Received<"append-refusal">,
): void => {
  const progress = leader.progressBy.get(from);
  if (progress === undefined) return;
  if (mending !== null) noteLoss(state, progress, mending);
  const { index } = hint.term > 0 ? conflictHint(state.log, hint) : hint;
  if (noteRefused(progress, refusedIndex, index)) replicate(state, from, progress, true);
};

/** Commits what a majority has, of the leader's own term. */
const commitByCounting = (state: RaftState, leader: Leader): void => {
  const { self } = state.settings;
  const electorate = electorateOf(configurationOfState(state));
  const index = committedIndex(electorate, (voter) =>
    voter === self ? leader.durableIndex : (leader.progressBy.get(voter)?.matchIndex ?? 0),
  );
  // An entry of an earlier term is on a majority and may yet be overwritten, by one who has not got it and a later term (Raft, figure 8).
  // It is committed together with one of this term.
  if (index <= state.commitIndex || termAt(state.log, index) !== state.term) return;
  leader.uncommittedBytes -= bytesBetween(state, state.commitIndex, index);
  commitTo(state, index);
  afterCommit(state, leader);
};

const afterCommit = (state: RaftState, leader: Leader): void => {
  assert(termAt(state.log, state.commitIndex) === state.term, "a leader commits another's entry");
  if (state.commitIndex >= leader.firstIndex) admitEarlyReads(state, leader);
  flushApplied(state);
  const { index, configuration } = latestConfiguration(state.log);
  const isSettled = index <= state.commitIndex;
  if (isSettled && isJoint(configuration) && configuration.isLeavingByItself) {
    appendOwn(state, leader, { kind: "configuration", configuration: leaveJoint(configuration) });
  }
  tellCommit(state, leader);
  // One who is no voter any more has led until that was committed, without counting himself, and goes (Raft, §6).
  const isOut = isSettled && !isVoter(configuration, state.settings.self);
  if (isOut) becomeFollower(state, state.term, null);
};

/** A follower with nothing on its way hears of the commitment at once, or by an early heartbeat; others with what is sent to them next. */
const tellCommit = (state: RaftState, leader: Leader): void => {
  const { commitDelayMs } = state.settings;
  if (commitDelayMs > 0) {
    leader.heartbeatDueMs = Math.min(leader.heartbeatDueMs, state.nowMs + commitDelayMs);
    return;
  }
  for (const [to, progress] of leader.progressBy) {
    const { mode } = progress;
    if (mode.kind === "replicate" && mode.inflight.length === 0) {
      replicate(state, to, progress, true);
    }
  }
};
