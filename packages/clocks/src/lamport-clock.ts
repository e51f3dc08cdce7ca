/** The least clock that never contradicts causality (Lamport 1978): a number, and the replica where two are equal. */
import type { Decoder } from "lib0/decoding";
import type { Encoder } from "lib0/encoding";
import { readShortUint, writeUint } from "./bytes.ts";
import { readIncarnation, writeIncarnation } from "./encoding.ts";
import type { Incarnation } from "./incarnation.ts";

/** An event's place in the total order: by number, then by replica. Numbers begin at 1. */
export interface LamportStamp {
  readonly number: number;
  readonly replica: Incarnation;
}

/** The stamp of a local event, given the highest number given or received so far (0 at first); its number is the clock's next state. */
export const nextStamp = (clock: number, replica: Incarnation): LamportStamp => {
  if (!Number.isSafeInteger(clock + 1)) throw new RangeError("the clock is at its end");
  return { number: clock + 1, replica };
};

/** The clock after it has received a stamp: events from now on are after it. */
export const receiveStamp = (clock: number, stamp: LamportStamp): number =>
  Math.max(clock, stamp.number);

/** The total order; 0 only for equal stamps. An event that caused another comes before it; the converse does not hold. */
export const compareLamport = (left: LamportStamp, right: LamportStamp): number =>
  left.number - right.number ||
  (left.replica === right.replica ? 0 : left.replica < right.replica ? -1 : 1);

/** Writes `varUint number` and eight bytes of the replica. */
export const writeLamport = (encoder: Encoder, stamp: LamportStamp): void => {
  writeUint(encoder, stamp.number);
  writeIncarnation(encoder, stamp.replica);
};

/** Reads what `writeLamport` wrote; throws a `RangeError` for anything else, 0 and 2^53 - 1 included: the last number would end every clock. */
export const readLamport = (decoder: Decoder): LamportStamp => {
  const number = readShortUint(decoder);
  if (number === 0 || number === Number.MAX_SAFE_INTEGER) throw new RangeError("no such number");
  return { number, replica: readIncarnation(decoder) };
};
