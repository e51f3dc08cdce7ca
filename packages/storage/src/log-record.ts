/**
 * A group of writes as one record of the log: whole blocks, so that no write ever touches a block that holds what was acknowledged before, and a
 * record can be found behind a damaged one.
 *
 * magic, body's bytes, sequence (high, low), count: 4 bytes each · the log's id: 8 · CRC-32 of all of this and the body: 4 · body · zeros.
 * The body has for each write: key's bytes: 2 · value's bytes and one, or 0 for a delete: 4 · key · value. All little-endian.
 */
import { crc32 } from "node:zlib";
import type { Write } from "./store.ts";

/** What is written at a time. Disks write sectors of 512 or 4,096 bytes as wholes; a power cut may spoil the one under way. */
export const BLOCK_BYTES = 4096;
/** The id of a log. */
export const LOG_ID_BYTES = 8;
const MAGIC = 0x4c41_5753;
const HEADER_BYTES = 32;
const CHECKSUM_AT = 28;
const WRITE_BYTES = 6;
const TWO_32 = 2 ** 32;

/** Which record of which log. */
export interface RecordPlace {
  readonly id: Uint8Array;
  /** Counted from 1, over the life of the store. */
  readonly sequence: number;
}

/** A row as it was last written: the key's bytes as a text of one character each, and the value, or null if it was deleted. */
export type RecentRow = readonly [key: string, value: Uint8Array | null];

/** A row as it stands in a record; a value of null is a delete. Both are views of the record. */
export interface RecordRow {
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
}

/** A record in memory. Its rows are read out of its bytes, where somebody wants them: as objects, they would be most of a busy process's garbage. */
export interface LogRecord {
  readonly sequence: number;
  readonly bytes: Buffer;
  readonly rowCount: number;
}

/** How many bytes the record of these writes has. */
export const recordBytesOf = (writes: readonly Write[]): number => {
  let byteCount = HEADER_BYTES;
  for (const write of writes) {
    byteCount += WRITE_BYTES + write.key.length;
    if (write.kind === "put") byteCount += write.value.length;
  }
  return Math.ceil(byteCount / BLOCK_BYTES) * BLOCK_BYTES;
};

/** The record of these writes. The bytes are copied. */
export const encodeRecord = (place: RecordPlace, writes: readonly Write[]): LogRecord => {
  const bytes = Buffer.allocUnsafeSlow(recordBytesOf(writes));
  let position = HEADER_BYTES;
  for (const write of writes) {
    const { key } = write;
    const value = write.kind === "put" ? write.value : null;
    bytes.writeUInt16LE(key.length, position);
    bytes.writeUInt32LE(value === null ? 0 : value.length + 1, position + 2);
    const keyAt = position + WRITE_BYTES;
    const valueAt = keyAt + key.length;
    bytes.set(key, keyAt);
    position = valueAt + (value?.length ?? 0);
    if (value !== null) bytes.set(value, valueAt);
  }
  bytes.fill(0, position);
  writeHeader(bytes, place, { bodyBytes: position - HEADER_BYTES, count: writes.length });
  return { sequence: place.sequence, bytes, rowCount: writes.length };
};

const writeHeader = (
  bytes: Buffer,
  { id, sequence }: RecordPlace,
  { bodyBytes, count }: { readonly bodyBytes: number; readonly count: number },
): void => {
  bytes.writeUInt32LE(MAGIC, 0);
  bytes.writeUInt32LE(bodyBytes, 4);
  bytes.writeUInt32LE(Math.floor(sequence / TWO_32), 8);
  bytes.writeUInt32LE(sequence % TWO_32, 12);
  bytes.writeUInt32LE(count, 16);
  bytes.set(id, 20);
  bytes.writeUInt32LE(checksumOf(bytes, bodyBytes), CHECKSUM_AT);
};

const checksumOf = (record: Buffer, bodyBytes: number): number =>
  crc32(
    record.subarray(HEADER_BYTES, HEADER_BYTES + bodyBytes),
    crc32(record.subarray(0, CHECKSUM_AT)),
  );

/** The record that begins at this block, or null if none that is whole and of this log does. Bounded by the bytes that are there. */
export const decodeRecord = (file: Buffer, at: number, id: Uint8Array): LogRecord | null => {
  if (file.length - at < HEADER_BYTES || file.readUInt32LE(at) !== MAGIC) return null;
  const bodyBytes = file.readUInt32LE(at + 4);
  if (bodyBytes > file.length - at - HEADER_BYTES) return null;
  const record = file.subarray(at, at + HEADER_BYTES + bodyBytes);
  if (Buffer.compare(record.subarray(20, 20 + LOG_ID_BYTES), id) !== 0) return null;
  if (record.readUInt32LE(CHECKSUM_AT) !== checksumOf(record, bodyBytes)) return null;
  const sequence = record.readUInt32LE(8) * TWO_32 + record.readUInt32LE(12);
  const rowCount = record.readUInt32LE(16);
  const blockBytes = Math.ceil(record.length / BLOCK_BYTES) * BLOCK_BYTES;
  const isWhole = hasRows(record, rowCount);
  return isWhole ? { sequence, bytes: file.subarray(at, at + blockBytes), rowCount } : null;
};

/** Whether exactly so many rows stand in the record. */
const hasRows = (record: Buffer, count: number): boolean => {
  let position = HEADER_BYTES;
  for (let index = 0; index < count; index += 1) {
    if (record.length - position < WRITE_BYTES) return false;
    position = endOfRow(record, position);
    if (position > record.length) return false;
  }
  return position === record.length;
};

const endOfRow = (record: Buffer, position: number): number => {
  const valueBytes = Math.max(0, record.readUInt32LE(position + 2) - 1);
  return position + WRITE_BYTES + record.readUInt16LE(position) + valueBytes;
};

/** Calls with the key of each row, as a text, and the place where the row begins in the record. */
export const eachKey = (
  { bytes, rowCount }: LogRecord,
  take: (key: string, position: number) => void,
): void => {
  let position = HEADER_BYTES;
  for (let index = 0; index < rowCount; index += 1) {
    const keyAt = position + WRITE_BYTES;
    take(bytes.toString("latin1", keyAt, keyAt + bytes.readUInt16LE(position)), position);
    position = endOfRow(bytes, position);
  }
};

/** The row that begins at this place of the record. */
export const rowAt = ({ bytes }: LogRecord, position: number): RecordRow => {
  const keyAt = position + WRITE_BYTES;
  const valueAt = keyAt + bytes.readUInt16LE(position);
  const valueBytes = bytes.readUInt32LE(position + 2) - 1;
  return {
    key: bytes.subarray(keyAt, valueAt),
    value: valueBytes < 0 ? null : bytes.subarray(valueAt, valueAt + valueBytes),
  };
};
