/**
 * The small facts beside the entries, as the bytes that stand in every batch.
 *
 * For each: name's bytes: 1 · value's bytes: 4 · name · value. Little-endian, in the order in which they were first set.
 */
import { checkSize, FACTS_BYTES_MAX } from "./records.ts";

/** Values by name. */
export type Facts = ReadonlyMap<string, Uint8Array>;

const HEADER_BYTES = 5;

/** The bytes of all facts. Throws `TOO_LARGE` beyond `FACTS_BYTES_MAX`. */
export const encodeFacts = (facts: Facts): Uint8Array => {
  const parts: Uint8Array[] = [];
  for (const [name, value] of facts) {
    const nameBytes = Buffer.from(name);
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt8(nameBytes.length, 0);
    header.writeUInt32LE(value.length, 1);
    parts.push(header, nameBytes, value);
  }
  const bytes = Buffer.concat(parts);
  checkSize("facts", bytes.length, FACTS_BYTES_MAX);
  return bytes;
};

/** The facts in these bytes, copied; null if they are none. */
export const decodeFacts = (bytes: Buffer): Facts | null => {
  const facts = new Map<string, Uint8Array>();
  let position = 0;
  while (position < bytes.length) {
    if (bytes.length - position < HEADER_BYTES) return null;
    const nameAt = position + HEADER_BYTES;
    const valueAt = nameAt + bytes.readUInt8(position);
    const end = valueAt + bytes.readUInt32LE(position + 1);
    if (end > bytes.length) return null;
    const value = Uint8Array.from(bytes.subarray(valueAt, end));
    facts.set(bytes.toString("utf8", nameAt, valueAt), value);
    position = end;
  }
  return facts;
};
