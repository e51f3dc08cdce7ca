/** Values are checked and copied when they come in, so that what is held is what everybody can be sent. */
import { decoderOf } from "@syncline/clocks";
import { type Plain, valueBytesMax } from "./plain.ts";
import { encodePlain, readPlain, refuseSize } from "./plain-encoding.ts";
import { wellFormed } from "./text-encoding.ts";

/**
 * A frozen copy of the value: what its bytes say, so that the author holds exactly what everybody else will get. Lone surrogates are U+FFFD then.
 *
 * Throws a `TypeError` for what is no plain data (undefined, functions, dates, instances of classes, holes), a `RangeError` beyond a limit.
 */
export const plainOf = (value: unknown): Plain => {
  if (typeof value === "number") return value;
  // A letter has at most three bytes.
  if (typeof value === "string" && value.length * 4 < valueBytesMax) return wellFormed(value);
  const bytes = encodePlain(value);
  if (bytes.length > valueBytesMax) refuseSize();
  return readPlain(decoderOf(bytes));
};

/** A frozen copy of the value as an element of a set. As in JavaScript's own sets, -0 is 0 there. Throws as `plainOf` does. */
export const elementOf = (value: unknown): Plain => (Object.is(value, -0) ? 0 : plainOf(value));
