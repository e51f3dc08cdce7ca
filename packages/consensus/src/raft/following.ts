/** A follower's work: it takes the leader's log as its own (Raft, §5.3). */
import { assert } from "@syncline/machine";
import { commitTo } from "./applying.ts";
import type { Entry, EntryId } from "./entry.ts";
import { appendEntries, conflictHint, hasEntry, lastIndex, termAt, truncateFrom } from "./log.ts";
import type { RaftMessage } from "./messages.ts";
import type { NodeId } from "./node-id.ts";
import { becomeFollower } from "./roles.ts";
import { persist, type RaftState, resetElectionTimer, send, sending } from "./state.ts";

type Received<Kind extends RaftMessage["kind"]> = Extract<RaftMessage, { kind: Kind }>;

/** Somebody leads the present term. */
export const heedLeader = (state: RaftState, leader: NodeId): void => {
  assert(state.role.kind !== "leader", "a term has two leaders");
  assert(
    state.role.kind !== "follower" || state.role.leader === null || state.role.leader === leader,
    "a term has two leaders",
  );
  becomeFollower(state, state.term, leader);
  state.heardLeaderMs = state.nowMs;
  resetElectionTimer(state);
};

/** Entries, or the question whether the logs agree. */
export const receiveAppend = (state: RaftState, message: Received<"append">): void => {
  const { from, previous, entries, commit } = message;
  if (!isInOrder(message)) return;
  heedLeader(state, from);
  const { log, commitIndex } = state;
  // Older than what is known to be committed, which the leader has, too: there is nothing to find out.
  if (previous.index < commitIndex) return acknowledge(state, from, commitIndex);
  if (!hasEntry(log, previous)) {
    const place = { index: previous.index, term: previous.term };
    return send(state, from, {
      kind: "append-refusal",
      refusedIndex: previous.index,
      hint: conflictHint(log, place),
      mending: mendingOf(state),
    });
  }
  takeEntries(state, entries);
  // No further than this message has shown the logs to agree: behind that may stand what an earlier leader left.
  const agreed = previous.index + entries.length;
  if (Math.min(commit, agreed) > commitIndex) commitTo(state, Math.min(commit, agreed));
  acknowledge(state, from, agreed);
};

/** What a peer sends may be anything. */
const isInOrder = ({ previous, entries, term }: Received<"append">): boolean => {
  let last: EntryId = previous;
  for (const entry of entries) {
    if (entry.index !== last.index + 1 || entry.term < last.term) return false;
    last = entry;
  }
  return last.term <= term;
};

const takeEntries = (state: RaftState, entries: readonly Entry[]): void => {
  const { log } = state;
  // Entries that are there already stay, with all that follows: the message may be an old one, and cutting off at its end would take back what has
  // been acknowledged since (Raft, figure 2: only if an entry conflicts).
  const start = entries.findIndex((entry) => termAt(log, entry.index) !== entry.term);
  const news = start < 0 ? [] : entries.slice(start);
  const [first] = news;
  if (first === undefined) return;
  if (first.index <= lastIndex(log)) {
    assert(first.index > state.commitIndex, "a committed entry is cut off");
    truncateFrom(log, first.index);
  }
  appendEntries(log, news);
  persist(
    state,
    news.map((entry) => ({ kind: "entry", entry })),
    [],
  );
};

/** Says that everything up to `index` agrees and is on this disk, once it is. */
export const acknowledge = (state: RaftState, to: NodeId, index: number): void => {
  assert(index <= lastIndex(state.log), "a follower acknowledges what it has not");
  const mending = mendingOf(state);
  persist(state, [], [sending(state, to, { kind: "append-answer", index, mending })]);
};

/** The seed is another one in each process, and so for each loss. */
const mendingOf = ({ hole, settings }: RaftState): number | null =>
  hole === null ? null : settings.seed;

/**
 * Ends the time of a disk that has lost something.
 *
 * It may have acknowledged what it lost, so it must neither count nor vote before it has that again. It cannot know how much that was. Its leader can: see
 * `helpMending`. An answer to an earlier loss is no answer to this one.
 */
export const receiveMended = (state: RaftState, { mending }: Received<"mended">): void => {
  if (state.hole === null || mending !== state.settings.seed) return;
  state.hole = null;
  persist(state, [{ kind: "hole", hole: null }], []);
};

/** The leader is there. */
export const receiveHeartbeat = (
  state: RaftState,
  { from, commit, round }: Received<"heartbeat">,
): void => {
  heedLeader(state, from);
  const agreed = Math.min(commit, lastIndex(state.log));
  if (agreed > state.commitIndex) commitTo(state, agreed);
  send(state, from, { kind: "heartbeat-answer", round });
};
