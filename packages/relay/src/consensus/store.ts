/** The disk of a Raft node: what the machine wants kept, as records of a log on disk, and back. */
import type {
  Configuration,
  Entry,
  NodeId,
  RaftQuery,
  RaftRecord,
  RaftRow,
  Receiving,
  SnapshotMeta,
} from "@syncline/consensus/raft";
import { assert, SyncError } from "@syncline/machine";
import {
  type LogEntry,
  openRaftLog,
  type RaftLog,
  type RaftLogRecord,
} from "@syncline/storage/raft-log";

const FOUNDERS = "founders";

/** An open disk, with the ports of a runtime that touch it. */
export interface RaftStore {
  /** Of the directory; see `nodeIdOf`. */
  readonly incarnation: string;
  /** What the machine recovers from; empty if it never wrote. */
  readonly records: readonly RaftRecord[];
  /** The first members of the cluster, if this node has decided or been told who they are. */
  readonly founders: readonly NodeId[] | null;
  /** Remembers them, durably, before the machine is given them and anybody else hears of them. */
  setFounders(founders: readonly NodeId[]): Promise<void>;
  append(records: readonly RaftRecord[], done: (error: Error | null) => void): void;
  load(query: RaftQuery, done: (error: Error | null, rows: readonly RaftRow[]) => void): void;
  close(): Promise<void>;
}

/**
 * Opens a node's directory, or makes it.
 *
 * Where acknowledged entries are lost, the machine is told by a `hole`, which is put on the disk first. Rejects with `ROLLED_BACK` for a directory that was copied or
 * put back: it may have promised what it does not know, so it must not go on as the member that it was. With `STORAGE_CORRUPT` if the snapshot that holds is damaged.
 */
export const openRaftStore = async (directory: string): Promise<RaftStore> => {
  const log = await openRaftLog(directory);
  try {
    if (log.isCopy) throw new SyncError("ROLLED_BACK", `${directory} is a copy of another`);
    const records = await recover(log);
    return {
      incarnation: log.incarnation,
      records,
      founders: foundersIn(log),
      setFounders: (founders) => append(log, [factOf(FOUNDERS, founders)]),
      append: (appended, done) => log.append(appended.flatMap(logRecordsOf), done),
      load: (query, done) => load(log, query, done),
      close: () => log.close(),
    };
  } catch (error) {
    await log.close();
    throw error;
  }
};

const recover = async (log: RaftLog): Promise<readonly RaftRecord[]> => {
  const records: RaftRecord[] = [];
  for (const [name, bytes] of log.facts) {
    if (name !== FOUNDERS) records.push(recordOfFact(name, bytes));
  }
  if (log.base.index > 0) records.push({ kind: "base", base: log.base });
  if (log.recovery.kind === "corrupt") {
    const { fromIndex } = log.recovery;
    records.push(await appended(log, { kind: "hole", hole: { fromIndex } }));
  }
  const kept: string[] = [];
  for (const record of records.slice()) {
    if (record.kind === "snapshot") {
      const { id, sizeBytes } = record.snapshot;
      kept.push(id);
      if ((await log.snapshots.wholeBytesOf(id)) < sizeBytes) {
        throw new SyncError("STORAGE_CORRUPT", `the snapshot ${id} is damaged`);
      }
    } else if (record.kind === "receiving" && record.receiving !== null) {
      const { snapshot, nextOffset } = record.receiving;
      const isWhole = (await log.snapshots.wholeBytesOf(snapshot.id)) >= nextOffset;
      // Its leader sends it again from the beginning.
      if (isWhole) kept.push(snapshot.id);
      else records.push(await appended(log, { kind: "receiving", receiving: null }));
    }
  }
  await log.snapshots.retain(kept);
  return records;
};

const appended = async (log: RaftLog, record: RaftRecord): Promise<RaftRecord> => {
  await append(log, logRecordsOf(record));
  return record;
};

const append = (log: RaftLog, records: readonly RaftLogRecord[]): Promise<void> =>
  new Promise((resolve, reject) => {
    log.append(records, (error) => (error === null ? resolve() : reject(error)));
  });

const foundersIn = ({ facts }: RaftLog): readonly NodeId[] | null => {
  const bytes = facts.get(FOUNDERS);
  return bytes === undefined ? null : (JSON.parse(Buffer.from(bytes).toString()) as NodeId[]);
};

const entryTypes = { empty: 0, command: 1, configuration: 2 } as const;

const logRecordsOf = (record: RaftRecord): readonly RaftLogRecord[] => {
  switch (record.kind) {
    case "entry":
      return [{ kind: "entry", entry: logEntryOf(record.entry) }];
    case "base":
    case "chunk":
    case "no-chunks":
      return [record];
    case "ballot":
      return [factOf("ballot", { term: record.term, vote: record.vote })];
    case "snapshot": {
      const fact = factOf("snapshot", record.snapshot);
      return record.isWhole ? [{ kind: "truncation", fromIndex: 1 }, fact] : [fact];
    }
    case "receiving":
      return [factOf("receiving", record.receiving)];
    case "hole":
      return [factOf("hole", record.hole)];
  }
};

const factOf = (name: string, value: unknown): RaftLogRecord => ({
  kind: "fact",
  name,
  bytes: value === null ? null : Buffer.from(JSON.stringify(value)),
});

// The bytes are those that this code wrote, or the checksum of their batch would be another.
const recordOfFact = (name: string, bytes: Uint8Array): RaftRecord => {
  const value: unknown = JSON.parse(Buffer.from(bytes).toString());
  switch (name) {
    case "ballot":
      return { kind: "ballot", ...(value as { term: number; vote: string | null }) };
    case "snapshot":
      return { kind: "snapshot", snapshot: value as SnapshotMeta, isWhole: false };
    case "receiving":
      return { kind: "receiving", receiving: value as Receiving };
    case "hole":
      return { kind: "hole", hole: value as { fromIndex: number } };
    default:
      throw new SyncError("STORAGE_FORMAT", `the log knows a fact "${name}"`);
  }
};

const nothing = new Uint8Array();

const logEntryOf = (entry: Entry): LogEntry => {
  const { index, term, kind } = entry;
  const type = entryTypes[kind];
  switch (kind) {
    case "empty":
      return { index, term, type, bytes: nothing };
    case "command":
      return { index, term, type, bytes: entry.data };
    case "configuration":
      return { index, term, type, bytes: Buffer.from(JSON.stringify(entry.configuration)) };
  }
};

const entryOf = ({ index, term, type, bytes }: LogEntry): Entry => {
  switch (type) {
    case entryTypes.empty:
      return { index, term, kind: "empty" };
    case entryTypes.command:
      return { index, term, kind: "command", data: Uint8Array.from(bytes) };
    default: {
      assert(type === entryTypes.configuration, "the log has an entry of a type that is none");
      const configuration = JSON.parse(Buffer.from(bytes).toString()) as Configuration;
      return { index, term, kind: "configuration", configuration };
    }
  }
};

const load = (
  log: RaftLog,
  query: RaftQuery,
  done: (error: Error | null, rows: readonly RaftRow[]) => void,
): void => {
  if (query.kind === "entries") {
    const rows = log
      .entries(query)
      .map((entry): RaftRow => ({ kind: "entry", entry: entryOf(entry) }));
    return done(null, rows);
  }
  const { snapshot, offset } = query;
  const answer = (bytes: Uint8Array | null): void =>
    done(null, bytes === null ? [] : [{ kind: "chunk", offset, bytes }]);
  const fail = (error: unknown): void =>
    done(error instanceof Error ? error : new Error(String(error)), []);
  log.snapshots.read(snapshot, offset).then(answer, fail);
};
