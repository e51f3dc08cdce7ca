/**
 * LMDB as we use it: one file, one kind of write, a flush in every commit.
 *
 * `overlappingSync` is off, though the library turns it on by default and it lets commits overlap flushes. With it a commit shows its rows to readers
 * before they are flushed, and after a crash the library tells by the system's boot id which of three roots to believe. Without it a commit is LMDB's own:
 * pages written, `fdatasync`, the root written through a descriptor opened with O_DSYNC, only then seen by readers and answered.
 */
import { stat, truncate } from "node:fs/promises";
import { SyncError } from "@syncline/machine";
import { open, type RootDatabase } from "lmdb";

/** A put of bytes as they are to be on disk, or a delete where the value is null. */
export interface EnvironmentWrite {
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
}

/** A key, which is the caller's to keep, and a value that is only good until the next read. */
export interface EnvironmentRow {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** An open data file. Keys are never empty. */
export interface Environment {
  /**
   * Writes all or none, and resolves once they are flushed. One call at a time, and none after one that was rejected.
   *
   * Were two under way, the first could fail for want of space and the second, smaller one, succeed: then a later write is on disk without the
   * one before it.
   */
  write(writes: readonly EnvironmentWrite[]): Promise<void>;
  /** The value at a key, or null; only good until the next read. */
  get(key: Uint8Array): Uint8Array | null;
  /** The row at a key or else the last one before it, or null. */
  rowUpTo(key: Uint8Array): EnvironmentRow | null;
  /** The rows from a key (in) to the end, ascending. All of one iteration are of one state. */
  rowsFrom(key: Uint8Array): Iterable<EnvironmentRow>;
  /** Closes the file. Nothing may be under way. */
  close(): Promise<void>;
}

/**
 * Values pass as they are, uncopied: the library hands the decoder its own buffer, or a part of the map for a large value, to be used at once.
 * That buffer is as long as the largest value so far, and only its property `length`, overwritten, tells how much of it is the value.
 */
const asIs = {
  encode: (value: Uint8Array): Uint8Array => value,
  decode: (bytes: Uint8Array): Uint8Array =>
    new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length),
};

/** Without an end of its own the library leaves the smallest key out of a range that goes down. */
const downToTheFirst = { reverse: true, end: Uint8Array.of(0), inclusiveEnd: true };

/** How far a file may end before its last page: pages that were allocated and freed within one commit are never written. */
const UNWRITTEN_BYTES_MAX = 16 * 1024 ** 3;

/** Opens the data file, or makes it. The directory must be locked. */
export const openEnvironment = async (file: string, mapSizeBytes: number): Promise<Environment> => {
  const database = open<Uint8Array, Uint8Array>({
    path: file,
    noSubdir: true,
    encoder: asIs,
    keyEncoding: "binary",
    overlappingSync: false,
    mapSize: mapSizeBytes,
    maxDbs: 1,
  });
  try {
    await fillUp(file, database);
  } catch (error) {
    await database.close();
    throw error;
  }
  return {
    write: (writes) => commit(database, writes),
    get: (key) => database.get(key) ?? null,
    rowUpTo: (key) => firstOf(database.getRange({ ...downToTheFirst, start: key, limit: 1 })),
    rowsFrom: (key) => database.getRange({ start: key }),
    close: () => database.close(),
  };
};

const firstOf = (rows: Iterable<EnvironmentRow>): EnvironmentRow | null => {
  for (const row of rows) return row;
  return null;
};

const commit = async (
  database: RootDatabase<Uint8Array, Uint8Array>,
  writes: readonly EnvironmentWrite[],
): Promise<void> => {
  try {
    await database.batch(() => {
      // The promises of single writes are of no use: they resolve with the whole, or at once.
      for (const { key, value } of writes) {
        void (value === null ? database.remove(key) : database.put(key, value));
      }
    });
  } catch (error) {
    throw await causeOf(error);
  }
};

/** The library rejects with an error that only holds a promise of the reason. */
const causeOf = async (error: unknown): Promise<unknown> => {
  const { commitError } = error as { readonly commitError?: unknown };
  try {
    await commitError;
  } catch (cause) {
    return cause;
  }
  return error;
};

/**
 * Makes the file as long as its root says that it is.
 *
 * LMDB reads through a memory map. In a file that was cut off, a copy that was interrupted for example, reading behind the end would kill the process with SIGBUS;
 * zeros instead fail the checks of LMDB or ours, as one row's error.
 */
const fillUp = async (file: string, database: RootDatabase): Promise<void> => {
  const { size } = await stat(file);
  const wanted = wantedSize(database.getStats());
  if (wanted <= size) return;
  if (wanted > size + UNWRITTEN_BYTES_MAX) {
    throw new SyncError("STORAGE_CORRUPT", `${file} is cut off or its root is damaged`);
  }
  await truncate(file, wanted);
};

const wantedSize = (stats: object): number => {
  const { root, lastPageNumber } = stats as {
    readonly root?: { readonly pageSize?: unknown };
    readonly lastPageNumber?: unknown;
  };
  const pageSizeBytes = root?.pageSize;
  if (typeof pageSizeBytes !== "number" || typeof lastPageNumber !== "number") return 0;
  return (lastPageNumber + 1) * pageSizeBytes;
};
