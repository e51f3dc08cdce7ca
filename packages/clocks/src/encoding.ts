/** Bytes of incarnations and version vectors: canonical, so equal vectors have equal bytes, and safe to read from a stranger. */
import { createDecoder, type Decoder, readUint8Array, readVarUint } from "lib0/decoding";
import { createEncoder, type Encoder, toUint8Array, write, writeVarUint } from "lib0/encoding";
import { type Incarnation, INCARNATION_BYTES, incarnationOf } from "./incarnation.ts";
import { type MutableVersionVector, sortedEntries, type VersionVector } from "./version-vector.ts";

/** The smallest entry: an incarnation and a number of one byte. A count is checked against it before anything is allocated. */
const ENTRY_BYTES_MIN = INCARNATION_BYTES + 1;

/** Writes the eight bytes of an incarnation. */
export const writeIncarnation = (encoder: Encoder, incarnation: Incarnation): void => {
  if (incarnation.length !== 2 * INCARNATION_BYTES) throw notAnIncarnation(incarnation);
  for (let index = 0; index < incarnation.length; index += 2) {
    const high = digitAt(incarnation, index);
    const low = digitAt(incarnation, index + 1);
    if (high < 0 || low < 0) throw notAnIncarnation(incarnation);
    write(encoder, high * 16 + low);
  }
};

const notAnIncarnation = (text: string): RangeError =>
  new RangeError(`not an incarnation: ${text}`);

/** The value of a lower-case hexadecimal digit, or -1. */
const digitAt = (text: string, index: number): number => {
  const code = text.charCodeAt(index);
  if (code >= 48 && code <= 57) return code - 48;
  return code >= 97 && code <= 102 ? code - 87 : -1;
};

/** Reads eight bytes; throws a `RangeError` if there are fewer. */
export const readIncarnation = (decoder: Decoder): Incarnation => {
  // Looked at here, and not left to lib0: a frame may be a slice of a pool, and what stands behind it is another peer's.
  if (bytesLeft(decoder) < INCARNATION_BYTES) throw new RangeError("an incarnation is cut off");
  return incarnationOf(readUint8Array(decoder, INCARNATION_BYTES));
};

/**
 * Writes `varUint count, (incarnation, varUint number)*`, by incarnation ascending; entries of 0 are left out.
 *
 * Throws a `RangeError` for what `readVector` would refuse: a key that is no incarnation, a number that is not whole or beyond 2^53 - 1.
 */
export const writeVector = (encoder: Encoder, vector: VersionVector): void => {
  const entries = sortedEntries(vector);
  writeVarUint(encoder, entries.length);
  for (const [incarnation, number] of entries) {
    if (!Number.isSafeInteger(number)) throw new RangeError(`not a number of a log: ${number}`);
    writeIncarnation(encoder, incarnation);
    writeVarUint(encoder, number);
  }
};

/**
 * Reads what `writeVector` wrote; throws a `RangeError` (or lib0's error at a cut-off number) for anything else:
 * a count beyond the bytes left, entries that are not strictly ascending, a number of 0 or beyond 2^53 - 1, one that is longer than it need be.
 */
export const readVector = (decoder: Decoder): MutableVersionVector => {
  const count = readShortUint(decoder);
  if (count > bytesLeft(decoder) / ENTRY_BYTES_MIN) throw new RangeError("more entries than bytes");
  const vector: MutableVersionVector = new Map();
  let previous = "";
  for (let index = 0; index < count; index += 1) {
    const incarnation = readIncarnation(decoder);
    const number = readShortUint(decoder);
    if (incarnation <= previous || number === 0) throw new RangeError("a vector is not canonical");
    vector.set(incarnation, number);
    previous = incarnation;
  }
  return vector;
};

/** The bytes of a vector alone: for tokens and for storage. */
export const encodeVector = (vector: VersionVector): Uint8Array => {
  const encoder = createEncoder();
  writeVector(encoder, vector);
  return toUint8Array(encoder);
};

/** The vector that these bytes are, or null if they are none or something follows. */
export const decodeVector = (bytes: Uint8Array): MutableVersionVector | null => {
  try {
    const decoder = createDecoder(bytes);
    const vector = readVector(decoder);
    return bytesLeft(decoder) === 0 ? vector : null;
  } catch {
    return null;
  }
};

/**
 * A number in as few bytes as it fits in; throws a `RangeError` otherwise, and beyond 2^53 - 1.
 *
 * A last byte of zero would be a second spelling. lib0 also reads numbers beyond 2^53 - 1, rounded.
 */
export const readShortUint = (decoder: Decoder): number => {
  const start = decoder.pos;
  const number = readVarUint(decoder);
  const isPadded = decoder.pos - start > 1 && decoder.arr[decoder.pos - 1] === 0;
  if (isPadded || !Number.isSafeInteger(number)) throw new RangeError("a number is not canonical");
  return number;
};

/** How many bytes the decoder has not read: the bound of every count. */
export const bytesLeft = (decoder: Decoder): number => decoder.arr.length - decoder.pos;
