/** One file of the log: batches one behind the other, each write flushed. A file is written by one process's life, and never again. */
import { close, constants, fdatasync, open as openDescriptor, readSync, write } from "node:fs";
import { rename } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { syncDirectory } from "../durable-files.ts";

const GROWTH_BYTES = 1024 * 1024;

/** A file that batches are added to. */
export interface SegmentFile {
  readonly usedBytes: number;
  /** Writes the first `byteCount` bytes behind those before and flushes them. One call at a time. */
  append(bytes: Uint8Array, byteCount: number, done: (error: Error | null) => void): void;
  /** Nothing may be under way. */
  close(): Promise<void>;
}

/**
 * With this flag a write returns when it is on stable storage: one call, where a write and a flush are two trips to another thread. On macOS the flag does
 * not reach the disk itself, and a flush does.
 */
const writesThrough = process.platform === "linux";
const flags =
  constants.O_RDWR |
  constants.O_CREAT |
  constants.O_TRUNC |
  (writesThrough ? (constants.O_DSYNC ?? 0) : 0);

/**
 * Makes an empty file with room in it, under a temporary name until it and its room are on disk. One of that name is replaced: it was made by a process that
 * ended before it wrote anything whole.
 */
export const createSegmentFile = async (path: string): Promise<SegmentFile> => {
  const temporary = `${path}.new`;
  const descriptor = await promisify(openDescriptor)(temporary, flags, 0o644);
  let usedBytes = 0;
  let fileBytes = 0;
  const grow = (byteCount: number, done: (error: Error | null) => void): void => {
    // Zeros first: a flush of bytes in a file that does not grow leaves the file system's own journal alone, and a full disk refuses here.
    const growthBytes = Math.max(byteCount, GROWTH_BYTES);
    const zeros = Buffer.alloc(growthBytes);
    writeAll(descriptor, zeros, { from: 0, to: growthBytes, position: fileBytes }, (error) => {
      if (error === null) fileBytes += growthBytes;
      done(error);
    });
  };
  const append: SegmentFile["append"] = (bytes, byteCount, done) => {
    writeAll(descriptor, bytes, { from: 0, to: byteCount, position: usedBytes }, (error) => {
      if (error !== null) return done(error);
      usedBytes += byteCount;
      if (writesThrough) return done(null);
      fdatasync(descriptor, (failure) => done(failure));
    });
  };
  try {
    await promisify(grow)(GROWTH_BYTES);
    if (!writesThrough) await promisify(fdatasync)(descriptor);
    await rename(temporary, path);
    await syncDirectory(dirname(path));
  } catch (error) {
    await promisify(close)(descriptor);
    throw error;
  }
  return {
    get usedBytes() {
      return usedBytes;
    },
    append: (bytes, byteCount, done) => {
      if (usedBytes + byteCount <= fileBytes) return append(bytes, byteCount, done);
      grow(byteCount, (error) => (error === null ? append(bytes, byteCount, done) : done(error)));
    },
    close: () => promisify(close)(descriptor),
  };
};

/** Bytes from a place of a file; fewer where it ends. */
export const readBytes = (descriptor: number, at: number, byteCount: number): Buffer => {
  const bytes = Buffer.allocUnsafeSlow(byteCount);
  let count = 0;
  for (;;) {
    const read = readSync(descriptor, bytes, count, byteCount - count, at + count);
    count += read;
    if (read === 0 || count === byteCount) return bytes.subarray(0, count);
  }
};

/** Written in one call, except where the system takes less at a time. */
const writeAll = (
  descriptor: number,
  bytes: Uint8Array,
  { from, to, position }: { readonly from: number; readonly to: number; readonly position: number },
  done: (error: Error | null) => void,
): void => {
  write(descriptor, bytes, from, to - from, position, (error, count) => {
    if (error !== null) return done(error);
    if (count === to - from) return done(null);
    if (count === 0) return done(new Error("the system writes nothing"));
    writeAll(descriptor, bytes, { from: from + count, to, position: position + count }, done);
  });
};
