/** Values are checked and copied when they come in, so that what is held is what everybody can be sent. */
import { encodePlain } from "./plain-encoding.ts";
import {
  bigintBytesMax,
  depthMax,
  keyBytesMax,
  type Plain,
  setOwn,
  valueBytesMax,
} from "./plain.ts";

/**
 * A frozen copy of the value.
 *
 * Lone surrogates become U+FFFD, as they would on the wire: otherwise the author keeps what nobody else gets. Throws a `TypeError` for what is no plain
 * data (undefined, functions, dates, instances of classes, holes), a `RangeError` beyond a limit.
 */
export const plainOf = (value: unknown): Plain => {
  const plain = copyOf(value, 0);
  const isSmall = typeof plain === "string" ? plain.length * 3 + 8 < valueBytesMax : isTiny(plain);
  if (!isSmall && encodePlain(plain).length > valueBytesMax) {
    throw new RangeError(`a value is larger than ${valueBytesMax} bytes`);
  }
  return plain;
};

/** A frozen copy of the value as an element of a set. As in JavaScript's own sets, -0 is 0 there. Throws as `plainOf` does. */
export const elementOf = (value: unknown): Plain => (Object.is(value, -0) ? 0 : plainOf(value));

/** The key of a map: a well-formed string of at most 1,024 bytes. Throws a `RangeError` for a longer one. */
export const keyTextOf = (key: string): string => {
  const text = wellFormed(key);
  if (text.length * 3 > keyBytesMax && encodePlain(text).length > keyBytesMax + 3) {
    throw new RangeError(`a key is longer than ${keyBytesMax} bytes`);
  }
  return text;
};

const copyOf = (value: unknown, depth: number): Plain => {
  if (typeof value === "string") return wellFormed(value);
  if (typeof value === "number" || typeof value === "boolean" || value === null) return value;
  if (typeof value === "object") return copyOfObject(value, depth + 1);
  if (typeof value !== "bigint") throw new TypeError(`not plain data: ${typeof value}`);
  // Before it is encoded: a shift of a gigabyte of digits would stop the process.
  if (value.toString(16).length > bigintBytesMax * 2) throw new RangeError("a number too long");
  return value;
};

const copyOfObject = (value: object, depth: number): Plain => {
  if (value instanceof Uint8Array) return value.slice();
  if (depth > depthMax) throw new RangeError(`a value is nested deeper than ${depthMax}`);
  if (Array.isArray(value)) {
    return Object.freeze(Array.from(value, (item: unknown) => copyOf(item, depth)));
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    throw new TypeError("not plain data: an instance of a class");
  }
  const copy = {};
  for (const [key, item] of Object.entries(value)) {
    setOwn(copy, wellFormed(key), copyOf(item, depth));
  }
  return Object.freeze(copy);
};

const wellFormed = (text: string): string =>
  /[\ud800-\udfff]/.test(text) ? text.replace(/\p{Surrogate}/gu, "\ufffd") : text;

const isTiny = (value: Plain): boolean =>
  typeof value === "number" || typeof value === "boolean" || value === null;
