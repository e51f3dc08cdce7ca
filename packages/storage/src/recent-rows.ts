/** Rows that are in the log and not in the tree yet, to be read as if they were. */
import type { RecentRow } from "./log-record.ts";

/** The newest of each row, by key. */
export interface RecentRows {
  readonly size: number;
  /** Takes rows in; of those with the same key the last counts. */
  take(rows: readonly RecentRow[]): void;
  /** The value, null if the row was deleted, undefined if nothing is known of it. */
  get(key: string): Uint8Array | null | undefined;
  /** The rows from a key (in) to another (out), ascending. */
  range(fromKey: string, toKey: string): readonly RecentRow[];
  /** All rows, ascending. */
  all(): readonly RecentRow[];
}

/**
 * Keys with this beginning stand together. Whoever has a prefix for each of many collections then pays, for a range of one of them, only for that
 * one's rows, and an insertion costs no more than in a plain map. (A tree would compare keys some fifteen times for each insertion.)
 */
const BUCKET_KEY_LENGTH = 6;

interface Bucket {
  readonly valueByKey: Map<string, Uint8Array | null>;
  /** The keys in order, or null since there is a new one. */
  sortedKeys: readonly string[] | null;
}

/** No rows. */
export const createRecentRows = (): RecentRows => {
  const buckets = new Map<string, Bucket>();
  let size = 0;

  const bucketOf = (key: string): Bucket => {
    const name = key.slice(0, BUCKET_KEY_LENGTH);
    const known = buckets.get(name);
    if (known !== undefined) return known;
    const bucket: Bucket = { valueByKey: new Map(), sortedKeys: null };
    buckets.set(name, bucket);
    return bucket;
  };

  const bucketsBetween = (fromKey: string, toKey: string): readonly Bucket[] => {
    const firstName = fromKey.slice(0, BUCKET_KEY_LENGTH);
    if (firstName.length === BUCKET_KEY_LENGTH && toKey.startsWith(firstName)) {
      const only = buckets.get(firstName);
      return only === undefined ? [] : [only];
    }
    return [...buckets.keys()]
      .filter((name) => name >= firstName && name < toKey)
      .sort(compare)
      .map((name) => buckets.get(name))
      .filter((bucket) => bucket !== undefined);
  };

  return {
    get size() {
      return size;
    },
    take: (rows) => {
      for (const [key, value] of rows) {
        const bucket = bucketOf(key);
        const countBefore = bucket.valueByKey.size;
        bucket.valueByKey.set(key, value);
        if (bucket.valueByKey.size === countBefore) continue;
        bucket.sortedKeys = null;
        size += 1;
      }
    },
    get: (key) => buckets.get(key.slice(0, BUCKET_KEY_LENGTH))?.valueByKey.get(key),
    range: (fromKey, toKey) =>
      bucketsBetween(fromKey, toKey).flatMap((bucket) => rowsBetween(bucket, fromKey, toKey)),
    all: () =>
      [...buckets]
        .sort(([left], [right]) => compare(left, right))
        .flatMap(([, bucket]) => sortedRows(bucket, 0)),
  };
};

/** By the numbers of the characters, which are the bytes. */
const compare = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);

const keysOf = (bucket: Bucket): readonly string[] =>
  (bucket.sortedKeys ??= [...bucket.valueByKey.keys()].sort(compare));

const sortedRows = (bucket: Bucket, fromIndex: number): RecentRow[] =>
  keysOf(bucket)
    .slice(fromIndex)
    .map((key) => [key, bucket.valueByKey.get(key) ?? null]);

const rowsBetween = (bucket: Bucket, fromKey: string, toKey: string): readonly RecentRow[] => {
  const keys = keysOf(bucket);
  const rows: RecentRow[] = [];
  for (let index = indexOf(keys, fromKey); index < keys.length; index += 1) {
    const key = keys[index] ?? "";
    if (key >= toKey) break;
    rows.push([key, bucket.valueByKey.get(key) ?? null]);
  }
  return rows;
};

/** Where the key is in the ordered list, or would be. */
const indexOf = (keys: readonly string[], key: string): number => {
  let from = 0;
  let to = keys.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((keys[middle] ?? "") < key) from = middle + 1;
    else to = middle;
  }
  return from;
};
