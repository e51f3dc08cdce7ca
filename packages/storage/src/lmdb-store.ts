/** The port on an open LMDB environment: keys get a prefix, values a checksum, concurrent writes share a commit. */
import { createGroupCommit, SyncError } from "@syncline/machine";
import type { DirectoryLock } from "./directory-lock.ts";
import type { Environment, EnvironmentWrite } from "./environment.ts";
import { checkKey, checkWrites } from "./limits.ts";
import { readRows, readValue } from "./proven-reads.ts";
import { seal } from "./seal.ts";
import { readErrorOf, writeErrorOf } from "./storage-errors.ts";
import type { RangeQuery, Store, StoreRow, Write } from "./store.ts";

/** Begins the key of a row. With it the caller's empty key is none to LMDB, which has no empty keys. */
const ROW_PREFIX = 1;

/** How many writes share a commit, unless one call alone has more: what a commit takes of memory, and of the disk before it begins, grows with it. */
const GROUP_WRITES_MAX = 2000;

/**
 * The store on an environment that nobody else uses.
 *
 * `firstWrites` go to disk together with the first write, in its transaction. Closing the store closes the environment, then releases the lock.
 */
export const storeOn = (
  environment: Environment,
  lock: DirectoryLock,
  firstWrites: readonly EnvironmentWrite[],
): Store => {
  const commit = groupCommitOn(environment, firstWrites);
  let closing: Promise<void> | null = null;

  const checkOpen = (): void => {
    if (closing !== null) throw new SyncError("CLOSED", "the store is closed");
  };

  const append = (writes: readonly EnvironmentWrite[]): Promise<void> =>
    new Promise((resolve, reject) => {
      commit.append(writes, (error) => (error === null ? resolve() : reject(error)));
    });

  const closeOnce = async (): Promise<void> => {
    // Answered after everything before it; how that ended was said to those who asked for it.
    await append([]).catch(() => undefined);
    try {
      await environment.close();
    } finally {
      lock.release();
    }
  };

  return {
    write: async (writes) => {
      checkOpen();
      checkWrites(writes);
      await append(writes.map(storedWrite));
    },
    get: async (key) => {
      checkOpen();
      checkKey(key);
      return getRow(environment, key);
    },
    range: async (query) => {
      checkOpen();
      checkKey(query.fromKey);
      checkKey(query.toKey);
      return getRange(environment, query);
    },
    close: () => (closing ??= closeOnce()),
  };
};

const groupCommitOn = (
  environment: Environment,
  firstWrites: readonly EnvironmentWrite[],
): ReturnType<typeof createGroupCommit<EnvironmentWrite>> => {
  let isFirst = true;

  const write = async (writes: readonly EnvironmentWrite[]): Promise<SyncError | null> => {
    if (writes.length === 0) return null;
    try {
      await environment.write(isFirst ? [...firstWrites, ...writes] : writes);
      isFirst = false;
      return null;
    } catch (error) {
      return writeErrorOf(error);
    }
  };

  return createGroupCommit((writes, answer) => void write(writes).then(answer), {
    groupItemsMax: GROUP_WRITES_MAX,
  });
};

const getRow = (environment: Environment, key: Uint8Array): Uint8Array | null => {
  try {
    return readValue(environment, prefixed(key));
  } catch (error) {
    throw readErrorOf(error);
  }
};

const getRange = (environment: Environment, query: RangeQuery): readonly StoreRow[] => {
  const rows: StoreRow[] = [];
  const fromKey = prefixed(query.fromKey);
  const toKey = prefixed(query.toKey);
  if (query.rowsMax <= 0 || Buffer.compare(fromKey, toKey) >= 0) return rows;
  let byteCount = 0;
  try {
    for (const { key, value } of readRows(environment, fromKey, toKey)) {
      rows.push({ key: new Uint8Array(key.subarray(1)), value });
      byteCount += key.length - 1 + value.length;
      if (rows.length >= query.rowsMax || byteCount >= query.bytesMax) break;
    }
  } catch (error) {
    throw readErrorOf(error);
  }
  return rows;
};

const storedWrite = (write: Write): EnvironmentWrite => {
  const key = prefixed(write.key);
  switch (write.kind) {
    case "put":
      return { key, value: seal(key, write.value) };
    case "delete":
      return { key, value: null };
  }
};

const prefixed = (key: Uint8Array): Uint8Array => {
  const stored = new Uint8Array(1 + key.length);
  stored[0] = ROW_PREFIX;
  stored.set(key, 1);
  return stored;
};
