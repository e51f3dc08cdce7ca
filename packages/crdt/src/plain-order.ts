/** When two values are the same, and which of two comes first. */
import { createDecoder } from "lib0/decoding";
import { encodePlain, readPlain } from "./plain-encoding.ts";
import type { Plain } from "./plain.ts";

/** What stands for a value in a `Map`: equal for equal values only. */
export type Key = string | number | bigint | boolean | null;

/** The key of this value, which is not -0. Primitives are their own; others are spelled with a lone surrogate in front, as no string begins. */
export const keyOf = (value: Plain): Key =>
  typeof value === "object" && value !== null ? `\ud800${latinOf(encodePlain(value))}` : value;

/** The value that has this key. */
export const valueOfKey = (key: Key): Plain => {
  if (typeof key !== "string" || key[0] !== "\ud800" || !(key.charCodeAt(1) < 256)) return key;
  return readPlain(createDecoder(Uint8Array.from(key.slice(1), (letter) => letter.charCodeAt(0))));
};

/** Whether two values are the same: NaN is itself, -0 is not 0. */
export const isSamePlain = (left: Plain, right: Plain): boolean =>
  Object.is(left, right) || (typeof left === "object" && keyOf(left) === keyOf(right));

/**
 * A total order of all values, the same everywhere: null, booleans, numbers (NaN first, -0 before 0), big integers, strings (by UTF-16 unit), bytes,
 * arrays, objects (by their bytes). 0 only for values that are the same.
 */
export const comparePlain = (left: Plain, right: Plain): number => {
  const rank = rankOf(left) - rankOf(right);
  if (rank !== 0 || Object.is(left, right)) return rank;
  if (typeof left === "number" && typeof right === "number") return compareNumbers(left, right);
  if (typeof left !== "object") return left < (right as typeof left) ? -1 : 1;
  const [leftText, rightText] = [keyOf(left) ?? "", keyOf(right) ?? ""];
  return leftText === rightText ? 0 : leftText < rightText ? -1 : 1;
};

const rankOf = (value: Plain): number => {
  if (value === null) return 0;
  if (value instanceof Uint8Array) return 5;
  if (Array.isArray(value)) return 6;
  return { boolean: 1, number: 2, bigint: 3, string: 4 }[typeof value as string] ?? 7;
};

const compareNumbers = (left: number, right: number): number => {
  if (left < right || Number.isNaN(left)) return -1;
  if (left > right || Number.isNaN(right)) return 1;
  return Object.is(left, -0) ? -1 : 1;
};

const latinOf = (bytes: Uint8Array): string => {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
};
