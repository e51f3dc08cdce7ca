/**
 * One file of the log: batches one behind the other, each write flushed.
 *
 * A flush of bytes in a file that does not grow leaves the file system's own journal alone, so room is made before it is needed: by zeros, or by taking a file
 * over of which everything was compacted. What then stands behind the last batch is of lower numbers than the file's name says.
 */
import { close, constants, fdatasync, open as openDescriptor, readSync, write } from "node:fs";
import { rename, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { syncDirectory } from "../durable-files.ts";

const GROWTH_BYTES = 1024 * 1024;
/** What is filled with zeros at a time: the log's own writes get their turn in between. */
const FILL_BYTES = 1024 * 1024;

/** A file that batches are added to. */
export interface SegmentFile {
  readonly usedBytes: number;
  /** How long the file is. */
  readonly roomBytes: number;
  /** Writes the first `byteCount` bytes behind those before and flushes them. Grows where there is no room. One call at a time. */
  append(bytes: Uint8Array, byteCount: number, done: (error: Error | null) => void): void;
  /** Nothing may be under way. */
  close(): Promise<void>;
}

/**
 * With this flag a write returns when it is on stable storage: one call, where a write and a flush are two trips to another thread. On macOS the flag does
 * not reach the disk itself, and a flush does.
 */
const writesThrough = process.platform === "linux";
const flags = constants.O_RDWR | constants.O_CREAT | (writesThrough ? (constants.O_DSYNC ?? 0) : 0);

/** Makes an empty file with a little room, at most this much, under a temporary name until that is on disk. One of that name is replaced. */
export const createSegmentFile = async (
  path: string,
  roomBytesMax: number,
): Promise<SegmentFile> => {
  const temporary = `${path}.new`;
  await fillFile(temporary, Math.min(GROWTH_BYTES, roomBytesMax));
  return takeSegmentFile(temporary, path);
};

/** Gives a file of zeros, or one of an older part of the log, the name of a new part, and begins it. */
export const takeSegmentFile = async (spare: string, path: string): Promise<SegmentFile> => {
  await rename(spare, path);
  await syncDirectory(dirname(path));
  const descriptor = await promisify(openDescriptor)(path, flags, 0o644);
  return segmentOn(descriptor, (await stat(path)).size);
};

/** Makes a file of so many zeros, on disk. */
export const fillFile = async (path: string, byteCount: number): Promise<void> => {
  const descriptor = await promisify(openDescriptor)(path, "w", 0o644);
  try {
    const zeros = Buffer.alloc(Math.min(FILL_BYTES, byteCount));
    for (let position = 0; position < byteCount; position += zeros.length) {
      await promisify(writeAll)(descriptor, zeros, { from: 0, to: zeros.length, position });
    }
    await promisify(fdatasync)(descriptor);
  } finally {
    await promisify(close)(descriptor);
  }
};

const segmentOn = (descriptor: number, fileBytes: number): SegmentFile => {
  let usedBytes = 0;
  let roomBytes = fileBytes;
  const append: SegmentFile["append"] = (bytes, byteCount, done) => {
    writeAll(descriptor, bytes, { from: 0, to: byteCount, position: usedBytes }, (error) => {
      if (error !== null) return done(error);
      usedBytes += byteCount;
      if (writesThrough) return done(null);
      fdatasync(descriptor, (failure) => done(failure));
    });
  };
  const grow = (byteCount: number, done: (error: Error | null) => void): void => {
    const growthBytes = Math.max(byteCount, GROWTH_BYTES);
    const zeros = Buffer.alloc(growthBytes);
    writeAll(descriptor, zeros, { from: 0, to: growthBytes, position: roomBytes }, (error) => {
      if (error === null) roomBytes += growthBytes;
      done(error);
    });
  };
  return {
    get usedBytes() {
      return usedBytes;
    },
    get roomBytes() {
      return roomBytes;
    },
    append: (bytes, byteCount, done) => {
      if (usedBytes + byteCount <= roomBytes) return append(bytes, byteCount, done);
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
