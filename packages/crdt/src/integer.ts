/** Whole numbers of any size: plain numbers as long as they are exact, big integers beyond. */
import { readByte, refuse, writeByte, writeUint } from "@syncline/clocks";
import type { Decoder } from "lib0/decoding";
import type { Encoder } from "lib0/encoding";

/** An exact whole number: a `number` up to 2^53 - 1 on either side of zero, a `bigint` beyond, never the other way round. */
export type Integer = number | bigint;

/** The same number in its one form; throws a `RangeError` for a number that is not whole or not exact. */
export const integerOf = (value: Integer): Integer => {
  if (typeof value === "bigint") {
    const short = Number(value);
    return Number.isSafeInteger(short) ? short : value;
  }
  if (!Number.isSafeInteger(value)) throw new RangeError(`not an exact whole number: ${value}`);
  return value + 0;
};

/** An amount to add or to take: a natural number, one by default. Throws a `RangeError` for anything else. */
export const amountOf = (value: Integer): Integer => {
  const amount = integerOf(value);
  if (amount < 0) throw new RangeError("an amount is not negative");
  return amount;
};

/** The exact sum. */
export const addIntegers = (left: Integer, right: Integer): Integer => {
  if (typeof left === "number" && typeof right === "number") {
    const sum = left + right;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return integerOf(BigInt(left) + BigInt(right));
};

/** The exact difference. */
export const subtractIntegers = (left: Integer, right: Integer): Integer =>
  addIntegers(left, -right);

/** Negative if `left` is less, positive if it is more. */
export const compareIntegers = (left: Integer, right: Integer): number =>
  left === right ? 0 : left < right ? -1 : 1;

/** Totals end below 2^448: far beyond any count, and small enough that nobody can make others add megabytes. */
const totalBytesMax = 64;

/** Writes a natural number, seven bits to a byte, the low ones first. */
export const writeNatural = (encoder: Encoder, value: Integer): void => {
  if (typeof value === "number") return writeUint(encoder, value);
  let rest = value;
  for (; rest > 127n; rest >>= 7n) writeByte(encoder, Number(rest & 127n) | 128);
  writeByte(encoder, Number(rest));
};

/** Reads what `writeNatural` wrote; throws a `RangeError` for anything else. */
export const readNatural = (decoder: Decoder): Integer => {
  let value = 0n;
  for (let shift = 0; shift < totalBytesMax * 7; shift += 7) {
    const byte = readByte(decoder);
    value |= BigInt(byte & 127) << BigInt(shift);
    if (byte > 127) continue;
    if (byte === 0 && shift > 0) break;
    return integerOf(value);
  }
  return refuse();
};
