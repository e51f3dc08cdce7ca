/** Bytes of plain values: one spelling for each, and safe to read from a stranger. */
import { bytesOf, readByte, readShortUint, refuse, writeByte, writeUint } from "@syncline/clocks";
import type { Decoder } from "lib0/decoding";
import type { Encoder } from "lib0/encoding";
import { bigDigitsMax, depthMax, type Plain, valueBytesMax } from "./plain.ts";
import {
  arrayTag,
  bigTag,
  bytesTag,
  falseTag,
  floatTag,
  negativeTag,
  nullTag,
  objectTag,
  positiveTag,
  textTag,
  trueTag,
} from "./plain-tags.ts";
import {
  readBytes,
  readLength,
  readText,
  wellFormed,
  writeBytes,
  writeText,
} from "./text-encoding.ts";

/** The bytes of a value alone. Throws as `writePlain` does. */
export const encodePlain = (value: unknown): Uint8Array =>
  bytesOf((encoder) => writePlain(encoder, value));

/**
 * Writes a tag of one byte, then: integers below 2^53 as `varUint` of what they are beyond 0 or -1, other numbers as a double, text, bytes and the
 * digits of big integers after their length, keys ascending.
 *
 * Throws a `TypeError` for what is no plain data (undefined, functions, dates, instances of classes, holes), and a `RangeError` where it is nested too
 * deep or has a number too long.
 */
export const writePlain = (encoder: Encoder, value: unknown, depth = 0): void => {
  switch (typeof value) {
    case "string":
      writeByte(encoder, textTag);
      return writeText(encoder, value);
    case "number":
      return writeNumber(encoder, value);
    case "boolean":
      return writeByte(encoder, value ? trueTag : falseTag);
    case "bigint":
      writeByte(encoder, bigTag);
      return writeText(encoder, digitsOf(value));
    case "object":
      if (value !== null) return writeContainer(encoder, value, depth + 1);
      return writeByte(encoder, nullTag);
    case "undefined":
    case "symbol":
    case "function":
      refuseKind(value);
  }
};

function refuseKind(value: unknown): never {
  throw new TypeError(`not plain data: ${String(value)}`);
}

/** Throws the `RangeError` of a value that comes in. */
export function refuseSize(): never {
  throw new RangeError("a value too large or too deep");
}

/** Reads what `writePlain` wrote; throws for anything else: other spellings, ill-formed text, keys out of order, a depth over 64, counts beyond the bytes left. */
export const readPlain = (decoder: Decoder, depth = 0): Plain => {
  const tag = readByte(decoder);
  switch (tag) {
    case nullTag:
      return null;
    case falseTag:
    case trueTag:
      return tag === trueTag;
    case floatTag:
      return readFloat(decoder);
    case positiveTag:
      return readShortUint(decoder);
    case negativeTag:
      return readNegative(decoder);
    case textTag:
      return readText(decoder);
    case bytesTag:
      return readBytes(decoder, readLength(decoder));
    case arrayTag:
    case objectTag:
      if (depth >= depthMax) refuse();
      return Object.freeze((tag === arrayTag ? readArray : readObject)(decoder, depth + 1));
    case bigTag:
      return readBig(decoder);
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

/** Decimal digits, with a limit: to read a number takes more than linear time. */
const digitsOf = (value: bigint): string => {
  const digits = String(value);
  if (digits.length > bigDigitsMax) refuseSize();
  return digits;
};

const readBig = (decoder: Decoder): bigint => {
  const digits = readText(decoder);
  const value = digits.length > bigDigitsMax ? refuse() : BigInt(digits);
  if (digitsOf(value) !== digits) refuse();
  return value;
};

const writeNumber = (encoder: Encoder, value: number): void => {
  if (isInteger(value)) {
    writeByte(encoder, value < 0 ? negativeTag : positiveTag);
    return writeUint(encoder, value < 0 ? -1 - value : value);
  }
  writeByte(encoder, floatTag);
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  for (const byte of new Uint8Array(view.buffer)) writeByte(encoder, byte);
};

const readFloat = (decoder: Decoder): number => {
  const view = new DataView(readBytes(decoder, 8).buffer);
  const value = view.getFloat64(0);
  // There are 2^53 NaNs, and one of them is written.
  const isOtherNaN = Number.isNaN(value) && view.getBigUint64(0) !== 0x7ff8n << 48n;
  if (isInteger(value) || isOtherNaN) refuse();
  return value;
};

const readNegative = (decoder: Decoder): number => {
  const value = -1 - readShortUint(decoder);
  return isInteger(value) ? value : refuse();
};

/** Whether the number is spelled as an integer. */
const isInteger = (value: number): boolean => Number.isSafeInteger(value) && !Object.is(value, -0);

const writeContainer = (encoder: Encoder, value: object, depth: number): void => {
  if (value instanceof Uint8Array) {
    writeByte(encoder, bytesTag);
    return writeBytes(encoder, value);
  }
  if (depth > depthMax) refuseSize();
  if (Array.isArray(value)) {
    writeByte(encoder, arrayTag);
    writeUint(encoder, value.length);
    for (const item of value as readonly unknown[]) writePlain(encoder, item, depth);
    return;
  }
  const prototype: unknown = Object.getPrototypeOf(value) ?? Object.prototype;
  if (Object.getPrototypeOf(prototype) !== null) refuseKind(value);
  const items = new Map(Object.entries(value).map(([key, item]) => [wellFormed(key), item]));
  writeByte(encoder, objectTag);
  writeUint(encoder, items.size);
  for (const key of [...items.keys()].sort()) {
    writeText(encoder, key);
    writePlain(encoder, items.get(key), depth);
  }
};

const readArray = (decoder: Decoder, depth: number): readonly Plain[] => {
  const count = readLength(decoder);
  const items: Plain[] = [];
  while (items.length < count) items.push(readPlain(decoder, depth));
  return items;
};

const readObject = (decoder: Decoder, depth: number): { readonly [key: string]: Plain } => {
  const count = readLength(decoder);
  const entries: [string, Plain][] = [];
  while (entries.length < count) {
    const key = readText(decoder);
    const previous = entries.at(-1);
    if (previous !== undefined && key <= previous[0]) refuse();
    entries.push([key, readPlain(decoder, depth)]);
  }
  // Also an entry named `__proto__` is one of its own; an assignment would set the prototype.
  return Object.fromEntries(entries);
};
