/** How far each log is known without a gap: what stands for "everything I have seen" in a handshake, an acknowledgement or a token. */
import type { Incarnation } from "./incarnation.ts";

/** The place of one batch: the log of this incarnation, at this number, counted from 1. */
export interface Dot {
  readonly incarnation: Incarnation;
  readonly number: number;
}

/**
 * For each log the highest number below which nothing is missing; a log that is not in it is known up to 0.
 *
 * Entries of 0 are allowed in memory and mean the same as none. As a set it is `{(i, n) : 1 <= n <= vector[i]}`; the functions here are
 * that set's inclusion, union and intersection (Parker et al. 1983; as a join semilattice: Almeida et al. 2018, §7).
 */
export type VersionVector = ReadonlyMap<Incarnation, number>;

/** A version vector that its one owner moves forward. */
export type MutableVersionVector = Map<Incarnation, number>;

/** How two vectors stand to each other as sets: `before` means that the first lacks something and has nothing more. */
export type Ordering = "equal" | "before" | "after" | "concurrent";

/** The numbers of one log from `fromNumber` (in) to `toNumber` (out). */
export interface DotRange {
  readonly incarnation: Incarnation;
  readonly fromNumber: number;
  readonly toNumber: number;
}

/** How far the vector knows this log; 0 if not at all. */
export const numberOf = (vector: VersionVector, incarnation: Incarnation): number =>
  vector.get(incarnation) ?? 0;

/** Whether the batch at this dot is known. */
export const coversDot = (vector: VersionVector, dot: Dot): boolean =>
  numberOf(vector, dot.incarnation) >= dot.number;

/** Whether `larger` knows everything that `smaller` knows. */
export const covers = (larger: VersionVector, smaller: VersionVector): boolean => {
  for (const [incarnation, number] of smaller) {
    if (numberOf(larger, incarnation) < number) return false;
  }
  return true;
};

/** How `left` stands to `right`. */
export const compare = (left: VersionVector, right: VersionVector): Ordering => {
  const isLeftCovered = covers(right, left);
  const isRightCovered = covers(left, right);
  if (isLeftCovered && isRightCovered) return "equal";
  if (isLeftCovered) return "before";
  return isRightCovered ? "after" : "concurrent";
};

/** Everything that either knows: the join. */
export const merge = (left: VersionVector, right: VersionVector): MutableVersionVector => {
  const merged = new Map(left);
  mergeInto(merged, right);
  return merged;
};

/** Moves `target` forward to what `source` knows too. */
export const mergeInto = (target: MutableVersionVector, source: VersionVector): void => {
  for (const [incarnation, number] of source) {
    if (numberOf(target, incarnation) < number) target.set(incarnation, number);
  }
};

/** Only what both know: the meet. */
export const meet = (left: VersionVector, right: VersionVector): MutableVersionVector => {
  const common: MutableVersionVector = new Map();
  for (const [incarnation, number] of left) {
    const smaller = Math.min(number, numberOf(right, incarnation));
    if (smaller > 0) common.set(incarnation, smaller);
  }
  return common;
};

/** What `left` knows and `right` does not, as one range for each log; ordered by incarnation. */
export const difference = (left: VersionVector, right: VersionVector): readonly DotRange[] => {
  const ranges: DotRange[] = [];
  for (const [incarnation, number] of sortedEntries(left)) {
    const fromNumber = numberOf(right, incarnation) + 1;
    if (fromNumber <= number) ranges.push({ incarnation, fromNumber, toNumber: number + 1 });
  }
  return ranges;
};

/** Moves `target` forward by exactly this dot; throws a `RangeError` where that would leave a gap or move it back. */
export const advance = (target: MutableVersionVector, dot: Dot): void => {
  const expected = numberOf(target, dot.incarnation) + 1;
  if (dot.number !== expected) {
    throw new RangeError(`log ${dot.incarnation} goes on at ${expected}, not at ${dot.number}`);
  }
  target.set(dot.incarnation, dot.number);
};

/** The entries that say something, in the one order that every replica agrees on: by incarnation. */
export const sortedEntries = (vector: VersionVector): readonly (readonly [Incarnation, number])[] =>
  [...vector].filter(([, number]) => number > 0).sort(([left], [right]) => (left < right ? -1 : 1));

/** For people and traces: `{0123456789abcdef:7}`; equal vectors give equal text. */
export const describeVector = (vector: VersionVector): string =>
  `{${sortedEntries(vector)
    .map(([incarnation, number]) => `${incarnation}:${number}`)
    .join(" ")}}`;
