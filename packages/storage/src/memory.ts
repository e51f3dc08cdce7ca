/** The adapter that forgets: for tests, demos, and replicas that keep nothing on their device. Runs anywhere. */
import { SyncError } from "@syncline/machine";
import { checkKey, checkWrites } from "./limits.ts";
import type { RangeQuery, Store, StoreRow, Write } from "./store.ts";

/**
 * An empty store in memory. Its "durable" is worth nothing: what was written is gone with the store.
 *
 * A put at the end costs O(log n), one in the middle moves what is behind it.
 */
export const openMemoryStore = (): Store => {
  const rows: StoreRow[] = [];
  let isClosed = false;

  const checkOpen = (): void => {
    if (isClosed) throw new SyncError("CLOSED", "the store is closed");
  };

  return {
    write: async (writes) => {
      checkOpen();
      checkWrites(writes);
      for (const write of writes) apply(rows, write);
    },
    get: async (key) => {
      checkOpen();
      checkKey(key);
      const row = rows[indexOf(rows, key)];
      return row !== undefined && compareKeys(row.key, key) === 0 ? copyOf(row.value) : null;
    },
    range: async (query) => {
      checkOpen();
      checkKey(query.fromKey);
      checkKey(query.toKey);
      return rangeOf(rows, query);
    },
    close: async () => {
      isClosed = true;
      rows.length = 0;
    },
  };
};

const apply = (rows: StoreRow[], write: Write): void => {
  const index = indexOf(rows, write.key);
  const found = rows[index];
  const replacedCount = found !== undefined && compareKeys(found.key, write.key) === 0 ? 1 : 0;
  if (write.kind === "delete") {
    rows.splice(index, replacedCount);
  } else {
    rows.splice(index, replacedCount, { key: copyOf(write.key), value: copyOf(write.value) });
  }
};

const rangeOf = (rows: readonly StoreRow[], query: RangeQuery): readonly StoreRow[] => {
  const found: StoreRow[] = [];
  let byteCount = 0;
  for (let index = indexOf(rows, query.fromKey); found.length < query.rowsMax; index += 1) {
    const row = rows[index];
    if (row === undefined || compareKeys(row.key, query.toKey) >= 0) break;
    found.push({ key: copyOf(row.key), value: copyOf(row.value) });
    byteCount += row.key.length + row.value.length;
    if (byteCount >= query.bytesMax) break;
  }
  return found;
};

/** Where the key is, or would be. */
const indexOf = (rows: readonly StoreRow[], key: Uint8Array): number => {
  let from = 0;
  let to = rows.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    const row = rows[middle];
    if (row !== undefined && compareKeys(row.key, key) < 0) from = middle + 1;
    else to = middle;
  }
  return from;
};

/** Negative if the first key comes first: by the first byte that differs, or the shorter one if none does. */
const compareKeys = (left: Uint8Array, right: Uint8Array): number => {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index += 1) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
};

/** A plain array of its own: a `Buffer`'s `slice` would be a view of the caller's bytes. */
const copyOf = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes);
