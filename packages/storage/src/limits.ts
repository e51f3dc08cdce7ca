/** How large keys and values may be, the same in every adapter, so that what a test stores in memory a disk takes as well. */
import { SyncError } from "@syncline/machine";
import type { Write } from "./store.ts";

/** The longest key. LMDB's limit for pages of 4 KiB is 1,978 bytes; this leaves room for an adapter's own prefix. */
export const KEY_BYTES_MAX = 1900;
/** The largest value: 32 MiB. Larger things are stored in pieces, which also can be read in pieces. */
export const VALUE_BYTES_MAX: number = 32 * 1024 * 1024;

/** Throws `TOO_LARGE` if a key is. */
export const checkKey = (key: Uint8Array): void => {
  if (key.length > KEY_BYTES_MAX) {
    throw new SyncError("TOO_LARGE", `a key of ${key.length} bytes; at most ${KEY_BYTES_MAX} fit`);
  }
};

/** Throws `TOO_LARGE` if a key or a value of any write is. */
export const checkWrites = (writes: readonly Write[]): void => {
  for (const write of writes) {
    checkKey(write.key);
    if (write.kind === "put" && write.value.length > VALUE_BYTES_MAX) {
      const sizes = `${write.value.length} bytes; at most ${VALUE_BYTES_MAX} fit`;
      throw new SyncError("TOO_LARGE", `a value of ${sizes}`);
    }
  }
};
