/**
 * LMDB as we use it: one file, one kind of write, a flush in every commit.
 *
 * `overlappingSync` is off, though the library turns it on by default and it lets commits overlap flushes. With it a commit shows its rows to readers
 * before they are flushed, and after a crash the library tells by the system's boot id which of three roots to believe. Without it a commit is LMDB's own:
 * pages written, `fdatasync`, the root written through a descriptor opened with O_DSYNC, only then seen by readers and answered.
 */
import { open, type RootDatabase } from "lmdb";
import { fillUp, spaceIn, type Usage } from "./space.ts";

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

/** Opens the data file, or makes it. The directory must be locked. */
export const openEnvironment = async (file: string, mapSizeBytes: number): Promise<Environment> => {
  const database = open<Uint8Array, Uint8Array>({
    path: file,
    noSubdir: true,
    encoder: asIs,
    keyEncoding: "binary",
    overlappingSync: false,
    // Each commit is one batch already. The library's own batch around it has a promise that nobody holds: rejected, it would end the process.
    eventTurnBatching: false,
    mapSize: mapSizeBytes,
    maxDbs: 1,
  });
  try {
    await fillUp(file, usageOf(database));
  } catch (error) {
    await database.close();
    throw error;
  }
  const space = spaceIn(file);
  return {
    write: async (writes) => {
      await space.reserve(writes, usageOf(database));
      await commit(database, writes);
    },
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

/** The library's numbers, whose type it does not tell. */
const usageOf = (database: RootDatabase<Uint8Array, Uint8Array>): Usage => {
  const { root, free, lastPageNumber } = database.getStats() as Statistics;
  return {
    pageBytes: root.pageSize,
    endPages: lastPageNumber + 1,
    treeLevels: root.treeDepth,
    branchPages: root.treeBranchPageCount,
    leafPages: root.treeLeafPageCount,
    freeListPages: free.treeBranchPageCount + free.treeLeafPageCount + free.overflowPages,
  };
};

interface Statistics {
  readonly root: TreeStatistics;
  readonly free: TreeStatistics;
  readonly lastPageNumber: number;
}

interface TreeStatistics {
  readonly pageSize: number;
  readonly treeDepth: number;
  readonly treeBranchPageCount: number;
  readonly treeLeafPageCount: number;
  readonly overflowPages: number;
}
