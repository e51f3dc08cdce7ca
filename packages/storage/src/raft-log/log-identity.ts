/** Who a directory's log is: its incarnation, the secret id in its batches, and whether it was copied here. */
import { randomBytes } from "node:crypto";
import { open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { SyncError } from "@syncline/machine";
import { syncDirectory } from "../durable-files.ts";
import { identityOf } from "../identity.ts";
import { LOG_ID_BYTES } from "./batch.ts";

const IDENTITY_FILE = "identity.json";
const INCARNATION_BYTES = 8;

/** What `identity.json` says. */
export interface LogIdentity {
  /** Random, 16 hexadecimal digits: another for every directory that was ever made. */
  readonly incarnation: string;
  readonly id: Uint8Array;
  /** Whether the file is not the one that was made here: the directory was copied, or put back from a backup. */
  readonly isCopy: boolean;
}

/** Makes a new one, durably. */
export const makeIdentity = async (directory: string): Promise<LogIdentity> => {
  const temporary = join(directory, `${IDENTITY_FILE}.new`);
  const incarnation = randomBytes(INCARNATION_BYTES).toString("hex");
  const id = randomBytes(LOG_ID_BYTES);
  await rm(temporary, { force: true });
  const handle = await open(temporary, "wx");
  try {
    // The file's own identity is in it, and stays what it is when the name changes.
    const file = await identityOf(temporary);
    await handle.writeFile(`${JSON.stringify({ incarnation, log: id.toString("hex"), file })}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, join(directory, IDENTITY_FILE));
  await syncDirectory(directory);
  return { incarnation, id, isCopy: false };
};

/** Reads it. Rejects with `STORAGE_CORRUPT` if it is missing or damaged: without it no batch can be told from another log's. */
export const readIdentity = async (directory: string): Promise<LogIdentity> => {
  const path = join(directory, IDENTITY_FILE);
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  const { incarnation, log, file } = parsed(text);
  if (!isHex(incarnation, INCARNATION_BYTES) || !isHex(log, LOG_ID_BYTES)) {
    throw new SyncError("STORAGE_CORRUPT", `${path} is missing or damaged`);
  }
  const isCopy = file !== (await identityOf(path));
  return { incarnation, id: Buffer.from(log, "hex"), isCopy };
};

const isHex = (value: unknown, byteCount: number): value is string =>
  typeof value === "string" && value.length === 2 * byteCount && /^[0-9a-f]*$/u.test(value);

const parsed = (text: string): Readonly<Record<string, unknown>> => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
};
