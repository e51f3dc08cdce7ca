/** Bytes of incarnations and version vectors: canonical, so equal vectors have equal bytes, and safe to read from a stranger. */
import type { Decoder } from "lib0/decoding";
import type { Encoder } from "lib0/encoding";
import {
  bytesLeft,
  bytesOf,
  readAll,
  readByte,
  readShortUint,
  refuse,
  writeByte,
  writeUint,
} from "./bytes.ts";
import { hexOf, type Incarnation, INCARNATION_BYTES } from "./incarnation.ts";
import { type MutableVersionVector, sortedEntries, type VersionVector } from "./version-vector.ts";

/** The smallest entry: an incarnation and a number of one byte. A count is checked against it before anything is allocated. */
const ENTRY_BYTES_MIN = INCARNATION_BYTES + 1;

/** Writes the eight bytes of an incarnation; throws a `RangeError` for a text that is none. */
export const writeIncarnation = (encoder: Encoder, incarnation: Incarnation): void => {
  for (let index = 0; index < 2 * INCARNATION_BYTES; index += 2) {
    const byte = digitAt(incarnation, index) * 16 + digitAt(incarnation, index + 1);
    // NaN, too.
    if (!(byte >= 0) || incarnation.length !== 2 * INCARNATION_BYTES) {
      throw new RangeError(`not an incarnation: ${incarnation}`);
    }
    writeByte(encoder, byte);
  }
};

/** The value of a lower-case hexadecimal digit, or NaN. */
const digitAt = (text: string, index: number): number => {
  const code = text.charCodeAt(index);
  if (code >= 48 && code <= 57) return code - 48;
  return code >= 97 && code <= 102 ? code - 87 : Number.NaN;
};

/** Reads eight bytes; throws a `RangeError` if there are fewer. */
export const readIncarnation = (decoder: Decoder): Incarnation => {
  let text = "";
  while (text.length < 2 * INCARNATION_BYTES) text += hexOf(readByte(decoder));
  return text;
};

/**
 * Writes `varUint count, (incarnation, varUint number)*`, by incarnation ascending; entries of 0 are left out.
 *
 * Throws a `RangeError` for what `readVector` would refuse: a key that is no incarnation, a number that is not whole or beyond 2^53 - 1.
 */
export const writeVector = (encoder: Encoder, vector: VersionVector): void => {
  // Most vectors of a space with one home are empty, and there is one with each entry.
  if (vector.size === 0) return writeUint(encoder, 0);
  const entries = sortedEntries(vector);
  writeUint(encoder, entries.length);
  for (const [incarnation, number] of entries) {
    if (!Number.isSafeInteger(number)) throw new RangeError(`not a number of a log: ${number}`);
    writeIncarnation(encoder, incarnation);
    writeUint(encoder, number);
  }
};

/**
 * Reads what `writeVector` wrote; throws a `RangeError` for anything else:
 * a count beyond the bytes left, entries that are not strictly ascending, a number of 0 or beyond 2^53 - 1, one that is longer than it need be.
 */
export const readVector = (decoder: Decoder): MutableVersionVector => {
  const count = readShortUint(decoder);
  if (count > bytesLeft(decoder) / ENTRY_BYTES_MIN) refuse();
  const vector: MutableVersionVector = new Map();
  let previous = "";
  for (let index = 0; index < count; index += 1) {
    const incarnation = readIncarnation(decoder);
    const number = readShortUint(decoder);
    if (incarnation <= previous || number === 0) refuse();
    vector.set(incarnation, number);
    previous = incarnation;
  }
  return vector;
};

/** The bytes of a vector alone: for tokens and for storage. */
export const encodeVector = (vector: VersionVector): Uint8Array =>
  bytesOf((encoder) => writeVector(encoder, vector));

/** The vector that these bytes are, or null if they are none or something follows. */
export const decodeVector = (bytes: Uint8Array): MutableVersionVector | null =>
  readAll(bytes, readVector);
