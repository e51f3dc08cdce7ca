/** The beginning of a process: what the disk knows at once, then the log, page by page. */
import { assert } from "@syncline/machine";
import { configurationOf, emptyConfiguration } from "./configuration.ts";
import type { EntryId } from "./entry.ts";
import { noteGiven } from "./given.ts";
import { appendEntries, createLog, lastIndex } from "./log.ts";
import type { SnapshotMeta } from "./messages.ts";
import type { Settings } from "./options.ts";
import type { Hole, RaftRecord, RaftRow, Receiving } from "./protocol.ts";
import { beginRestoring } from "./snapshots.ts";
import { ballotOf, newToken, persist, type RaftState, resetElectionTimer } from "./state.ts";

const nothing: EntryId = { index: 0, term: 0 };

/** The state of a process that has just begun. It takes part in nothing before its log has been read. */
export const recoverState = (
  settings: Settings,
  records: readonly RaftRecord[],
  nowMs: number,
): RaftState => {
  const head = headOf(records);
  const isNew = records.length === 0;
  const snapshot = isNew ? firstSnapshot(settings) : head.snapshot;
  const configuration = snapshot?.configuration ?? emptyConfiguration;
  const state: RaftState = {
    settings,
    term: head.term,
    vote: head.vote,
    log: createLog(head.base, { index: snapshot?.configurationIndex ?? 0, configuration }),
    commitIndex: snapshot?.last.index ?? 0,
    appliedIndex: snapshot?.last.index ?? 0,
    snapshot,
    role: { kind: "follower", leader: null },
    recovery: null,
    restoring: null,
    receiving: head.receiving,
    taking: null,
    hole: head.hole,
    given: { term: head.term, vote: head.vote, lastIndex: head.base.index },
    electionDueMs: nowMs,
    // Before a crash it may have heard from a leader that still counts on not being unseated. An empty disk may be one whose first write was lost, which
    // matters only to a leader that reads by its lease.
    heardLeaderMs: isNew && settings.leaseReads === null ? Number.NEGATIVE_INFINITY : nowMs,
    wakeAtMs: Number.POSITIVE_INFINITY,
    drawCount: 0,
    tokenCount: 0,
    roundCount: 0,
    told: { role: "follower", term: 0, leader: null },
    toldConfiguration: null,
    bytesSinceSnapshot: 0,
    effects: [],
    nowMs,
  };
  resetElectionTimer(state);
  if (isNew && snapshot !== null) {
    persist(state, [ballotOf(state), { kind: "snapshot", snapshot, isWhole: true }], []);
  }
  if (!isNew) beginReading(state);
  return state;
};

/** What a new cluster begins with: the state before every entry. It has no bytes and is never sent. */
const firstSnapshot = ({ bootstrap }: Settings): SnapshotMeta | null => {
  if (bootstrap === null) return null;
  const configuration = configurationOf(bootstrap);
  return { id: "beginning", last: nothing, configuration, configurationIndex: 0, sizeBytes: 0 };
};

interface Head {
  term: number;
  vote: string | null;
  base: EntryId;
  snapshot: SnapshotMeta | null;
  receiving: Receiving | null;
  hole: Hole | null;
}

const headOf = (records: readonly RaftRecord[]): Head => {
  const head: Head = {
    term: 0,
    vote: null,
    base: nothing,
    snapshot: null,
    receiving: null,
    hole: null,
  };
  for (const record of records) {
    switch (record.kind) {
      case "ballot":
        head.term = record.term;
        head.vote = record.vote;
        break;
      case "base":
        head.base = record.base;
        break;
      case "snapshot":
        head.snapshot = record.snapshot;
        break;
      case "receiving":
        head.receiving = record.receiving;
        break;
      case "hole":
        head.hole = record.hole;
        break;
      case "entry":
      case "chunk":
      case "no-chunks":
        break;
    }
  }
  assert(
    head.base.index <= (head.snapshot?.last.index ?? 0),
    "a log begins behind the snapshot that it follows",
  );
  return head;
};

const beginReading = (state: RaftState): void => {
  state.recovery = { token: newToken(state), nextIndex: state.log.base.index + 1 };
  loadPage(state);
};

const PAGE_BYTES = 1024 * 1024;

const loadPage = ({ effects, recovery }: RaftState): void => {
  assert(recovery !== null, "a log is read that has been read");
  const { token, nextIndex: fromIndex } = recovery;
  effects.push({
    kind: "load",
    token,
    query: { kind: "entries", fromIndex, bytesMax: PAGE_BYTES },
  });
};

/** A page of the log; an empty one ends it. */
export const pageLoaded = (state: RaftState, rows: readonly RaftRow[]): void => {
  const { log, recovery } = state;
  assert(recovery !== null, "a log is read that has been read");
  for (const row of rows) {
    assert(row.kind === "entry", "a row of the log is no entry");
    takeEntry(state, row);
  }
  if (rows.length > 0) {
    state.recovery = { token: newToken(state), nextIndex: lastIndex(log) + 1 };
    return loadPage(state);
  }
  state.recovery = null;
  endReading(state);
};

/** A configuration that the snapshot already has is not taken twice. */
const takeEntry = (
  { log, snapshot, given }: RaftState,
  { entry }: Extract<RaftRow, { kind: "entry" }>,
) => {
  const known = log.configurations[0];
  assert(known !== undefined, "a log knows no configuration");
  const isKnown = entry.kind === "configuration" && entry.index <= known.index;
  assert(!isKnown || snapshot !== null, "a configuration is known from nowhere");
  appendEntries(log, [entry]);
  noteGiven(given, { kind: "entry", entry });
  if (isKnown) log.configurations.pop();
};

const endReading = (state: RaftState): void => {
  const { log, snapshot } = state;
  const last = snapshot?.last ?? nothing;
  if (lastIndex(log) < last.index) {
    // Only a disk that has lost something ends before its snapshot. Whatever is left is in the snapshot.
    assert(state.hole !== null, "a log ends before its snapshot");
    log.entries.length = 0;
    log.bytes = 0;
    log.base = last;
    persist(state, [{ kind: "base", base: last }], []);
  }
  resetElectionTimer(state);
  if (snapshot !== null && last.index > 0) {
    state.restoring = { snapshot, offset: 0, token: 0 };
    beginRestoring(state, snapshot.id);
  }
};
