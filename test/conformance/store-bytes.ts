/** Short ways to write keys, values and ranges in the tests of a store. */
import { KEY_BYTES_MAX, type RangeQuery, type Store, type Write } from "@syncline/storage";

/** Gives a test a store of its own. */
export type WithStore = (use: (store: Store) => Promise<void>) => Promise<void>;

/** A byte array. */
export const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);
/** A put. */
export const put = (key: Uint8Array, value: Uint8Array): Write => ({ kind: "put", key, value });
/** A delete. */
export const remove = (key: Uint8Array): Write => ({ kind: "delete", key });
/** A key of two bytes that sorts by its number. */
export const numbered = (number: number): Uint8Array => bytes(number >> 8, number & 255);
/** The last key that there can be. */
export const behindAll = new Uint8Array(KEY_BYTES_MAX).fill(255);
/** A range of all rows but one at the last key. */
export const everything: RangeQuery = {
  fromKey: bytes(),
  toKey: behindAll,
  rowsMax: 10_000,
  bytesMax: 1e9,
};
/** The keys of a range as plain numbers. */
export const keysIn = async (store: Store, query: Partial<RangeQuery> = {}): Promise<number[][]> =>
  (await store.range({ ...everything, ...query })).map((row) => [...row.key]);
