/**
 * One owner for a directory, whoever else starts.
 *
 * The lock is one of the kernel's, on the open file: it ends with the process however that ends, so there is nothing to clean up after `kill -9`
 * and no id of a process that another may have got meanwhile. On Linux it is an open file description lock (`fcntl` with `F_OFD_SETLK`), on macOS `flock`,
 * on Windows `LockFileEx`; unlike POSIX's record locks these also keep a second open in the same process out, and are not lost when some other
 * descriptor of the file is closed. A socket as a lock was the alternative: it would need no native code, but one in the file system outlives its
 * owner, and one in Linux' abstract namespace is not seen by a container that shares the directory and not the network.
 */
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { SyncError } from "@syncline/machine";
import { tryLock } from "fs-native-extensions";

/** A lock that is held until it is released or the process ends. */
export interface DirectoryLock {
  /** Lets others in. To be called once. */
  release(): void;
}

/** Takes the lock of a directory or throws `STORAGE_IN_USE` at once. Leaves an empty file called `lock` behind, which means nothing by itself. */
export const lockDirectory = (directory: string): DirectoryLock => {
  // A number, not a FileHandle: that would close itself, and so release the lock, when nobody refers to it any more.
  const descriptor = openSync(join(directory, "lock"), "a");
  try {
    if (tryLock(descriptor)) return { release: () => closeSync(descriptor) };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
  closeSync(descriptor);
  throw new SyncError("STORAGE_IN_USE", `${directory} is in use by another process or store`);
};
