/**
 * A replicated log's disk: term, vote and entries in one stream of batches, each written with one flush.
 *
 * While a batch is on its way, what else is asked for gathers for the next. After a crash the stream ends with the last batch that is whole, and says so if
 * one before it is not. Snapshots stand in files beside it.
 */
import { readdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { createGroupCommit, SyncError } from "@syncline/machine";
import { type DirectoryLock, lockDirectory } from "../directory-lock.ts";
import { makeDirectory } from "../durable-files.ts";
import { readFormat, writeFormat } from "../format.ts";
import { openErrorOf } from "../storage-errors.ts";
import { encodeFacts, type Facts } from "./facts.ts";
import { type LogIdentity, makeIdentity, readIdentity } from "./log-identity.ts";
import { type EntriesQuery, readEntries } from "./log-reader.ts";
import { closeReader, type LogState } from "./log-state.ts";
import { writeRecords } from "./log-writer.ts";
import { checkRecord, type EntryPlace, type LogEntry, type RaftLogRecord } from "./records.ts";
import { type RaftLogRecovery, type RecoveredLog, recoverLog } from "./recovery.ts";
import { openSnapshotFiles, type SnapshotFiles } from "./snapshot-files.ts";
import { createSpareFiles } from "./spare-files.ts";

const FORMAT_NAME = "syncline-raft-log";
const BUFFER_BYTES = 256 * 1024;

/** How a log is opened. */
export interface RaftLogOptions {
  /** A file of the log is left for the next one at this length: 16 MiB. Files are removed as wholes, when all that is in them is compacted. */
  readonly segmentBytesMax?: number;
  /**
   * After this long without a write an empty batch is written behind the last one: 1000 ms. From then on the last one, should it rot, is known to have
   * been whole, and is not taken for a write that was never finished. Infinity: never.
   */
  readonly sealAfterMs?: number;
  /** When the first write after a pause begins: at once by default; at the end of the event loop's turn, what else is asked for in it goes along. */
  readonly defer?: (begin: () => void) => void;
}

/** One directory's log. */
export interface RaftLog {
  /** Of this directory: random, made with it. A member of a cluster is known by it, so that a directory that was lost is not taken for its successor. */
  readonly incarnation: string;
  /** Whether the directory was copied or put back: it may have promised more than it knows. It must not go on as the member that it was. */
  readonly isCopy: boolean;
  readonly recovery: RaftLogRecovery;
  /** What is on disk: the last entry, where the log begins, and the facts. */
  readonly last: EntryPlace;
  readonly base: EntryPlace;
  readonly facts: Facts;
  /**
   * Puts the records on disk, all or none, and calls `done(null)`. Calls are answered in their order; those that wait together share a flush. Without records
   * it is a barrier.
   *
   * After a failed write (a full disk, a failed flush, a short write that stays short) every call is answered with the same `STORAGE_FAILED`, and nothing is
   * tried again: what is on the disk is found out by the next process. Bytes are copied when the write begins; leave them unchanged. Throws `TOO_LARGE`, and
   * an assertion for an entry that leaves a gap or whose term goes back.
   */
  append(records: readonly RaftLogRecord[], done: (error: Error | null) => void): void;
  /** The term of an entry on disk, or of the base; null for any other index. */
  termAt(index: number): number | null;
  /** Entries on disk from this index on. Reads synchronously. Throws `STORAGE_CORRUPT` for one that has rotted, `CLOSED` after `close`. */
  entries(query: EntriesQuery): readonly LogEntry[];
  readonly snapshots: Omit<SnapshotFiles, "write" | "remove">;
  /** Waits for what was asked for, and lets others have the directory. */
  close(): Promise<void>;
}

/**
 * Opens the log in a directory, or makes one where the directory is empty or missing.
 *
 * Rejects with `STORAGE_IN_USE`, `STORAGE_FORMAT` (it holds something else), `STORAGE_CORRUPT` (its identity is lost) or `STORAGE_FAILED`. A log with a hole is
 * opened, and `recovery` tells of it.
 */
export const openRaftLog = async (
  directory: string,
  options: RaftLogOptions = {},
): Promise<RaftLog> => {
  const path = resolve(directory);
  let lock: DirectoryLock | null = null;
  try {
    await makeDirectory(path);
    await readFormat(path, FORMAT_NAME);
    lock = lockDirectory(path);
    const isReady = (await readFormat(path, FORMAT_NAME)) === "ready";
    if (!isReady) await writeFormat(path, "creating", FORMAT_NAME);
    const identity = await (isReady ? readIdentity(path) : makeIdentity(path));
    await removeTemporary(path);
    const recovered = await recoverLog(path, identity.id);
    if (isReady && recovered.sequenceMax === 0) {
      throw new SyncError("STORAGE_CORRUPT", `nothing of the log is left in ${directory}`);
    }
    const state = stateOf({ directory: path, identity, recovered, options });
    const log = faceOf(state, recovered.recovery, { options, lock });
    if (!isReady) await finishMaking(path, log);
    return log;
  } catch (error) {
    lock?.release();
    throw openErrorOf(error, directory);
  }
};

/**
 * The first batch is written before the directory counts as made. So one in which no batch can be found has lost them, and is not taken for a new one, which
 * would vote again in terms in which it has voted.
 */
const finishMaking = async (directory: string, log: RaftLog): Promise<void> => {
  await new Promise<void>((resolve, reject) => {
    log.append([SEAL], (error) => (error === null ? resolve() : reject(error)));
  });
  await writeFormat(directory, "ready", FORMAT_NAME);
};

const stateOf = (opened: {
  readonly directory: string;
  readonly identity: LogIdentity;
  readonly recovered: RecoveredLog;
  readonly options: RaftLogOptions;
}): LogState => {
  const { directory, identity, recovered, options } = opened;
  const { segmentBytesMax = 16 * 1024 * 1024 } = options;
  return {
    directory,
    identity,
    segmentBytesMax,
    index: recovered.index,
    snapshots: openSnapshotFiles(directory),
    spares: createSpareFiles(directory, segmentBytesMax),
    facts: recovered.facts,
    factsBytes: encodeFacts(recovered.facts),
    previousSequence: recovered.previousSequence,
    previousChecksum: recovered.previousChecksum,
    sequenceMax: recovered.sequenceMax,
    segments: recovered.segments.map(({ name, firstSequence, entryIndexMax }) => ({
      path: join(directory, name),
      firstSequence,
      entryIndexMax,
      descriptor: null,
    })),
    file: null,
    buffer: Buffer.allocUnsafeSlow(BUFFER_BYTES),
    removal: Promise.resolve(),
    isClosed: false,
    sealTimer: null,
  };
};

const removeTemporary = async (directory: string): Promise<void> => {
  for (const name of await readdir(directory)) {
    if (name.endsWith(".new")) await rm(join(directory, name));
  }
};

const faceOf = (
  log: LogState,
  recovery: RaftLogRecovery,
  { options, lock }: { readonly options: RaftLogOptions; readonly lock: DirectoryLock },
): RaftLog => {
  const { sealAfterMs = 1000, defer = (begin) => begin() } = options;
  const commit = createGroupCommit<RaftLogRecord>(
    (records, done) => {
      if (log.sealTimer !== null) clearTimeout(log.sealTimer);
      writeRecords(log, records, (error) => {
        const isSeal = records.every((record) => record === SEAL);
        if (error === null && !isSeal) sealLater(log, sealAfterMs, seal);
        done(error);
      });
    },
    { defer },
  );
  const seal = (): void => commit.append([SEAL], () => {});
  return {
    incarnation: log.identity.incarnation,
    isCopy: log.identity.isCopy,
    recovery,
    get last() {
      return log.index.last;
    },
    get base() {
      return log.index.base;
    },
    get facts() {
      return log.facts;
    },
    append: (records, done) => {
      if (log.isClosed) return done(new SyncError("CLOSED", "the log is closed"));
      for (const record of records) checkRecord(record);
      commit.append(records, done);
    },
    termAt: (index) => log.index.termAt(index),
    entries: (query) => readEntries(log, query),
    snapshots: log.snapshots,
    close: async () => {
      if (log.isClosed) return;
      await new Promise<void>((resolve) => commit.append([], () => resolve()));
      log.isClosed = true;
      await close(log);
      lock.release();
    },
  };
};

/** Cuts nothing off. */
const SEAL: RaftLogRecord = { kind: "truncation", fromIndex: Number.MAX_SAFE_INTEGER };

const sealLater = (log: LogState, sealAfterMs: number, seal: () => void): void => {
  if (sealAfterMs === Number.POSITIVE_INFINITY || log.isClosed) return;
  log.sealTimer = setTimeout(seal, sealAfterMs);
  log.sealTimer.unref();
};

const close = async (log: LogState): Promise<void> => {
  if (log.sealTimer !== null) clearTimeout(log.sealTimer);
  await log.removal.catch(() => {});
  await log.spares.settled();
  for (const segment of log.segments) closeReader(segment);
  await log.file?.close();
};
