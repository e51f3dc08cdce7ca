/**
 * The chunks of snapshots: a file for each, whose name says nothing about whether it holds. A fact in the log says that, once the chunks are on disk, so a
 * crash in between leaves a file that nobody names, and `retain` removes it.
 *
 * A frame for each chunk: offset: 8 · bytes: 4 · CRC-32 of these two and the bytes: 4 · bytes. Little-endian.
 */
import { type FileHandle, open, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { assert, SyncError } from "@syncline/machine";
import { syncDirectory } from "../durable-files.ts";
import type { RaftLogRecord } from "./records.ts";

const FRAME_HEADER_BYTES = 16;

/** A piece of a snapshot. */
export type Chunk = Extract<RaftLogRecord, { readonly kind: "chunk" }>;

/** The snapshots of one log. */
export interface SnapshotFiles {
  /** Makes the chunks durable. One call at a time. */
  write(chunks: readonly Chunk[]): Promise<void>;
  /** Removes snapshots. One that is there again after a crash is named by nobody. */
  remove(snapshots: readonly string[]): Promise<void>;
  /** The chunk that begins at this offset, or null if none does. Rejects with `STORAGE_CORRUPT` if it is damaged. */
  read(snapshot: string, offset: number): Promise<Uint8Array | null>;
  /** Up to which offset the chunks of a snapshot are there without a gap, and whole. Reads all of them. */
  wholeBytesOf(snapshot: string): Promise<number>;
  /** Removes all other snapshots. */
  retain(snapshots: readonly string[]): Promise<void>;
}

/** Where a chunk is in its file. */
interface Frame {
  readonly at: number;
  readonly byteCount: number;
}

interface Files {
  readonly directory: string;
  /** Of snapshots that were read or written since the start. */
  readonly framesBySnapshot: Map<string, Map<number, Frame>>;
}

/** The snapshots in a directory. Opens nothing before it is needed. */
export const openSnapshotFiles = (directory: string): SnapshotFiles => {
  const files: Files = { directory, framesBySnapshot: new Map() };
  return {
    write: async (chunks) => {
      for (const group of groupsOf(chunks)) await append(files, group);
    },
    remove: async (snapshots) => {
      for (const snapshot of snapshots) {
        files.framesBySnapshot.delete(snapshot);
        await rm(join(directory, nameOf(snapshot)), { force: true });
      }
      await syncDirectory(directory);
    },
    read: (snapshot, offset) => read(files, snapshot, offset),
    wholeBytesOf: async (snapshot) => {
      let end = 0;
      for (;;) {
        const bytes = await read(files, snapshot, end).catch(() => null);
        if (bytes === null || bytes.length === 0) return end;
        end += bytes.length;
      }
    },
    retain: async (snapshots) => {
      const kept = new Set(snapshots.map(nameOf));
      for (const name of await readdir(directory)) {
        if (name.startsWith("snapshot-") && !kept.has(name)) await rm(join(directory, name));
      }
      await syncDirectory(directory);
    },
  };
};

/** Chunks of one snapshot that stand together share a flush. */
const groupsOf = (chunks: readonly Chunk[]): readonly (readonly Chunk[])[] => {
  const groups: Chunk[][] = [];
  for (const chunk of chunks) {
    const last = groups.at(-1);
    if (last?.[0]?.snapshot === chunk.snapshot && chunk.offset > 0) last.push(chunk);
    else groups.push([chunk]);
  }
  return groups;
};

/** Hexadecimal, since a snapshot's name may have any characters. */
const nameOf = (snapshot: string): string => `snapshot-${Buffer.from(snapshot).toString("hex")}`;

const append = async (files: Files, chunks: readonly Chunk[]): Promise<void> => {
  const [{ snapshot } = { snapshot: "" }] = chunks;
  const path = join(files.directory, nameOf(snapshot));
  const isNew = chunks[0]?.offset === 0;
  const frames = isNew ? new Map<number, Frame>() : await framesOf(files, snapshot);
  files.framesBySnapshot.set(snapshot, frames);
  const handle = await open(path, isNew ? "w" : "r+");
  try {
    const buffers: Uint8Array[] = [];
    let { at, offset } = endOf(frames);
    const startAt = at;
    for (const chunk of chunks) {
      assert(chunk.offset === offset, "a chunk of a snapshot leaves a gap");
      buffers.push(frameHeader(chunk), chunk.bytes);
      frames.set(offset, { at, byteCount: chunk.bytes.length });
      at += FRAME_HEADER_BYTES + chunk.bytes.length;
      offset += chunk.bytes.length;
    }
    // Behind the last whole chunk, over what a crash may have left of another.
    await writeAll(handle, Buffer.concat(buffers), startAt);
    await handle.truncate(at);
    await handle.sync();
  } finally {
    await handle.close();
  }
  if (isNew) await syncDirectory(files.directory);
};

const writeAll = async (handle: FileHandle, bytes: Buffer, position: number): Promise<void> => {
  for (let count = 0; count < bytes.length;) {
    const { bytesWritten } = await handle.write(
      bytes,
      count,
      bytes.length - count,
      position + count,
    );
    if (bytesWritten === 0) throw new Error("the system writes nothing");
    count += bytesWritten;
  }
};

const frameHeader = ({ offset, bytes }: Chunk): Buffer => {
  const header = Buffer.alloc(FRAME_HEADER_BYTES);
  header.writeDoubleLE(offset, 0);
  header.writeUInt32LE(bytes.length, 8);
  header.writeUInt32LE(crc32(bytes, crc32(header.subarray(0, 12))), 12);
  return header;
};

const endOf = (frames: ReadonlyMap<number, Frame>): { at: number; offset: number } => {
  let end = { at: 0, offset: 0 };
  for (const [offset, { at, byteCount }] of frames) {
    const [endAt, endOffset] = [at + FRAME_HEADER_BYTES + byteCount, offset + byteCount];
    if (endAt > end.at) end = { at: endAt, offset: endOffset };
  }
  return end;
};

const framesOf = async (files: Files, snapshot: string): Promise<Map<number, Frame>> => {
  const known = files.framesBySnapshot.get(snapshot);
  if (known !== undefined) return known;
  const frames = new Map<number, Frame>();
  files.framesBySnapshot.set(snapshot, frames);
  const handle = await openIfThere(files, snapshot);
  if (handle === null) return frames;
  try {
    const { size } = await handle.stat();
    const header = Buffer.alloc(FRAME_HEADER_BYTES);
    let offset = 0;
    for (let at = 0; at + FRAME_HEADER_BYTES <= size;) {
      await handle.read(header, 0, FRAME_HEADER_BYTES, at);
      const byteCount = header.readUInt32LE(8);
      const endAt = at + FRAME_HEADER_BYTES + byteCount;
      if (header.readDoubleLE(0) !== offset || endAt > size) break;
      frames.set(offset, { at, byteCount });
      offset += byteCount;
      at = endAt;
    }
  } finally {
    await handle.close();
  }
  return frames;
};

const openIfThere = (files: Files, snapshot: string): Promise<FileHandle | null> =>
  open(join(files.directory, nameOf(snapshot)), "r").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });

const read = async (files: Files, snapshot: string, offset: number): Promise<Uint8Array | null> => {
  const frames = await framesOf(files, snapshot);
  const frame = frames.get(offset);
  if (frame === undefined) return null;
  const handle = await openIfThere(files, snapshot);
  if (handle === null) return null;
  try {
    const bytes = Buffer.allocUnsafeSlow(FRAME_HEADER_BYTES + frame.byteCount);
    await handle.read(bytes, 0, bytes.length, frame.at);
    const content = bytes.subarray(FRAME_HEADER_BYTES);
    const isWhole = bytes.readUInt32LE(12) === crc32(content, crc32(bytes.subarray(0, 12)));
    if (isWhole) return content;
    throw new SyncError("STORAGE_CORRUPT", `a chunk of the snapshot ${snapshot} is damaged`);
  } finally {
    await handle.close();
  }
};
