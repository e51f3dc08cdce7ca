/** Time that follows the wall clock and never contradicts causality: for last-writer-wins, where somebody must have been last. */
import type { Decoder } from "lib0/decoding";
import type { Encoder } from "lib0/encoding";
import { readShortUint, writeUint } from "./bytes.ts";
import { readIncarnation, writeIncarnation } from "./encoding.ts";
import type { Incarnation } from "./incarnation.ts";

/** A moment: milliseconds since 1970, and a counter for what happens within one. Ordered by both. */
export interface HybridTime {
  readonly timeMs: number;
  readonly counter: number;
}

/** A moment at a replica. No two events have the same one, as long as no two replicas have the same id. */
export interface HybridStamp extends HybridTime {
  readonly replica: Incarnation;
}

/** What a clock remembers: the highest time that it has given or accepted. Keep it across restarts, or a clock set back gives a time twice. */
export type HybridClock = HybridTime;

/** A clock that has seen nothing. */
export const startOfTime: HybridClock = { timeMs: 0, counter: 0 };

/** How far ahead of the local wall clock a remote time may be by default, in milliseconds: more is a broken clock, not a slow link. */
export const driftMaxMsDefault = 60_000;

/** What came of a remote time. `too-far-ahead` leaves the clock where it was, and what carried the time must not be applied. */
export type Observation =
  | { readonly kind: "observed"; readonly clock: HybridClock }
  | { readonly kind: "too-far-ahead"; readonly aheadMs: number };

/** The end of time, in the year 10889: so differences of two times are exact, too. */
const timeMaxMs = 2 ** 48;

/** The counter's end. A million events in one millisecond push the time on by one. */
const counterMax = 1_000_000;

/**
 * The time of a local event: after everything that the clock has given or observed, and not before `nowMs`.
 *
 * It is also the clock's next state. If the wall clock was set back, time goes on in counters (Kulkarni et al. 2014, §3.2). `nowMs` is taken as a
 * whole number of milliseconds; throws a `RangeError` if it is no time.
 */
export const tick = (clock: HybridClock, nowMs: number): HybridTime => {
  const wallMs = wholeTime(nowMs);
  return wallMs > clock.timeMs ? { timeMs: wallMs, counter: 0 } : after(clock);
};

/**
 * Takes in a remote time, so that local events from now on are after it.
 *
 * A remote time that is more than `driftMaxMs` (60 s) ahead of `nowMs` is refused: accepted, one device with its clock in 2099 would win every
 * register until then, and take everybody's clock with it.
 */
export const observe = (
  clock: HybridClock,
  remote: HybridTime,
  nowMs: number,
  driftMaxMs: number = driftMaxMsDefault,
): Observation => {
  const aheadMs = remote.timeMs - wholeTime(nowMs);
  // Written so that NaN is refused, too.
  if (!(aheadMs <= driftMaxMs)) return { kind: "too-far-ahead", aheadMs };
  return { kind: "observed", clock: compareTimes(remote, clock) > 0 ? remote : clock };
};

/**
 * `time`, or the moment after `known` if that is later: for a write that overwrites something, whatever the clock says.
 *
 * Throws a `RangeError` for what is no time: not whole, negative, beyond 2^48 ms, or a counter beyond a million.
 */
export const timeAfter = (known: HybridTime | undefined, time: HybridTime): HybridTime => {
  const { timeMs, counter } = time;
  const isWhole = Number.isSafeInteger(timeMs) && Number.isSafeInteger(counter);
  if (!isWhole || timeMs < 0 || timeMs > timeMaxMs || counter < 0 || counter > counterMax) {
    throw new RangeError(`no time: ${timeMs}, ${counter}`);
  }
  return known !== undefined && compareTimes(time, known) <= 0 ? after(known) : time;
};

/** Negative if `left` is earlier, positive if it is later. */
export const compareTimes = (left: HybridTime, right: HybridTime): number =>
  left.timeMs - right.timeMs || left.counter - right.counter;

/** The total order of stamps: time, counter, replica. 0 only for equal stamps. */
export const compareStamps = (left: HybridStamp, right: HybridStamp): number =>
  compareTimes(left, right) ||
  (left.replica === right.replica ? 0 : left.replica < right.replica ? -1 : 1);

/** Writes `varUint timeMs, varUint counter`: seven or more bytes. */
export const writeTime = (encoder: Encoder, time: HybridTime): void => {
  writeUint(encoder, time.timeMs);
  writeUint(encoder, time.counter);
};

/** Reads what `writeTime` wrote; throws a `RangeError` for anything else. Whether the time is plausible is for `observe` to say. */
export const readTime = (decoder: Decoder): HybridTime => {
  const timeMs = readShortUint(decoder);
  const counter = readShortUint(decoder);
  if (timeMs > timeMaxMs || counter > counterMax) throw new RangeError("no time");
  return { timeMs, counter };
};

/** Writes the time and eight bytes of the replica. */
export const writeStamp = (encoder: Encoder, stamp: HybridStamp): void => {
  writeTime(encoder, stamp);
  writeIncarnation(encoder, stamp.replica);
};

/** Reads what `writeStamp` wrote; throws a `RangeError` for anything else. */
export const readStamp = (decoder: Decoder): HybridStamp => {
  const { timeMs, counter } = readTime(decoder);
  return { timeMs, counter, replica: readIncarnation(decoder) };
};

const after = ({ timeMs, counter }: HybridTime): HybridTime =>
  counter < counterMax ? { timeMs, counter: counter + 1 } : { timeMs: timeMs + 1, counter: 0 };

const wholeTime = (nowMs: number): number => {
  const wallMs = Math.floor(nowMs);
  if (!(wallMs >= 0 && Number.isSafeInteger(wallMs))) throw new RangeError(`no time: ${nowMs}`);
  return wallMs;
};
