/**
 * What has to be true of the data file before LMDB sees it.
 *
 * The library (lmdb 3.5.6) frees its environment twice when an open fails, which ends the process with SIGSEGV. So whatever would make it fail is
 * looked for first: no file, no right to write, another program's file, a file that ends within its first two pages, no space for a new one.
 */
import { type FileHandle, open, rm } from "node:fs/promises";
import { SyncError } from "@syncline/machine";

/** Both pages of a file's start fit into this, and the first pages that are written. */
const SPACE_BYTES_MIN = 128 * 1024;

/** The first page: a page of the kind "meta" (a flag), LMDB's number, the version of its format, the size of a page. All little-endian, on 64 bits. */
const META_FLAG = 8;
const MAGIC = 0xbeefc0de;
const LMDB_VERSION = 2;
const HEADER_BYTES = 52;

/** Rejects with `STORAGE_CORRUPT` if the file cannot be LMDB's, or with the system's error if it may not be changed. */
export const checkDataFile = async (file: string): Promise<void> => {
  const handle = await open(file, "r+").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    throw new SyncError("STORAGE_CORRUPT", `${file} is missing`);
  });
  try {
    if (!(await isWhole(handle))) {
      throw new SyncError("STORAGE_CORRUPT", `the start of ${file} is damaged`);
    }
  } finally {
    await handle.close();
  }
};

const isWhole = async (handle: FileHandle): Promise<boolean> => {
  const { size } = await handle.stat();
  const { buffer: header, bytesRead } = await handle.read(Buffer.alloc(HEADER_BYTES), {
    position: 0,
  });
  const pageBytes = header.readUInt32LE(48);
  return (
    bytesRead === HEADER_BYTES &&
    (header.readUInt16LE(18) & META_FLAG) !== 0 &&
    header.readUInt32LE(24) === MAGIC &&
    header.readUInt16LE(28) === LMDB_VERSION &&
    [4096, 8192, 16_384, 32_768, 65_536].includes(pageBytes) &&
    size >= 2 * pageBytes
  );
};

/** Removes what is left of an earlier attempt, and proves that there is space for a new file. */
export const clearForDataFile = async (file: string): Promise<void> => {
  await rm(file, { force: true });
  const handle = await open(file, "w");
  try {
    await handle.writeFile(Buffer.alloc(SPACE_BYTES_MIN, 1));
    await handle.sync();
  } finally {
    await handle.close();
    await rm(file, { force: true });
  }
};
