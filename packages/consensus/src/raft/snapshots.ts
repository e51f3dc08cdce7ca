/** Snapshots that come here: from this node's application, or from its leader; and how they reach the application. */
import { assert } from "@syncline/machine";
import { flushApplied } from "./applying.ts";
import { bytesOfEntry, type EntryId } from "./entry.ts";
import { acknowledge, heedLeader } from "./following.ts";
import { compactTo, configurationAt, hasEntry, lastIndex, termAt } from "./log.ts";
import type { RaftMessage, SnapshotMeta } from "./messages.ts";
import type { RaftRecord, RaftRequest, RaftRow } from "./protocol.ts";
import { deliver, newToken, persist, type RaftState, sending } from "./state.ts";

type Received<Kind extends RaftMessage["kind"]> = Extract<RaftMessage, { kind: Kind }>;
type Requested<Kind extends RaftRequest["kind"]> = Extract<RaftRequest, { kind: Kind }>;

/** The application's state after an entry, as it was asked for. It goes to the disk in one piece with what it replaces, so there is nothing in between. */
export const takeSnapshot = (
  state: RaftState,
  { index, chunks }: Requested<"snapshot-taken">,
): void => {
  const { taking, log, settings, snapshot: old } = state;
  if (taking === null || taking.index !== index || taking.snapshot !== null) return;
  const term = termAt(log, index);
  // Overtaken: a leader's snapshot holds meanwhile, or is on its way.
  if (term === null || index <= (old?.last.index ?? 0) || state.receiving !== null) {
    state.taking = null;
    return;
  }
  assert(index <= state.appliedIndex, "a snapshot is of what was not applied");
  const pieces = chunks.flatMap((chunk) => piecesOf(chunk, settings.chunkBytesMax));
  const at = configurationAt(log, index);
  const snapshot: SnapshotMeta = {
    id: `${settings.self}/${index}`,
    last: { index, term },
    configuration: at.configuration,
    configurationIndex: at.index,
    sizeBytes: pieces.reduce((sum, { length }) => sum + length, 0),
  };
  state.taking = { index, snapshot: snapshot.id };
  state.snapshot = snapshot;
  state.bytesSinceSnapshot = 0;
  compactTo(log, keptFrom(state, index));
  let offset = 0;
  const records = pieces.map((bytes): RaftRecord => {
    const record = { kind: "chunk", snapshot: snapshot.id, offset, bytes } as const;
    offset += bytes.length;
    return record;
  });
  persist(
    state,
    [
      ...records,
      { kind: "snapshot", snapshot, isWhole: false },
      { kind: "base", base: log.base },
      ...noChunks(old),
    ],
    [
      {
        kind: "submit",
        request: { kind: "switched", snapshot: snapshot.id, isReceived: false },
      },
    ],
  );
};

const piecesOf = (chunk: Uint8Array, bytesMax: number): readonly Uint8Array[] => {
  const pieces: Uint8Array[] = [];
  for (let from = 0; from < chunk.length; from += bytesMax) {
    pieces.push(chunk.subarray(from, from + bytesMax));
  }
  return pieces;
};

/** Where the log may begin: some entries stay for followers that are a little behind. */
const keptFrom = ({ log, settings }: RaftState, index: number): number => {
  let base = index;
  let bytes = 0;
  while (base > log.base.index && index - base < settings.keepEntryCount) {
    const entry = log.entries[base - log.base.index - 1];
    bytes += entry === undefined ? 0 : bytesOfEntry(entry);
    if (bytes > settings.compactBytes / 2) break;
    base -= 1;
  }
  return base;
};

const noChunks = (old: SnapshotMeta | null): readonly RaftRecord[] =>
  old === null ? [] : [{ kind: "no-chunks", snapshot: old.id }];

/** A piece of the leader's snapshot. */
export const receiveChunk = (state: RaftState, message: Received<"chunk">): void => {
  const { from, snapshot, offset, bytes } = message;
  if (offset + bytes.length > snapshot.sizeBytes || snapshot.last.term > message.term) return;
  heedLeader(state, from);
  if (snapshot.last.index <= state.commitIndex) {
    dropReceiving(state);
    return acknowledge(state, from, state.commitIndex);
  }
  if (state.receiving?.snapshot.id !== snapshot.id) {
    dropReceiving(state);
    state.receiving = { snapshot, nextOffset: 0 };
  }
  const { nextOffset } = state.receiving;
  const nextAfter = nextOffset + bytes.length;
  const isNext = offset === nextOffset && (bytes.length > 0 || snapshot.sizeBytes === 0);
  if (isNext) {
    state.receiving = { snapshot, nextOffset: nextAfter };
    persist(
      state,
      [
        { kind: "chunk", snapshot: snapshot.id, offset, bytes },
        { kind: "receiving", receiving: state.receiving },
      ],
      [],
    );
  }
  // Perhaps all of it was there, and a crash came before it held.
  if (state.receiving.nextOffset === snapshot.sizeBytes) return install(state, message);
  // Out of order, or again: the leader is told where to go on, also after a crash in between.
  const answer = {
    kind: "chunk-answer",
    snapshot: snapshot.id,
    nextOffset: state.receiving.nextOffset,
  } as const;
  persist(state, [], [sending(state, from, answer)]);
};

const dropReceiving = (state: RaftState): void => {
  const { receiving } = state;
  if (receiving === null) return;
  state.receiving = null;
  persist(state, [{ kind: "receiving", receiving: null }, ...noChunks(receiving.snapshot)], []);
};

/** The whole of it is on its way to the disk: it holds from here on. */
const install = (state: RaftState, { from, snapshot }: Received<"chunk">): void => {
  const { log, snapshot: old } = state;
  const { last } = snapshot;
  assert(last.index > state.commitIndex, "a snapshot takes back what is committed");
  // What follows the same entry may be kept; another log is another history (Raft, §7).
  const isKept = last.index <= lastIndex(log) && hasEntry(log, last);
  if (isKept) compactTo(log, last.index);
  else replaceLog(state, snapshot);
  state.snapshot = snapshot;
  state.receiving = null;
  state.bytesSinceSnapshot = 0;
  state.commitIndex = last.index;
  state.appliedIndex = last.index;
  state.restoring = { snapshot, offset: 0, token: 0 };
  persist(
    state,
    [
      { kind: "snapshot", snapshot, isWhole: !isKept },
      { kind: "base", base: last },
      { kind: "receiving", receiving: null },
      ...noChunks(old),
    ],
    [{ kind: "submit", request: { kind: "switched", snapshot: snapshot.id, isReceived: true } }],
  );
  acknowledge(state, from, last.index);
};

const replaceLog = (
  { log }: RaftState,
  { last, configuration, configurationIndex: index }: SnapshotMeta,
): void => {
  log.entries.length = 0;
  log.bytes = 0;
  log.base = { index: last.index, term: last.term } satisfies EntryId;
  log.configurations.splice(0, log.configurations.length, { index, configuration });
};

/** A snapshot is on the disk. */
export const snapshotSwitched = (
  state: RaftState,
  { snapshot, isReceived }: Requested<"switched">,
): void => {
  if (!isReceived && state.taking?.snapshot === snapshot) state.taking = null;
  if (isReceived && state.restoring?.snapshot.id === snapshot) beginRestoring(state, snapshot);
};

/** Gives the application the snapshot that holds, from its beginning. */
export const beginRestoring = (state: RaftState, id: string): void => {
  const { snapshot } = state;
  assert(snapshot?.id === id, "a snapshot is restored that does not hold");
  state.restoring = { snapshot, offset: 0, token: newToken(state) };
  loadNext(state);
};

const loadNext = ({ effects, restoring }: RaftState): void => {
  assert(restoring !== null, "nothing is restored");
  const { snapshot, offset, token } = restoring;
  effects.push({ kind: "load", token, query: { kind: "chunk", snapshot: snapshot.id, offset } });
};

/** A piece comes from the disk, for the application. */
export const restoringLoaded = (state: RaftState, rows: readonly RaftRow[]): void => {
  const { restoring } = state;
  assert(restoring !== null, "nothing is restored");
  const row = rows[0];
  assert(row?.kind === "chunk", "a piece of the snapshot that holds is not there");
  assert(row.offset === restoring.offset, "a piece of a snapshot is another one");
  const { snapshot } = restoring;
  const offset = row.offset + row.bytes.length;
  const isLast = offset === snapshot.sizeBytes;
  deliver(state, { kind: "restore", snapshot, offset: row.offset, bytes: row.bytes, isLast });
  if (isLast) {
    state.restoring = null;
    return flushApplied(state);
  }
  state.restoring = { snapshot, offset, token: newToken(state) };
  loadNext(state);
};
