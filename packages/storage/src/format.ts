/** `format.json` says that a directory is ours and in which format, so that nothing of another's, or of a later version's, is ever touched. */
import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { SyncError } from "@syncline/machine";
import { replaceFile } from "./durable-files.ts";

/** The version that this code writes, and the only one that it reads. */
const FORMAT_VERSION = 1;
const FORMAT_NAME = "syncline-storage";
const formatFile = "format.json";
/** A longer file was not written by us and is not read to its end. */
const FORMAT_BYTES_MAX = 1024;

/** What an open that was interrupted leaves, by the largest size that it can have; there is nothing in it. */
const emptyFiles: ReadonlyMap<string, number> = new Map([
  ["lock", 0],
  [`${formatFile}.new`, FORMAT_BYTES_MAX],
]);
/** The root of a file system of its own is an empty directory as well. */
const systemFolders = new Set(["lost+found"]);

/**
 * How far a directory has come.
 *
 * `creating` stands in the file while the data file is made. Without it a crash in between would leave files without a format, which nobody
 * dares to touch, or a format without data, which looks like a store whose data was lost.
 */
export type FormatState = "empty" | "creating" | "ready";

/**
 * Reads how far the directory has come; rejects with `STORAGE_FORMAT` if it holds anything that is not ours. Writes nothing.
 *
 * The names are read first and the format second. The other way round another process could make a store in between, whose files would then
 * look like files without a format.
 */
export const readFormat = async (
  directory: string,
  formatName: string = FORMAT_NAME,
): Promise<FormatState> => {
  const foreign = await foreignNameIn(directory);
  const text = await readStart(join(directory, formatFile));
  if (text !== null) return stateIn(text, directory, formatName);
  if (foreign === null) return "empty";
  const found = `${directory} holds ${JSON.stringify(foreign)} and no ${formatFile}`;
  throw new SyncError("STORAGE_FORMAT", `${found}: this is no data directory of Syncline`);
};

/** Writes how far the directory has come, durably. */
export const writeFormat = (
  directory: string,
  state: "creating" | "ready",
  formatName: string = FORMAT_NAME,
): Promise<void> => {
  const format = { format: formatName, version: FORMAT_VERSION, state };
  return replaceFile(join(directory, formatFile), `${JSON.stringify(format)}\n`);
};

const foreignNameIn = async (directory: string): Promise<string | null> => {
  for (const name of await readdir(directory)) {
    if (name === formatFile || systemFolders.has(name)) continue;
    if ((await sizeOf(join(directory, name))) > (emptyFiles.get(name) ?? -1)) return name;
  }
  return null;
};

/** 0 for a file that is gone again. */
const sizeOf = async (file: string): Promise<number> => {
  const status = await stat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return { size: 0 };
    throw error;
  });
  return status.size;
};

const readStart = async (file: string): Promise<string | null> => {
  const handle = await open(file, "r").catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  });
  if (handle === null) return null;
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(FORMAT_BYTES_MAX));
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await handle.close();
  }
};

const stateIn = (text: string, directory: string, formatName: string): FormatState => {
  const { format, version, state } = parsed(text);
  if (format !== formatName) {
    const found = `${join(directory, formatFile)} is not what was looked for, or is damaged`;
    throw new SyncError("STORAGE_FORMAT", `${found}; nothing was touched`);
  }
  if (version !== FORMAT_VERSION || (state !== "creating" && state !== "ready")) {
    const found = `${directory} has format version ${JSON.stringify(version)}`;
    const known = `this version of Syncline reads ${FORMAT_VERSION}`;
    throw new SyncError("STORAGE_FORMAT", `${found}; ${known}; nothing was touched`);
  }
  return state;
};

const parsed = (text: string): Readonly<Record<string, unknown>> => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
};
