/** The port on a tree and the log in front of it: concurrent writes share a record, and what is in the log is read as if it were in the tree. */
import { createGroupCommit, SyncError } from "@syncline/machine";
import type { DirectoryLock } from "./directory-lock.ts";
import type { Environment } from "./environment.ts";
import { checkKey, checkWrites } from "./limits.ts";
import type { RecentRow } from "./log-record.ts";
import { readRows, readValue } from "./proven-reads.ts";
import type { RecentRows } from "./recent-rows.ts";
import { readErrorOf, writeErrorOf } from "./storage-errors.ts";
import { prefixed } from "./stored-rows.ts";
import type { RangeQuery, Store, StoreRow, Write } from "./store.ts";
import type { WriteAheadLog } from "./write-ahead-log.ts";

/** How many writes share a record, unless one call alone has more. */
const GROUP_WRITES_MAX = 4000;

/** What a store stands on; nobody else uses it. */
export interface StoreParts {
  readonly environment: Environment;
  readonly log: WriteAheadLog;
  readonly lock: DirectoryLock;
}

/** The store. Closing it closes the log and the environment, then releases the lock. */
export const storeOn = ({ environment, log, lock }: StoreParts): Store => {
  const commit = groupCommitOn(log);
  let closing: Promise<void> | null = null;

  const checkOpen = (): void => {
    if (closing !== null) throw new SyncError("CLOSED", "the store is closed");
  };

  const append = (writes: readonly Write[]): Promise<void> =>
    new Promise((resolve, reject) => {
      commit.append(writes, (error) => (error === null ? resolve() : reject(error)));
    });

  const closeOnce = async (): Promise<void> => {
    // Answered after everything before it; how that ended was said to those who asked for it.
    await append([]).catch(() => undefined);
    try {
      await log.close();
      await environment.close();
    } finally {
      lock.release();
    }
  };

  return {
    write: async (writes) => {
      checkOpen();
      checkWrites(writes);
      await append(writes);
    },
    get: async (key) => {
      checkOpen();
      checkKey(key);
      return getRow(environment, log.recent, key);
    },
    range: async (query) => {
      checkOpen();
      checkKey(query.fromKey);
      checkKey(query.toKey);
      return getRange(environment, log.recent, query);
    },
    close: () => (closing ??= closeOnce()),
  };
};

const groupCommitOn = (log: WriteAheadLog): ReturnType<typeof createGroupCommit<Write>> => {
  const write = async (writes: readonly Write[]): Promise<SyncError | null> => {
    try {
      await log.write(writes);
      return null;
    } catch (error) {
      return writeErrorOf(error);
    }
  };
  return createGroupCommit((writes, answer) => void write(writes).then(answer), {
    groupItemsMax: GROUP_WRITES_MAX,
  });
};

const textOf = (key: Uint8Array): string =>
  Buffer.from(key.buffer, key.byteOffset, key.length).toString("latin1");

const getRow = (
  environment: Environment,
  recent: readonly RecentRows[],
  key: Uint8Array,
): Uint8Array | null => {
  const text = textOf(key);
  for (const rows of recent) {
    const value = rows.get(text);
    if (value !== undefined) return value === null ? null : new Uint8Array(value);
  }
  try {
    return readValue(environment, prefixed(key));
  } catch (error) {
    throw readErrorOf(error);
  }
};

const getRange = (
  environment: Environment,
  recent: readonly RecentRows[],
  query: RangeQuery,
): readonly StoreRow[] => {
  const found: StoreRow[] = [];
  if (query.rowsMax <= 0 || Buffer.compare(query.fromKey, query.toKey) >= 0) return found;
  const [fromText, toText] = [textOf(query.fromKey), textOf(query.toKey)];
  const [newer = [], older = []] = recent.map((rows) => rows.range(fromText, toText));
  const inLog = merged(newer, older);
  const inTree = readRows(environment, prefixed(query.fromKey), prefixed(query.toKey));
  let byteCount = 0;
  try {
    for (const row of rowsOf(inLog, inTree)) {
      found.push(row);
      byteCount += row.key.length + row.value.length;
      if (found.length >= query.rowsMax || byteCount >= query.bytesMax) break;
    }
  } catch (error) {
    throw readErrorOf(error);
  }
  return found;
};

/** Both in one, ascending; of rows with the same key the newer. */
const merged = (newer: readonly RecentRow[], older: readonly RecentRow[]): readonly RecentRow[] => {
  if (older.length === 0) return newer;
  const rows: RecentRow[] = [];
  let index = 0;
  for (const row of newer) {
    for (; (older[index]?.[0] ?? row[0]) < row[0]; index += 1) rows.push(older[index] ?? row);
    if (older[index]?.[0] === row[0]) index += 1;
    rows.push(row);
  }
  return [...rows, ...older.slice(index)];
};

/** The rows of the tree as the log changes them. */
function* rowsOf(
  inLog: readonly RecentRow[],
  inTree: Iterable<StoreRow>,
): Generator<StoreRow, void, undefined> {
  let index = 0;
  for (const row of inTree) {
    const key = row.key.subarray(1);
    const text = textOf(key);
    for (; (inLog[index]?.[0] ?? text) < text; index += 1) yield* present(inLog[index]);
    if (inLog[index]?.[0] !== text) yield { key: new Uint8Array(key), value: row.value };
  }
  for (; index < inLog.length; index += 1) yield* present(inLog[index]);
}

function* present(row: RecentRow | undefined): Generator<StoreRow, void, undefined> {
  if (row === undefined || row[1] === null) return;
  yield { key: new Uint8Array(Buffer.from(row[0], "latin1")), value: new Uint8Array(row[1]) };
}
