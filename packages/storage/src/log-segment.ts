/** One file of the log: written from its beginning, block by block, each write flushed; then written over from its beginning again. */
import { close, constants, fdatasync, open as openDescriptor, write } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { promisify } from "node:util";
import { BLOCK_BYTES, decodeRecord, type LogRecord } from "./log-record.ts";

/** A file gets longer by this much at a time: few enough bytes that a write to the other file, at the same time, hardly waits for them. */
const GROWTH_BYTES = 256 * 1024;

/** The file, with a position for the next record. */
export interface LogSegment {
  /** How much has been written since `begin`. */
  readonly usedBytes: number;
  /** How long the file is: so much is written without making it longer. */
  readonly sizeBytes: number;
  /** How often the system was asked to flush it since it was opened. */
  readonly flushCount: number;
  /** Writes a record behind the ones before and flushes it; where the file is too short, it is made longer first. One call at a time; see `lengthen`. */
  append(record: Uint8Array, done: (error: Error | null) => void): void;
  /**
   * Makes the file at least so long, piece by piece. Meanwhile records may be appended that it has room for already, up to `sizeBytes`; no other call may
   * be under way. Rejects with the system's error; the pieces before it stay.
   */
  lengthen(toBytes: number): Promise<void>;
  /** The next record is written at the beginning, over what was there. */
  begin(): void;
  /** Every whole record of this log that is in the file, in no order; more than were written since `begin`. */
  read(id: Uint8Array): Promise<readonly LogRecord[]>;
  /** Nothing may be under way. */
  close(): Promise<void>;
}

/**
 * With this flag a write returns when it is on stable storage: one call, where a write and a flush are two trips to another thread. On macOS
 * the flag does not reach the disk itself, and a flush does.
 */
const writesThrough = process.platform === "linux";
const flags = constants.O_RDWR | constants.O_CREAT | (writesThrough ? (constants.O_DSYNC ?? 0) : 0);

/** Opens the file or makes it, empty. Its name is durable once the directory was flushed. */
export const openLogSegment = async (path: string): Promise<LogSegment> => {
  const descriptor = await promisify(openDescriptor)(path, flags, 0o644);
  let usedBytes = 0;
  let flushCount = 0;
  let { size: fileBytes } = await stat(path);

  const append = (record: Uint8Array, done: (error: Error | null) => void): void => {
    writeAll(descriptor, record, usedBytes, (error) => {
      if (error !== null) return done(error);
      usedBytes += record.length;
      flushCount += 1;
      if (writesThrough) return done(null);
      fdatasync(descriptor, (failure) => done(failure));
    });
  };

  /** Zeros: a flush of bytes in a file that does not grow leaves the file system's own journal alone. */
  const grow = (growthBytes: number, done: (error: Error | null) => void): void => {
    writeAll(descriptor, Buffer.alloc(growthBytes), fileBytes, (error) => {
      if (error !== null) return done(error);
      fileBytes += growthBytes;
      if (writesThrough) flushCount += 1;
      done(null);
    });
  };

  return {
    get usedBytes() {
      return usedBytes;
    },
    get sizeBytes() {
      return fileBytes;
    },
    get flushCount() {
      return flushCount;
    },
    append: (record, done) => {
      if (usedBytes + record.length <= fileBytes) return append(record, done);
      grow(Math.max(record.length, GROWTH_BYTES), (error) => {
        if (error !== null) return done(error);
        append(record, done);
      });
    },
    lengthen: async (toBytes) => {
      while (fileBytes < toBytes) await promisify(grow)(GROWTH_BYTES);
    },
    begin: () => {
      usedBytes = 0;
    },
    read: async (id) => {
      const file = await readFile(path);
      const records: LogRecord[] = [];
      for (let at = 0; at < file.length;) {
        const record = decodeRecord(file, at, id);
        if (record !== null) records.push(record);
        at += record?.bytes.length ?? BLOCK_BYTES;
      }
      return records;
    },
    close: () => promisify(close)(descriptor),
  };
};

/** Written in one call, except where the system takes less at a time. */
const writeAll = (
  descriptor: number,
  bytes: Uint8Array,
  position: number,
  done: (error: Error | null) => void,
): void => {
  write(descriptor, bytes, 0, bytes.length, position, (error, count) => {
    if (error !== null) return done(error);
    if (count === bytes.length) return done(null);
    if (count === 0) return done(new Error("the system writes nothing"));
    writeAll(descriptor, bytes.subarray(count), position + count, done);
  });
};
