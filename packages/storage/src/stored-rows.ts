/** How a row stands in the tree: behind a prefix of its own, its value behind checksums. */
import type { EnvironmentWrite } from "./environment.ts";
import type { RecordRow } from "./log-record.ts";
import { seal } from "./seal.ts";
import type { Write } from "./store.ts";

/** Begins the key of a row. With it the caller's empty key is none to LMDB, which has no empty keys. */
const ROW_PREFIX = 1;

/** The key of a row. */
export const prefixed = (key: Uint8Array): Uint8Array => {
  const stored = new Uint8Array(1 + key.length);
  stored[0] = ROW_PREFIX;
  stored.set(key, 1);
  return stored;
};

/** A caller's write. */
export const storedWrite = (write: Write): EnvironmentWrite => {
  const key = prefixed(write.key);
  switch (write.kind) {
    case "put":
      return { key, value: seal(key, write.value) };
    case "delete":
      return { key, value: null };
  }
};

/** A row out of the log. */
export const sealedWrite = (row: RecordRow): EnvironmentWrite => {
  const key = prefixed(row.key);
  return { key, value: row.value === null ? null : seal(key, row.value) };
};
