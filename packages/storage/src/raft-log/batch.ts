/**
 * What is written with one flush: all records that have gathered, all or none, in whole blocks of the disk.
 *
 * Whole blocks, so that no write touches one that holds what was acknowledged before, and so that a batch can be found behind a damaged one.
 *
 * magic, body's bytes: 4 each · sequence: 8 · checksum of the batch before, count of records: 4 each · the log's id: 8 · last entry's index, its term,
 * base's index, its term: 8 each · facts' bytes: 4 · CRC-32 of all of this and of the body: 4 · body: facts, records · zeros to the block's end.
 * A record: kind, type: 1 each · 2 zeros · bytes: 4 · CRC-32 of the record without this: 4 · index, term: 8 each · bytes. Little-endian; what has
 * 8 bytes is a double that holds a whole number.
 *
 * The facts, the last entry and the base are those that hold when the batch is on disk. So any whole batch tells what a damaged one before it changed
 * in them, a vote above all, and how far the log went.
 */
import { crc32 } from "node:zlib";
import type { EntryPlace, LogEntry } from "./records.ts";

/** What is written at a time. Disks write sectors of 512 or 4,096 bytes as wholes; a power cut may spoil the one under way. */
export const BLOCK_BYTES = 4096;
/** The id of a log: never seen outside, so that nobody can bring bytes into an entry that look like a batch of it. */
export const LOG_ID_BYTES = 8;
/** What stands before an entry's bytes. */
export const RECORD_HEADER_BYTES = 28;
const MAGIC = 0x474c_5253;
const HEADER_BYTES = 72;
const CHECKSUM_AT = 68;

/** What stands in a batch's body besides the facts. */
export type BatchRecord =
  | { readonly kind: "entry"; readonly entry: LogEntry }
  | { readonly kind: "truncation"; readonly fromIndex: number }
  | { readonly kind: "base"; readonly base: EntryPlace };

/** A batch without its records' content. */
export interface BatchHead {
  /** Counted from 1, over the life of the log. */
  readonly sequence: number;
  /** The checksum of the batch that this one follows; 0 for the first. */
  readonly previousChecksum: number;
  /** The last entry, or the base if there is none behind it, when this batch is on disk. */
  readonly last: EntryPlace;
  readonly base: EntryPlace;
  readonly facts: Uint8Array;
}

/** A batch as it was found. */
export interface FoundBatch extends BatchHead {
  readonly checksum: number;
  readonly records: readonly FoundRecord[];
  /** With the zeros at its end. */
  readonly byteCount: number;
}

/** A record, and where in its file it begins. */
export interface FoundRecord {
  readonly record: BatchRecord;
  readonly at: number;
}

const kinds = { entry: 1, truncation: 2, base: 3 } as const;

/** How many bytes the batch of these records has. */
export const batchBytesOf = (factsBytes: number, records: readonly BatchRecord[]): number => {
  let byteCount = HEADER_BYTES + factsBytes;
  for (const record of records) {
    byteCount += RECORD_HEADER_BYTES + (record.kind === "entry" ? record.entry.bytes.length : 0);
  }
  return Math.ceil(byteCount / BLOCK_BYTES) * BLOCK_BYTES;
};

/** Where the first record of a batch begins. */
export const firstRecordAt = (factsBytes: number): number => HEADER_BYTES + factsBytes;

/** Writes a batch at the beginning of `buffer`, which is long enough, and returns its checksum. */
export const encodeBatch = (
  buffer: Buffer,
  id: Uint8Array,
  head: BatchHead,
  records: readonly BatchRecord[],
): number => {
  buffer.set(head.facts, HEADER_BYTES);
  let position = HEADER_BYTES + head.facts.length;
  for (const record of records) position = encodeRecord(buffer, position, record);
  buffer.fill(0, position, Math.ceil(position / BLOCK_BYTES) * BLOCK_BYTES);

  buffer.writeUInt32LE(MAGIC, 0);
  buffer.writeUInt32LE(position - HEADER_BYTES, 4);
  buffer.writeDoubleLE(head.sequence, 8);
  buffer.writeUInt32LE(head.previousChecksum, 16);
  buffer.writeUInt32LE(records.length, 20);
  buffer.set(id, 24);
  buffer.writeDoubleLE(head.last.index, 32);
  buffer.writeDoubleLE(head.last.term, 40);
  buffer.writeDoubleLE(head.base.index, 48);
  buffer.writeDoubleLE(head.base.term, 56);
  buffer.writeUInt32LE(head.facts.length, 64);
  const checksum = checksumOf(buffer, 0, position);
  buffer.writeUInt32LE(checksum, CHECKSUM_AT);
  return checksum;
};

const encodeRecord = (buffer: Buffer, at: number, record: BatchRecord): number => {
  buffer.writeUInt32LE(0, at);
  buffer[at] = kinds[record.kind];
  const { index, term } = placeOf(record);
  buffer.writeDoubleLE(index, at + 12);
  buffer.writeDoubleLE(term, at + 20);
  let end = at + RECORD_HEADER_BYTES;
  if (record.kind === "entry") {
    const { type, bytes } = record.entry;
    buffer[at + 1] = type;
    buffer.set(bytes, end);
    end += bytes.length;
  }
  buffer.writeUInt32LE(end - at - RECORD_HEADER_BYTES, at + 4);
  buffer.writeUInt32LE(recordChecksum(buffer, at, end), at + 8);
  return end;
};

const placeOf = (record: BatchRecord): EntryPlace => {
  switch (record.kind) {
    case "entry":
      return record.entry;
    case "base":
      return record.base;
    case "truncation":
      return { index: record.fromIndex, term: 0 };
  }
};

const checksumOf = (buffer: Buffer, at: number, end: number): number =>
  crc32(buffer.subarray(at + HEADER_BYTES, end), crc32(buffer.subarray(at, at + CHECKSUM_AT)));

const recordChecksum = (buffer: Buffer, at: number, end: number): number =>
  crc32(buffer.subarray(at + 12, end), crc32(buffer.subarray(at, at + 8)));

/** The batch that begins at this block, or null if none that is whole and of this log does. Entries' bytes are views of the file. */
export const decodeBatch = (file: Buffer, at: number, id: Uint8Array): FoundBatch | null => {
  if (file.length - at < HEADER_BYTES || file.readUInt32LE(at) !== MAGIC) return null;
  const end = at + HEADER_BYTES + file.readUInt32LE(at + 4);
  if (end > file.length) return null;
  if (Buffer.compare(file.subarray(at + 24, at + 24 + LOG_ID_BYTES), id) !== 0) return null;
  const checksum = file.readUInt32LE(at + CHECKSUM_AT);
  if (checksum !== checksumOf(file, at, end)) return null;
  const recordsAt = at + HEADER_BYTES + file.readUInt32LE(at + 64);
  if (recordsAt > end) return null;
  const records = recordsIn(file.subarray(0, end), recordsAt, file.readUInt32LE(at + 20));
  if (records === null) return null;
  return {
    sequence: file.readDoubleLE(at + 8),
    previousChecksum: file.readUInt32LE(at + 16),
    last: { index: file.readDoubleLE(at + 32), term: file.readDoubleLE(at + 40) },
    base: { index: file.readDoubleLE(at + 48), term: file.readDoubleLE(at + 56) },
    facts: file.subarray(at + HEADER_BYTES, recordsAt),
    checksum,
    records,
    byteCount: Math.ceil((end - at) / BLOCK_BYTES) * BLOCK_BYTES,
  };
};

const recordsIn = (bytes: Buffer, from: number, count: number): readonly FoundRecord[] | null => {
  const records: FoundRecord[] = [];
  let at = from;
  for (let number = 0; number < count; number += 1) {
    const record = decodeRecord(bytes, at);
    if (record === null) return null;
    records.push({ record, at });
    at += RECORD_HEADER_BYTES + (record.kind === "entry" ? record.entry.bytes.length : 0);
  }
  return at === bytes.length ? records : null;
};

/** The record at this place of a file, or null if none that is whole is there. An entry's bytes are a view. */
export const decodeRecord = (bytes: Buffer, at: number): BatchRecord | null => {
  const contentAt = at + RECORD_HEADER_BYTES;
  if (contentAt > bytes.length) return null;
  const end = contentAt + bytes.readUInt32LE(at + 4);
  if (end > bytes.length || bytes.readUInt32LE(at + 8) !== recordChecksum(bytes, at, end)) {
    return null;
  }
  const [index, term] = [bytes.readDoubleLE(at + 12), bytes.readDoubleLE(at + 20)];
  switch (bytes.readUInt8(at)) {
    case kinds.entry: {
      const type = bytes.readUInt8(at + 1);
      return { kind: "entry", entry: { index, term, type, bytes: bytes.subarray(contentAt, end) } };
    }
    case kinds.truncation:
      return { kind: "truncation", fromIndex: index };
    case kinds.base:
      return { kind: "base", base: { index, term } };
    default:
      return null;
  }
};
