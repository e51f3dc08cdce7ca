/** Bytes of plain values: one spelling for each, and safe to read from a stranger. */
import { bytesLeft, readShortUint } from "@syncline/clocks";
import { type Decoder, readFloat64, readUint8, readUint8Array, readVarString } from "lib0/decoding";
import {
  createEncoder,
  type Encoder,
  toUint8Array,
  writeFloat64,
  writeUint8,
  writeUint8Array,
  writeVarString,
  writeVarUint,
} from "lib0/encoding";
import { refuse } from "./malformed.ts";
import {
  bigintBytesMax,
  depthMax,
  keyBytesMax,
  type Plain,
  setOwn,
  valueBytesMax,
} from "./plain.ts";

const tags = {
  null: 0,
  false: 1,
  true: 2,
  float: 3,
  positive: 4,
  negative: 5,
  string: 6,
  bytes: 7,
  array: 8,
  object: 9,
  positiveBig: 10,
  negativeBig: 11,
} as const;

/** The bytes of a value alone. */
export const encodePlain = (value: Plain): Uint8Array => {
  const encoder = createEncoder();
  writePlain(encoder, value);
  return toUint8Array(encoder);
};

/** Writes a tag of one byte, then: integers below 2^53 as `varUint` of what they are beyond 0 or -1, other numbers as a double, text and bytes after their length, keys ascending. */
export const writePlain = (encoder: Encoder, value: Plain): void => {
  if (typeof value === "string") {
    writeUint8(encoder, tags.string);
    writeVarString(encoder, value);
  } else if (typeof value === "number") {
    writeNumber(encoder, value);
  } else if (typeof value === "boolean") {
    writeUint8(encoder, value ? tags.true : tags.false);
  } else if (typeof value === "bigint") {
    writeUint8(encoder, value < 0n ? tags.negativeBig : tags.positiveBig);
    writeBig(encoder, value < 0n ? -1n - value : value);
  } else if (value === null) {
    writeUint8(encoder, tags.null);
  } else {
    writeContainer(encoder, value);
  }
};

/** Reads what `writePlain` wrote; throws for anything else: other spellings, ill-formed text, keys out of order, a depth over 64, counts beyond the bytes left. */
export const readPlain = (decoder: Decoder, depth = 0): Plain => {
  const tag = readUint8(decoder);
  switch (tag) {
    case tags.null:
      return null;
    case tags.false:
    case tags.true:
      return tag === tags.true;
    case tags.float:
      return readFloat(decoder);
    case tags.positive:
      return readShortUint(decoder);
    case tags.negative:
      return readNegative(decoder);
    case tags.string:
      return readText(decoder);
    case tags.bytes:
      return readUint8Array(decoder, readLength(decoder)).slice();
    case tags.array:
    case tags.object:
      if (depth >= depthMax) refuse();
      return tag === tags.array ? readArray(decoder, depth + 1) : readObject(decoder, depth + 1);
    case tags.positiveBig:
      return readBig(decoder);
    case tags.negativeBig:
      return -1n - readBig(decoder);
    default:
      refuse();
  }
};

/** Reads a value as an element of a set, which is never -0. */
export const readElement = (decoder: Decoder): Plain => {
  const value = readValue(decoder);
  if (Object.is(value, -0)) refuse();
  return value;
};

/** Reads a value as content of its own, within the limit of 256 KiB. */
export const readValue = (decoder: Decoder): Plain => {
  const start = decoder.pos;
  const value = readPlain(decoder);
  if (decoder.pos - start > valueBytesMax) refuse();
  return value;
};

/** Reads a flag of one byte, 0 or 1. */
export const readFlag = (decoder: Decoder): boolean => {
  const flag = readUint8(decoder);
  if (flag > 1) refuse();
  return flag === 1;
};

/** Reads the key of a map, within the limit of 1,024 bytes. */
export const readKeyText = (decoder: Decoder): string => {
  const start = decoder.pos;
  const key = readText(decoder);
  if (decoder.pos - start > keyBytesMax + 2) refuse();
  return key;
};

/** Reads text after its length; throws if it is ill-formed or longer than what is left. */
const readText = (decoder: Decoder): string => {
  const { pos } = decoder;
  const length = readLength(decoder);
  if (length > 32) {
    decoder.pos = pos;
    return readVarString(decoder);
  }
  // Short and ASCII is the common case, and ten times faster than a TextDecoder.
  let text = "";
  const end = decoder.pos + length;
  for (let index = decoder.pos; index < end; index += 1) {
    const byte = decoder.arr[index] ?? 0;
    if (byte > 127) {
      decoder.pos = pos;
      return readVarString(decoder);
    }
    text += String.fromCharCode(byte);
  }
  decoder.pos = end;
  return text;
};

/** A length or count that the bytes left can hold. */
export const readLength = (decoder: Decoder): number => {
  const length = readShortUint(decoder);
  if (length > bytesLeft(decoder)) refuse();
  return length;
};

/** Writes a natural number as LEB128: for those below 2^53 it is what `writeVarUint` writes. */
export const writeBig = (encoder: Encoder, value: bigint): void => {
  let rest = value;
  while (rest > 127n) {
    writeUint8(encoder, Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  writeUint8(encoder, Number(rest));
};

/** Reads what `writeBig` wrote; throws for a longer spelling and for numbers of more than 128 bytes. */
export const readBig = (decoder: Decoder): bigint => {
  let value = 0n;
  for (let shift = 0; shift < bigintBytesMax * 8; shift += 7) {
    const byte = readUint8(decoder);
    value |= BigInt(byte & 127) << BigInt(shift);
    if (byte > 127) continue;
    if (byte === 0 && shift > 0) refuse();
    return value;
  }
  refuse();
};

const writeNumber = (encoder: Encoder, value: number): void => {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
    writeUint8(encoder, tags.float);
    return writeFloat64(encoder, value);
  }
  writeUint8(encoder, value < 0 ? tags.negative : tags.positive);
  return writeVarUint(encoder, value < 0 ? -1 - value : value);
};

const readFloat = (decoder: Decoder): number => {
  const start = decoder.pos;
  const value = readFloat64(decoder);
  const isInteger = Number.isSafeInteger(value) && !Object.is(value, -0);
  if (isInteger || (Number.isNaN(value) && !isOnlyNaN(decoder.arr.subarray(start, start + 8)))) {
    refuse();
  }
  return value;
};

/** There are 2^53 NaNs, and one of them is written. */
const isOnlyNaN = (bytes: Uint8Array): boolean =>
  bytes.every((byte, index) => byte === ([0x7f, 0xf8][index] ?? 0));

const readNegative = (decoder: Decoder): number => {
  const value = -1 - readShortUint(decoder);
  if (!Number.isSafeInteger(value)) refuse();
  return value;
};

const writeContainer = (encoder: Encoder, value: object): void => {
  if (value instanceof Uint8Array) {
    writeUint8(encoder, tags.bytes);
    writeVarUint(encoder, value.length);
    return writeUint8Array(encoder, value);
  }
  if (Array.isArray(value)) {
    writeUint8(encoder, tags.array);
    writeVarUint(encoder, value.length);
    for (const item of value as readonly Plain[]) writePlain(encoder, item);
    return;
  }
  writeUint8(encoder, tags.object);
  const entries = Object.entries(value as Readonly<Record<string, Plain>>);
  writeVarUint(encoder, entries.length);
  for (const [key, item] of entries.sort(([left], [right]) => (left < right ? -1 : 1))) {
    writeVarString(encoder, key);
    writePlain(encoder, item);
  }
};

const readArray = (decoder: Decoder, depth: number): Plain => {
  const count = readLength(decoder);
  const items: Plain[] = [];
  while (items.length < count) items.push(readPlain(decoder, depth));
  return Object.freeze(items);
};

const readObject = (decoder: Decoder, depth: number): Plain => {
  const count = readLength(decoder);
  const value = {};
  let previous = "";
  for (let index = 0; index < count; index += 1) {
    const key = readText(decoder);
    if (index > 0 && key <= previous) refuse();
    setOwn(value, key, readPlain(decoder, depth));
    previous = key;
  }
  return Object.freeze(value);
};
