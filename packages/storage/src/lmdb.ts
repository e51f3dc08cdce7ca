/** The adapter for Node on LMDB: a directory with one owner, a checksum on every value, a flush behind every answer. */
import { dirname, join, resolve } from "node:path";
import { SyncError } from "@syncline/machine";
import { type Applied, appliedWrite, newApplied, readApplied } from "./applied.ts";
import { checkDataFile, clearForDataFile } from "./data-file.ts";
import { type DirectoryLock, lockDirectory } from "./directory-lock.ts";
import { makeDirectory, syncDirectory } from "./durable-files.ts";
import { type Environment, type EnvironmentWrite, openEnvironment } from "./environment.ts";
import { readFormat, writeFormat } from "./format.ts";
import { identityOf } from "./identity.ts";
import { storeOn } from "./lmdb-store.ts";
import { readValue } from "./proven-reads.ts";
import { seal } from "./seal.ts";
import { openErrorOf } from "./storage-errors.ts";
import type { Store } from "./store.ts";
import { type DiskUse, openWriteAheadLog } from "./write-ahead-log.ts";

export type { DiskUse } from "./write-ahead-log.ts";

/** A store in a directory on disk. */
export interface LmdbStore extends Store {
  /**
   * Whether the data file is not the one that was last written here: somebody has put a copy, such as a backup, in its place.
   *
   * What this store knew since the copy was taken is then gone, though others may have seen it; who gives out names or numbers must not go on
   * counting. The file's identity (device, inode, time of birth) is kept in it and compared at each open. The new one is stored together with the
   * first write after the open, in one transaction; so the first write should hold what follows from the copy, and a process that dies
   * before it is told again at the next open.
   *
   * Renaming the directory makes no copy. Not noticed: a roll-back below the file system (a snapshot of the disk or of the virtual machine), old
   * bytes written into the file in place (`dd`, `rsync --inplace`, `cp` onto the existing file). Noticed though harmless: a device that has
   * another number after a reboot, and a system that says when a file was changed instead of born (Linux before 4.11).
   */
  readonly isCopy: boolean;
  /** What the store has asked of its disk so far. */
  readonly diskUse: DiskUse;
}

/** How an LMDB store is opened. */
export interface LmdbStoreOptions {
  /**
   * Address space for the data file at first, in bytes: 1 GiB by default, from 1 MiB to 16 TiB. Not a limit: it doubles whenever the file outgrows it.
   * It costs no memory. Less is wanted only where address space is rationed (`ulimit -v`), where too much ends the process.
   */
  readonly mapSizeBytes?: number;
}

const dataFile = "data.mdb";
/** Before every row's key, with the identity of the file as its value. */
const firstKey = Uint8Array.of(0);
/** Behind every row's key, so that a scan always finds an end. */
const lastKey = Uint8Array.of(2);

const MAP_BYTES_DEFAULT = 2 ** 30;
const MAP_BYTES_MIN = 2 ** 20;
const MAP_BYTES_MAX = 2 ** 44;

/**
 * Opens the store in a directory, which is made if it is missing and becomes a store if it is empty.
 *
 * A call to `write` costs two flushes, shared with all calls made while those before were under way. Reads take microseconds from the page cache and
 * block the event loop while the disk is read.
 *
 * Rejects with `STORAGE_IN_USE` if the directory is open already, here or in another process; `STORAGE_FORMAT` if it holds something else or
 * a later version's data (nothing is touched then); `STORAGE_CORRUPT` if the data file is missing or damaged; `STORAGE_FAILED` if the
 * system refuses; `BAD_CONFIG` for a wrong option.
 */
export const openLmdbStore = async (
  directory: string,
  options: LmdbStoreOptions = {},
): Promise<LmdbStore> => {
  const path = resolve(directory);
  const mapSizeBytes = options.mapSizeBytes ?? MAP_BYTES_DEFAULT;
  checkMapSize(mapSizeBytes);
  try {
    await makeDirectory(path);
    // Before the lock: the lock is a file, and a directory that is not ours gets none.
    await readFormat(path);
    return await openLocked(path, lockDirectory(path), mapSizeBytes);
  } catch (error) {
    throw openErrorOf(error, path);
  }
};

const checkMapSize = (bytes: number): void => {
  if (!Number.isSafeInteger(bytes) || bytes < MAP_BYTES_MIN || bytes > MAP_BYTES_MAX) {
    throw new SyncError("BAD_CONFIG", `mapSizeBytes is ${bytes}, not from 1 MiB to 16 TiB`);
  }
};

const openLocked = async (
  directory: string,
  lock: DirectoryLock,
  mapSizeBytes: number,
): Promise<LmdbStore> => {
  try {
    const file = join(directory, dataFile);
    // Again, under the lock: another process may have made the store meanwhile.
    if ((await readFormat(directory)) === "ready") await checkDataFile(file);
    else await makeStore(directory, mapSizeBytes);
    const environment = await openEnvironment(file, mapSizeBytes);
    return await openStore(file, environment, lock);
  } catch (error) {
    lock.release();
    throw error;
  }
};

/** The directory is marked first and the mark changed last, so that an interrupted attempt is known for one and begun anew. */
const makeStore = async (directory: string, mapSizeBytes: number): Promise<void> => {
  await writeFormat(directory, "creating");
  const file = join(directory, dataFile);
  await clearForDataFile(file);
  const environment = await openEnvironment(file, mapSizeBytes);
  try {
    const identity = identityWrite(await identityOf(file));
    await environment.write([identity, appliedWrite(newApplied()), lastWrite()]);
  } finally {
    await environment.close();
  }
  await syncDirectory(directory);
  await writeFormat(directory, "ready");
};

const openStore = async (
  file: string,
  environment: Environment,
  lock: DirectoryLock,
): Promise<LmdbStore> => {
  try {
    const identity = await identityOf(file);
    const isCopy = readIdentity(environment) !== identity;
    const log = await openWriteAheadLog({
      directory: dirname(file),
      environment,
      applied: await appliedIn(environment),
      isCopy,
      firstWrites: isCopy ? [identityWrite(identity)] : [],
    });
    return {
      ...storeOn({ environment, log, lock }),
      isCopy,
      get diskUse() {
        return log.diskUse;
      },
    };
  } catch (error) {
    await environment.close();
    throw error;
  }
};

/** A store of a version that had no log gets one. */
const appliedIn = async (environment: Environment): Promise<Applied> => {
  const known = readApplied(environment);
  if (known !== null) return known;
  const applied = newApplied();
  await environment.write([appliedWrite(applied)]);
  return applied;
};

const identityWrite = (identity: string): EnvironmentWrite => ({
  key: firstKey,
  value: seal(firstKey, Buffer.from(identity)),
});

const lastWrite = (): EnvironmentWrite => ({
  key: lastKey,
  value: seal(lastKey, new Uint8Array()),
});

const readIdentity = (environment: Environment): string => {
  const identity = readValue(environment, firstKey);
  if (identity === null) throw new SyncError("STORAGE_CORRUPT", "the data file has lost its start");
  return Buffer.from(identity).toString();
};
