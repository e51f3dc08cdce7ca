/** Rows that are in the log and not in the tree yet, to be read as if they were. */
import { eachKey, type LogRecord, type RecentRow, type RecordRow, rowAt } from "./log-record.ts";

/** The newest of each row, by key. */
export interface RecentRows {
  /** How many rows there are, those included that a later one stands in the place of. */
  readonly rowCount: number;
  /** Takes a record in; of rows with the same key the last counts. Costs nothing for its rows before somebody reads. */
  take(record: LogRecord): void;
  /** The value, null if the row was deleted, undefined if nothing is known of it. */
  get(key: string): Uint8Array | null | undefined;
  /** The rows from a key (in) to another (out), ascending. */
  range(fromKey: string, toKey: string): readonly RecentRow[];
  /** All rows, ascending, one after the other: for whoever takes long over them, and should not hold them all meanwhile. */
  sorted(): SortedRows;
}

/** Rows in order. */
interface SortedRows {
  readonly count: number;
  /** The row at an index below `count`. */
  at(index: number): RecordRow;
}

/**
 * Keys with this beginning stand together. Whoever has a prefix for each of many collections then pays, for a range of one of them, only for that
 * one's rows, and an insertion costs no more than in a plain map. (A tree would compare keys some fifteen times for each insertion.)
 */
const BUCKET_KEY_LENGTH = 6;
/** A place is a record's index and a position in it, as one number; a record has fewer bytes than this. */
const PLACE_UNIT = 2 ** 24;

interface Bucket {
  readonly placeByKey: Map<string, number>;
  /** The keys in order, or null since there is a new one. */
  sortedKeys: readonly string[] | null;
}

interface Recent {
  readonly records: LogRecord[];
  /** Where each row stands, of the first `indexedCount` records. */
  readonly buckets: Map<string, Bucket>;
  indexedCount: number;
  rowCount: number;
}

/** No rows. */
export const createRecentRows = (): RecentRows => {
  const recent: Recent = { records: [], buckets: new Map(), indexedCount: 0, rowCount: 0 };
  return {
    get rowCount() {
      return recent.rowCount;
    },
    take: (record) => {
      recent.records.push(record);
      recent.rowCount += record.rowCount;
    },
    get: (key) => {
      indexNew(recent);
      const bucket = recent.buckets.get(key.slice(0, BUCKET_KEY_LENGTH));
      const place = bucket?.placeByKey.get(key);
      return place === undefined ? undefined : rowIn(recent.records, place).value;
    },
    range: (fromKey, toKey) => {
      indexNew(recent);
      return bucketsBetween(recent.buckets, fromKey, toKey).flatMap((bucket) =>
        rowsBetween(recent, bucket, { fromKey, toKey }),
      );
    },
    sorted: () => {
      const places = placesInOrder(recent.records);
      return {
        count: places.length,
        at: (index) => rowIn(recent.records, places[index] ?? Number.NaN),
      };
    },
  };
};

/** Most records are never read before their rows are in the tree: the index is made when somebody asks, of what came since. */
const indexNew = (recent: Recent): void => {
  const { records, buckets } = recent;
  for (; recent.indexedCount < records.length; recent.indexedCount += 1) {
    const record = records[recent.indexedCount];
    const base = recent.indexedCount * PLACE_UNIT;
    if (record !== undefined) {
      eachKey(record, (key, position) => put(bucketOf(buckets, key), key, base + position));
    }
  }
};

const put = (bucket: Bucket, key: string, place: number): void => {
  const countBefore = bucket.placeByKey.size;
  bucket.placeByKey.set(key, place);
  if (bucket.placeByKey.size !== countBefore) bucket.sortedKeys = null;
};

const bucketOf = (buckets: Map<string, Bucket>, key: string): Bucket => {
  const name = key.slice(0, BUCKET_KEY_LENGTH);
  const known = buckets.get(name);
  if (known !== undefined) return known;
  const bucket: Bucket = { placeByKey: new Map(), sortedKeys: null };
  buckets.set(name, bucket);
  return bucket;
};

const rowIn = (records: readonly LogRecord[], place: number): RecordRow => {
  const record = records[Math.floor(place / PLACE_UNIT)];
  if (record === undefined) throw new RangeError("a place in no record");
  return rowAt(record, place % PLACE_UNIT);
};

const bucketsBetween = (
  buckets: ReadonlyMap<string, Bucket>,
  fromKey: string,
  toKey: string,
): readonly Bucket[] => {
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

const rowsBetween = (
  { records }: Recent,
  bucket: Bucket,
  { fromKey, toKey }: { readonly fromKey: string; readonly toKey: string },
): readonly RecentRow[] => {
  const keys = (bucket.sortedKeys ??= [...bucket.placeByKey.keys()].sort(compare));
  const rows: RecentRow[] = [];
  for (let index = indexOf(keys, fromKey); index < keys.length; index += 1) {
    const key = keys[index] ?? "";
    if (key >= toKey) break;
    rows.push([key, rowIn(records, bucket.placeByKey.get(key) ?? Number.NaN).value]);
  }
  return rows;
};

/** Where the newest row of each key stands, in the keys' order. The texts by which they are ordered are garbage at once. */
const placesInOrder = (records: readonly LogRecord[]): Float64Array => {
  const placeByKey = new Map<string, number>();
  records.forEach((record, index) => {
    eachKey(record, (key, position) => placeByKey.set(key, index * PLACE_UNIT + position));
  });
  const places = new Float64Array(placeByKey.size);
  // Without a function of its own, the sort compares the numbers of the characters, which are the bytes, and is several times as fast.
  [...placeByKey.keys()].sort().forEach((key, index) => {
    places[index] = placeByKey.get(key) ?? 0;
  });
  return places;
};

/** By the numbers of the characters, which are the bytes. */
const compare = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);

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
