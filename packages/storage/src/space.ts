/**
 * The length of the data file, and space for the next commit, taken before it begins.
 *
 * When a write of pages fails (no space, a quota, a limit), the library (lmdb 3.5.6) describes it in a buffer that is too short for the description. That
 * corrupts the heap: the process is aborted, at once or later, with a message about memory. So the disk is asked for the space first, by writing zeros behind the last page,
 * whose failure is an ordinary error, and LMDB then writes to space that the file has. Where a file system puts overwritten blocks elsewhere (Btrfs, ZFS) a full
 * disk may still end the process so; nothing that was acknowledged is lost by it.
 */
import { type FileHandle, open, stat, truncate } from "node:fs/promises";
import { SyncError } from "@syncline/machine";

/** How LMDB uses its file. All but the first are numbers of pages. */
export interface Usage {
  readonly pageBytes: number;
  /** All pages up to the last that was ever used. */
  readonly endPages: number;
  readonly treeLevels: number;
  readonly branchPages: number;
  readonly leafPages: number;
  /** The pages that list the free ones. */
  readonly freeListPages: number;
}

/** A write, as far as it takes space. */
interface SizedWrite {
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
}

const GROWTH_BYTES_MIN = 256 * 1024;
const GROWTH_BYTES_MAX = 4 * 1024 * 1024;
const ZEROS_BYTES = 256 * 1024;

/** How far a file may end before its last page: pages that were allocated and freed within one commit are never written. */
const UNWRITTEN_BYTES_MAX = 16 * 1024 ** 3;

/** The space behind the last page of one file. */
export interface Space {
  /** Makes sure of space for these writes. One call at a time, with no commit under way. Rejects with the system's error, and leaves the file as it was. */
  reserve(writes: readonly SizedWrite[], usage: Usage): Promise<void>;
}

/** The space of a file that only we and LMDB write. */
export const spaceIn = (file: string): Space => {
  let reservedBytes = 0;
  return {
    reserve: async (writes, usage) => {
      const usedBytes = usage.endPages * usage.pageBytes;
      const neededBytes = usedBytes + pagesFor(writes, usage) * usage.pageBytes;
      if (neededBytes <= reservedBytes) return;
      reservedBytes = await extend(file, neededBytes);
    },
  };
};

/**
 * The most pages that a commit of these writes takes from the end of the file, were no free page of use.
 *
 * Every write copies the pages from the root to its leaf, though no page twice; new keys and values split leaves; a value of more than about half a page gets pages of
 * its own; and the list of free pages is written anew, with the pages that were replaced.
 */
const pagesFor = (writes: readonly SizedWrite[], usage: Usage): number => {
  const { pageBytes, treeLevels, branchPages, leafPages, freeListPages } = usage;
  let valuePages = 0;
  let rowBytes = 0;
  for (const { key, value } of writes) {
    const bytes = key.length + (value?.length ?? 0) + 16;
    if (bytes > pageBytes / 2 - 32) valuePages += Math.ceil(bytes / pageBytes) + 1;
    rowBytes += Math.min(bytes, pageBytes / 2);
  }
  const copiedPages =
    Math.min(writes.length, leafPages) + Math.min(writes.length * treeLevels, branchPages);
  const splitPages = Math.ceil((4 * rowBytes) / pageBytes) + treeLevels + 2;
  const listPages = 2 * freeListPages + Math.ceil(writes.length / 8) + 16;
  return valuePages + copiedPages + splitPages + listPages;
};

/** Writes zeros to the end of the file until it has this length, and somewhat more where there is space. Gives the new length. */
const extend = async (file: string, wantedBytes: number): Promise<number> => {
  const { size } = await stat(file);
  const growthBytes = Math.min(Math.max(size / 8, GROWTH_BYTES_MIN), GROWTH_BYTES_MAX);
  const handle = await open(file, "r+");
  let endBytes = size;
  try {
    while (endBytes < wantedBytes + growthBytes) endBytes += await writeZeros(handle, endBytes);
  } catch (error) {
    if (endBytes < wantedBytes) {
      await handle.truncate(size);
      throw error;
    }
  } finally {
    await handle.close();
  }
  return endBytes;
};

const writeZeros = async (handle: FileHandle, position: number): Promise<number> => {
  const { bytesWritten } = await handle.write(Buffer.alloc(ZEROS_BYTES), 0, ZEROS_BYTES, position);
  return bytesWritten;
};

/**
 * Makes the file as long as its root says that it is.
 *
 * LMDB reads through a memory map. In a file that was cut off, a copy that was interrupted for example, reading behind the end would kill the process with SIGBUS;
 * zeros instead fail the checks of LMDB or ours, as one row's error.
 */
export const fillUp = async (file: string, usage: Usage): Promise<void> => {
  const { size } = await stat(file);
  const wantedBytes = usage.endPages * usage.pageBytes;
  if (wantedBytes <= size) return;
  if (wantedBytes > size + UNWRITTEN_BYTES_MAX) {
    throw new SyncError("STORAGE_CORRUPT", `${file} is cut off or its root is damaged`);
  }
  await truncate(file, wantedBytes);
};
