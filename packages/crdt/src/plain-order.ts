/** When two values are the same, and which of two comes first. */
import { decoderOf } from "@syncline/clocks";
import { encodePlain, readPlain } from "./plain-encoding.ts";
import type { Plain } from "./plain.ts";

/** What stands for a value in a `Map`: equal for equal values only. */
export type Key = string | number | bigint | boolean | null;

/** The key of this value, which is not -0. Primitives are their own; others are spelled, with half of a surrogate pair in front, by which no string begins. */
export const keyOf = (value: Plain): Key => {
  if (typeof value !== "object" || value === null) return value;
  let key = "\udc00";
  for (const byte of encodePlain(value)) key += String.fromCharCode(byte);
  return key;
};

/** The value that has this key. */
export const valueOfKey = (key: Key): Plain => {
  if (typeof key !== "string" || key[0] !== "\udc00") return key;
  return readPlain(decoderOf(Uint8Array.from(key.slice(1), (letter) => letter.charCodeAt(0))));
};

/** Whether two values are the same: NaN is itself, -0 is not 0. */
export const isSamePlain = (left: Plain, right: Plain): boolean =>
  Object.is(left, right) || Object.is(keyOf(left), keyOf(right));

/**
 * A total order of all values, the same everywhere: null, booleans, numbers (NaN first, -0 before 0), big integers, strings (by UTF-16 unit), then bytes,
 * arrays and objects, by how they are spelled. 0 only for values that are the same.
 */
export const comparePlain = (left: Plain, right: Plain): number => {
  if (Object.is(left, right)) return 0;
  const rank = rankOf(left) - rankOf(right);
  if (rank !== 0) return rank;
  if (typeof left === "number") return compareNumbers(left, right as number);
  const [leftKey, rightKey] = [keyOf(left) as string, keyOf(right) as string];
  return leftKey === rightKey ? 0 : leftKey < rightKey ? -1 : 1;
};

const rankOf = (value: Plain): number =>
  value === null
    ? 0
    : ["boolean", "number", "bigint", "string", "object"].indexOf(typeof value) + 1;

const compareNumbers = (left: number, right: number): number => {
  if (left < right || Number.isNaN(left)) return -1;
  if (left > right || Number.isNaN(right)) return 1;
  return Object.is(left, -0) ? -1 : 1;
};
