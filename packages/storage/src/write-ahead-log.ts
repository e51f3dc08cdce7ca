/**
 * The log in front of the tree. A write is on disk once its record is in the log, which is one write to one place; the tree gets the rows later, many
 * at a time, each key once. Were each group of writes a commit of the tree, it would copy a page of 4 KiB for nearly every row, and flush twice.
 *
 * Two files take turns. While one is written, the rows of the other are put into the tree, and with the last of them the number of the record that they
 * came from. After a crash the records behind that number are read back; those before it may stand there for ever, and are not looked at.
 */
import { join } from "node:path";
import { SyncError } from "@syncline/machine";
import type { Environment, EnvironmentWrite } from "./environment.ts";
import { type Applied, appliedWrite } from "./applied.ts";
import { encodeRecord, type LogRecord, recordBytesOf } from "./log-record.ts";
import { type LogSegment, openLogSegment } from "./log-segment.ts";
import { createRecentRows, type RecentRows } from "./recent-rows.ts";
import { syncDirectory } from "./durable-files.ts";
import { sealedWrite, storedWrite } from "./stored-rows.ts";
import type { Write } from "./store.ts";

/**
 * A file is left for the other at this length, or when it stands for this many rows, which are in memory until they are in the tree. A shorter one is
 * left when it is full, for one of twice its length, which is made so long meanwhile, beside the writes; a record that comes before that is done makes
 * its own file longer first.
 */
const SEGMENT_BYTES_MAX = 8 * 1024 * 1024;
const ROWS_MAX = 20_000;
/** A larger record is worth no second copy: it goes to the tree at once. */
const RECORD_BYTES_MAX = 1024 * 1024;
/** How many rows go to the tree in one commit. The library takes them one by one, and everything else waits meanwhile. */
const COMMIT_ROWS = 250;
/** Without a write for this long, what is in the log is put into the tree. */
const IDLE_MS = 1000;
/** Without a write for this long, files are made longer, piece by piece, before they have to be: whoever writes then waits for one piece at most. */
const PAUSE_MS = 20;
/** Writes since the opening from which on that is done: a store that is hardly written to keeps its short files. */
const USED_WRITES = 256;

/** A commit of the tree flushes its pages, then its root. */
const COMMIT_FLUSHES = 2;

/** What a store has asked of its disk since it was opened. */
export interface DiskUse {
  /** Flushes: one for each record of the log, one more where its file grew, two for each commit of the tree. */
  readonly flushCount: number;
  /** Bytes of the log's records, whole blocks. What the tree writes, the library does not tell. */
  readonly logBytes: number;
}

/** The log of one store. */
export interface WriteAheadLog {
  /** Makes the writes durable, all or none. One call at a time, and none after one that was rejected. */
  write(writes: readonly Write[]): Promise<void>;
  /** The rows that are not in the tree yet, as `RecentRows` says; newest first. */
  readonly recent: readonly RecentRows[];
  readonly diskUse: DiskUse;
  /** Puts everything into the tree if it can, and closes the files. No write may be under way. */
  close(): Promise<void>;
}

/** What a log needs. */
export interface LogOptions {
  readonly directory: string;
  readonly environment: Environment;
  readonly applied: Applied;
  /** Whether the tree's file is a copy of what was here. Then the log need not fit to it. */
  readonly isCopy: boolean;
  /** Go to the tree together with the first write. */
  readonly firstWrites: readonly EnvironmentWrite[];
}

interface Log {
  readonly environment: Environment;
  readonly id: Uint8Array;
  firstWrites: readonly EnvironmentWrite[];
  /** The number of the last record. */
  sequence: number;
  segment: LogSegment;
  otherSegment: LogSegment;
  current: RecentRows;
  /** On their way to the tree. */
  frozen: RecentRows | null;
  checkpoint: Promise<void>;
  /** A file is being made longer: mostly the one that is not written. */
  lengthening: Promise<void>;
  /** Which file that is. */
  lengthened: LogSegment | null;
  /** A length that the system refused, and that is not tried again. */
  refusedBytes: number;
  /** Why the tree could not take rows; then nothing is written any more. */
  failure: Error | null;
  /** Rows that were read back after a crash are in both files: neither may be written before the tree has them. */
  isRecovering: boolean;
  isWriting: boolean;
  isClosing: boolean;
  /** Since the opening. */
  writeCount: number;
  logBytes: number;
  commitCount: number;
  stopIdleTimer: () => void;
}

/** Opens the log of a store whose tree has what `applied` says. Rejects with `STORAGE_CORRUPT` if a record is missing between them. */
export const openWriteAheadLog = async (options: LogOptions): Promise<WriteAheadLog> => {
  const { directory, environment, applied, isCopy, firstWrites } = options;
  const segments = await openSegments(directory);
  try {
    const found = [
      ...(await segments[0].read(applied.id)),
      ...(await segments[1].read(applied.id)),
    ];
    const { records, sequence } = unapplied(found, applied.sequence, isCopy);
    const frozen = createRecentRows();
    for (const record of records) frozen.take(record);
    const log: Log = {
      environment,
      id: applied.id,
      firstWrites,
      sequence,
      segment: segments[0],
      otherSegment: segments[1],
      current: createRecentRows(),
      frozen: null,
      checkpoint: Promise.resolve(),
      lengthening: Promise.resolve(),
      lengthened: null,
      refusedBytes: Number.POSITIVE_INFINITY,
      failure: null,
      isRecovering: frozen.rowCount > 0,
      isWriting: false,
      isClosing: false,
      writeCount: 0,
      logBytes: 0,
      commitCount: 0,
      stopIdleTimer: () => {},
    };
    if (log.isRecovering) startCheckpoint(log, frozen);
    return faceOf(log);
  } catch (error) {
    for (const segment of segments) await segment.close();
    throw error;
  }
};

const openSegments = async (directory: string): Promise<readonly [LogSegment, LogSegment]> => {
  const first = await openLogSegment(join(directory, "log-0"));
  const second = await openLogSegment(join(directory, "log-1"));
  await syncDirectory(directory);
  return [first, second];
};

/**
 * The records that the tree lacks, in order.
 *
 * The last record may be damaged: power was lost while it was written, and nobody was told of it. One with a whole record behind it is another
 * matter: it had been acknowledged before that was begun.
 */
const unapplied = (
  found: readonly LogRecord[],
  appliedSequence: number,
  isCopy: boolean,
): { readonly records: readonly LogRecord[]; readonly sequence: number } => {
  const records = found
    .filter(({ sequence }) => sequence > appliedSequence)
    .sort((left, right) => left.sequence - right.sequence);
  const sequence = records.at(-1)?.sequence ?? appliedSequence;
  const gapIndex = records.findIndex(
    (record, index) => record.sequence !== appliedSequence + 1 + index,
  );
  if (gapIndex === -1) return { records, sequence };
  // The files of a copy may be of different moments: what fits is taken, and no number is used again.
  if (isCopy) return { records: records.slice(0, gapIndex), sequence };
  throw new SyncError("STORAGE_CORRUPT", "the log is damaged: a record in it is missing");
};

const faceOf = (log: Log): WriteAheadLog => ({
  write: async (writes) => {
    log.stopIdleTimer();
    log.isWriting = true;
    log.writeCount += 1;
    await write(log, writes);
    log.isWriting = false;
    lengthenOther(log);
    if (log.writeCount >= USED_WRITES && shortSegment(log) !== null) lengthenInPause(log);
    else checkpointWhenIdle(log);
  },
  get recent() {
    return log.frozen === null ? [log.current] : [log.current, log.frozen];
  },
  get diskUse() {
    const recordFlushes = log.segment.flushCount + log.otherSegment.flushCount;
    return {
      flushCount: recordFlushes + log.commitCount * COMMIT_FLUSHES,
      logBytes: log.logBytes,
    };
  },
  close: async () => {
    log.isClosing = true;
    log.stopIdleTimer();
    await log.checkpoint;
    await log.lengthening;
    if (log.failure === null) freeze(log);
    await log.checkpoint;
    await log.segment.close();
    await log.otherSegment.close();
  },
});

const write = async (log: Log, writes: readonly Write[]): Promise<void> => {
  if (log.failure !== null) throw log.failure;
  const byteCount = recordBytesOf(writes);
  const isForTree = log.firstWrites.length > 0 || byteCount > RECORD_BYTES_MAX;
  if (isForTree || isFull(log, byteCount) || log.isRecovering) {
    await checkpointed(log);
    await log.lengthening;
    log.isRecovering = false;
    freeze(log);
  }
  if (isForTree) return writeThrough(log, writes);
  // Else both would make the file longer at the same place: zeros that come later would fall on the record, which is acknowledged by then.
  const isShort = log.segment.usedBytes + byteCount > log.segment.sizeBytes;
  if (isShort && log.lengthened === log.segment) await log.lengthening;
  const record = encodeRecord({ id: log.id, sequence: log.sequence + 1 }, writes);
  await new Promise<void>((resolve, reject) => {
    log.segment.append(record.bytes, (error) => (error === null ? resolve() : reject(error)));
  });
  log.sequence += 1;
  log.logBytes += record.bytes.length;
  log.current.take(record);
};

/** Whether the file is to be left for the other before a record of so many bytes. */
const isFull = (log: Log, byteCount: number): boolean => {
  const { segment, otherSegment } = log;
  const endBytes = segment.usedBytes + byteCount;
  if (endBytes > SEGMENT_BYTES_MAX || log.current.rowCount >= ROWS_MAX) return true;
  if (endBytes <= segment.sizeBytes || log.frozen !== null || log.lengthened !== null) return false;
  return otherSegment.sizeBytes > Math.max(segment.sizeBytes, byteCount);
};

/** Makes the other file twice as long as this one, which is half full, if it is free and shorter. */
const lengthenOther = (log: Log): void => {
  const { segment, otherSegment } = log;
  const toBytes = Math.min(2 * segment.sizeBytes, SEGMENT_BYTES_MAX);
  const isDue = segment.usedBytes * 2 > segment.sizeBytes && toBytes > otherSegment.sizeBytes;
  const isBusy = log.frozen !== null || log.lengthened !== null;
  if (!isDue || isBusy || toBytes >= log.refusedBytes) return;
  lengthen(log, otherSegment, toBytes);
};

const lengthen = (log: Log, segment: LogSegment, toBytes: number): void => {
  log.lengthened = segment;
  log.lengthening = segment
    .lengthen(toBytes)
    .catch(() => {
      // A record makes its own file longer then, and says what is wrong if it cannot.
      log.refusedBytes = toBytes;
    })
    .finally(() => {
      log.lengthened = null;
    });
};

/** The file that is made longer next, while nothing is written; null if both are long enough, or as long as the system lets them be. */
const shortSegment = ({ segment, otherSegment, refusedBytes }: Log): LogSegment | null => {
  const shorter = otherSegment.sizeBytes > segment.sizeBytes ? segment : otherSegment;
  const isShort = shorter.sizeBytes < Math.min(SEGMENT_BYTES_MAX, refusedBytes - 1);
  return isShort ? shorter : null;
};

/** With the next pause, makes both files as long as they may become, until somebody writes. */
const lengthenInPause = (log: Log): void => {
  const { writeCount } = log;
  const goOn = async (): Promise<void> => {
    for (;;) {
      await log.lengthening;
      const isPause = !log.isWriting && !log.isClosing && log.writeCount === writeCount;
      if (!isPause || log.failure !== null || log.lengthened !== null) return;
      const short = log.frozen === null ? shortSegment(log) : null;
      if (short === null) return checkpointWhenIdle(log);
      lengthen(log, short, short.sizeBytes + 1);
    }
  };
  whenQuiet(log, PAUSE_MS, () => void goOn());
};

/** Past the log, after everything in it. */
const writeThrough = async (log: Log, writes: readonly Write[]): Promise<void> => {
  await checkpointed(log);
  log.sequence += 1;
  const { id, sequence } = log;
  const rows = writes.map(storedWrite);
  await commit(log, [...log.firstWrites, ...rows, appliedWrite({ id, sequence })]);
  log.firstWrites = [];
};

/** Waits until the rows that are on their way are in the tree. */
const checkpointed = async (log: Log): Promise<void> => {
  await log.checkpoint;
  if (log.failure !== null) throw log.failure;
};

/**
 * Leaves the file to the tree and begins the other, whose rows must be in the tree, and with no record under way.
 *
 * Were one under way, its record would be in the file that is left, and its rows in memory would wait for the other file to be left: the first would be
 * written over while the tree lacks them.
 */
const freeze = (log: Log): void => {
  const rows = log.current;
  if (rows.rowCount === 0) return;
  log.current = createRecentRows();
  [log.segment, log.otherSegment] = [log.otherSegment, log.segment];
  log.segment.begin();
  startCheckpoint(log, rows);
};

const startCheckpoint = (log: Log, rows: RecentRows): void => {
  log.frozen = rows;
  log.checkpoint = putIntoTree(log, rows).then(
    () => {
      log.frozen = null;
    },
    (error: unknown) => {
      // The rows stay in memory, to be read, and in the log.
      log.failure = error instanceof Error ? error : new Error(String(error));
    },
  );
};

const putIntoTree = async (log: Log, rows: RecentRows): Promise<void> => {
  const { id, sequence } = log;
  const sorted = rows.sorted();
  for (let index = 0; index < sorted.count; index += COMMIT_ROWS) {
    const isLast = index + COMMIT_ROWS >= sorted.count;
    const count = isLast ? sorted.count - index : COMMIT_ROWS;
    const writes = Array.from({ length: count }, (_, place) =>
      sealedWrite(sorted.at(index + place)),
    );
    await commit(log, isLast ? [...writes, appliedWrite({ id, sequence })] : writes);
  }
};

const commit = async (log: Log, writes: readonly EnvironmentWrite[]): Promise<void> => {
  log.commitCount += 1;
  await log.environment.write(writes);
};

const checkpointWhenIdle = (log: Log): void =>
  whenQuiet(log, IDLE_MS, () => {
    if (log.isWriting || log.failure !== null) return;
    if (log.frozen === null && log.lengthened === null) freeze(log);
    else checkpointWhenIdle(log);
  });

/** Calls once, unless something is written before. */
const whenQuiet = (log: Log, quietMs: number, call: () => void): void => {
  const timer = setTimeout(call, quietMs);
  timer.unref();
  log.stopIdleTimer = () => clearTimeout(timer);
};
