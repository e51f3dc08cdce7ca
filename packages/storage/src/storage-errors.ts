/** What a system's or LMDB's error means to a user. */
import { SyncError } from "@syncline/machine";

/** LMDB's codes for a file that does not hold what it should: a missing page, a damaged one, no LMDB file at all, another version of it. */
const corruptCodes: readonly unknown[] = [-30797, -30796, -30793, -30794];

/** The error of an open, as the user is to see it. */
export const openErrorOf = (error: unknown, directory: string): SyncError =>
  syncErrorOf(error, `cannot open ${directory}`);

/** The error of a read, as the user is to see it. */
export const readErrorOf = (error: unknown): SyncError => syncErrorOf(error, "cannot read");

/** The error of a write, which ends all writing. */
export const writeErrorOf = (error: unknown): SyncError =>
  new SyncError("STORAGE_FAILED", `cannot write: ${messageOf(error)}`, { cause: error });

const syncErrorOf = (error: unknown, what: string): SyncError => {
  if (error instanceof SyncError) return error;
  const code = isCorruption(error) ? "STORAGE_CORRUPT" : "STORAGE_FAILED";
  return new SyncError(code, `${what}: ${messageOf(error)}`, { cause: error });
};

const isCorruption = (error: unknown): boolean =>
  error instanceof Error && "code" in error && corruptCodes.includes(error.code);

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
