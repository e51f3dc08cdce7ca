/**
 * Reads that prove what they say, also when they say that something is not there.
 *
 * A checksum on every row finds a row whose bytes have changed. It cannot find one that is no longer found: if a bit of a key has changed, on its own page or on one above
 * that leads to it, a search goes the wrong way and ends at "not found", and a scan ends too soon. A relay that lost the end of its log in
 * this way would give the same numbers to other batches. So nothing is called missing before the rows on both sides of the gap were seen:
 *   1. a search that went wrong ends beside the changed key, whose checksum is wrong, or on another page, beside keys that are not on
 *      the two sides of the one looked for;
 *   2. a scan goes on to the first row behind its end, which is there for real if its key's checksum says so, and every row of it must be behind the one before.
 * There is a record before and one behind all rows, so a side without a row is damage, too.
 */
import { SyncError } from "@syncline/machine";
import type { Environment, EnvironmentRow } from "./environment.ts";
import { isSealOf, unseal } from "./seal.ts";

/** A copy of the value at a key, or null if there is none. Throws `STORAGE_CORRUPT` if the file cannot tell. Costs a search, or three where nothing is found. */
export const readValue = (environment: Environment, key: Uint8Array): Uint8Array | null => {
  const sealed = environment.get(key);
  if (sealed !== null) return unsealed(key, sealed);
  for (const row of rowsAround(environment, key)) {
    const order = Buffer.compare(row.key, key);
    if (order === 0) break;
    if (order > 0) return null;
  }
  throw damageAt(key);
};

/** Copies of the rows from one key (in) to another (out), ascending. Throws `STORAGE_CORRUPT` where the file cannot tell. */
export function* readRows(
  environment: Environment,
  fromKey: Uint8Array,
  toKey: Uint8Array,
): Generator<EnvironmentRow> {
  for (const row of rowsAround(environment, fromKey)) {
    if (Buffer.compare(row.key, toKey) >= 0) return;
    if (Buffer.compare(row.key, fromKey) < 0) continue;
    yield { key: row.key, value: unsealed(row.key, row.value) };
  }
}

/** The row at a key or the last one before it, then all behind it: none left out, every key the one that was written. Never comes to an end by itself. */
function* rowsAround(environment: Environment, key: Uint8Array): Generator<EnvironmentRow> {
  const start = environment.rowUpTo(key);
  if (start === null || Buffer.compare(start.key, key) > 0) throw damageAt(key);
  let previousKey: Uint8Array | null = null;
  for (const row of environment.rowsFrom(start.key)) {
    const order = Buffer.compare(row.key, previousKey ?? start.key);
    const isNext = previousKey === null ? order === 0 : order > 0;
    if (!isNext || !isSealOf(row.key, row.value)) throw damageAt(row.key);
    yield row;
    previousKey = row.key;
  }
  throw damageAt(previousKey ?? key);
}

const unsealed = (key: Uint8Array, sealed: Uint8Array): Uint8Array => {
  const value = unseal(key, sealed);
  if (value === null) throw damageAt(key);
  return value;
};

/** Names the key as the caller knows it, without the prefix. */
const damageAt = (key: Uint8Array): SyncError => {
  const name = Buffer.from(key.subarray(1)).toString("hex");
  return new SyncError("STORAGE_CORRUPT", `the data file is damaged at or beside key ${name}`);
};
