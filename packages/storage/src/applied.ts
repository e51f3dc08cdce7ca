/** How far the tree has come: the record of the log whose rows it has, with those of all before it. */
import { randomBytes } from "node:crypto";
import { SyncError } from "@syncline/machine";
import type { Environment, EnvironmentWrite } from "./environment.ts";
import { LOG_ID_BYTES } from "./log-record.ts";
import { readValue } from "./proven-reads.ts";
import { seal } from "./seal.ts";

/** A record of a log. */
export interface Applied {
  /** Which log: another store's records mean nothing here. */
  readonly id: Uint8Array;
  /** The number of the record; 0 before the first. */
  readonly sequence: number;
}

/** Behind the file's identity and before every row. */
const appliedKey = Uint8Array.of(0, 1);
const TWO_32 = 2 ** 32;

/** What the tree says, or null if it never had a log. */
export const readApplied = (environment: Environment): Applied | null => {
  const value = readValue(environment, appliedKey);
  if (value === null) return null;
  if (value.length !== LOG_ID_BYTES + 8) {
    throw new SyncError("STORAGE_CORRUPT", "the place in the log is no place");
  }
  const numbers = new DataView(value.buffer, value.byteOffset + LOG_ID_BYTES);
  return {
    id: value.subarray(0, LOG_ID_BYTES),
    sequence: numbers.getUint32(0) * TWO_32 + numbers.getUint32(4),
  };
};

/** The beginning of a log of its own. */
export const newApplied = (): Applied => ({
  id: new Uint8Array(randomBytes(LOG_ID_BYTES)),
  sequence: 0,
});

/** The write that says so, to go with the rows. */
export const appliedWrite = ({ id, sequence }: Applied): EnvironmentWrite => {
  const value = new Uint8Array(LOG_ID_BYTES + 8);
  value.set(id);
  const numbers = new DataView(value.buffer, LOG_ID_BYTES);
  numbers.setUint32(0, Math.floor(sequence / TWO_32));
  numbers.setUint32(4, sequence % TWO_32);
  return { key: appliedKey, value: seal(appliedKey, value) };
};
