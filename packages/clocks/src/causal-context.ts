/** All dots that a replica has seen, live or overwritten, with gaps allowed: the causal context of delta-state types. */
import type { Incarnation } from "./incarnation.ts";
import type { Dot, DotRange, MutableVersionVector, VersionVector } from "./version-vector.ts";

/**
 * For each replica the seen numbers as ranges in one flat list: `[from, to, from, to, …]`, `from` in and `to` out, ascending, no two touching.
 *
 * This is a version vector and a cloud of dots in one: what begins at 1 is the vector, the rest is the cloud, and filling a gap joins the two by
 * itself, so compaction cannot step over one. Ranges, because a stranger may name 2^50 dots in a few bytes. Replicas without a dot have no entry.
 * (Almeida, Shoker, Baquero 2018, §7.2; as base and bitmap: Gonçalves et al. 2017, DottedDB.)
 */
export type CausalContext = ReadonlyMap<Incarnation, readonly number[]>;

/** A context that its one owner adds to. */
export type MutableCausalContext = Map<Incarnation, number[]>;

/** A context with nothing in it, or with what a version vector covers. */
export const createContext = (vector: VersionVector = new Map()): MutableCausalContext => {
  const context: MutableCausalContext = new Map();
  for (const [replica, number] of vector) if (number > 0) context.set(replica, [1, number + 1]);
  return context;
};

/** The same dots in a context of its own. */
export const copyContext = (context: CausalContext): MutableCausalContext => {
  const copy: MutableCausalContext = new Map();
  for (const [replica, ranges] of context) copy.set(replica, ranges.slice());
  return copy;
};

/** Whether the dot was seen. Constant for a context without gaps, else logarithmic in their number. */
export const contextHas = (context: CausalContext, replica: Incarnation, number: number): boolean =>
  isInRanges(context.get(replica) ?? [], number);

/** Whether the number is in one of one replica's ranges. */
export const isInRanges = (ranges: readonly number[], number: number): boolean =>
  // An odd count of bounds at or below the number means that it is inside a range.
  boundsUpTo(ranges, number) % 2 === 1;

/** The number of the replica's next dot: one beyond the highest seen, whatever gaps there are. */
export const nextNumber = (context: CausalContext, replica: Incarnation): number => {
  const ranges = context.get(replica);
  return ranges === undefined ? 1 : (ranges.at(-1) ?? 1);
};

/**
 * Adds the dots from `fromNumber` (in) to `toNumber` (out). Returns whether any was new.
 *
 * Constant at the end of what is known, else linear in the number of gaps. Throws a `RangeError` for what is no range of dots.
 */
export const addRange = (context: MutableCausalContext, range: DotRange): boolean => {
  const { incarnation, fromNumber, toNumber } = range;
  if (!(fromNumber >= 1 && fromNumber < toNumber && Number.isSafeInteger(toNumber))) {
    throw new RangeError("no dots");
  }
  return addRanges(context, incarnation, [fromNumber, toNumber]);
};

/** Adds one dot. Returns whether it was new. */
export const addToContext = (context: MutableCausalContext, dot: Dot): boolean =>
  addRange(context, {
    incarnation: dot.incarnation,
    fromNumber: dot.number,
    toNumber: dot.number + 1,
  });

/** Adds everything of `source`: the join. Returns whether anything was new. Linear in the ranges of `source` where they lie at the end. */
export const addContext = (target: MutableCausalContext, source: CausalContext): boolean => {
  let isChanged = false;
  for (const [replica, ranges] of source) {
    isChanged = addRanges(target, replica, ranges) || isChanged;
  }
  return isChanged;
};

/** What `left` has seen and `right` has not. */
export const contextMinus = (left: CausalContext, right: CausalContext): MutableCausalContext => {
  const rest: MutableCausalContext = new Map();
  for (const [replica, ranges] of left) {
    const remaining = sweep(
      ranges,
      right.get(replica) ?? [],
      (isInLeft, isInRight) => isInLeft && !isInRight,
    );
    if (remaining.length > 0) rest.set(replica, remaining);
  }
  return rest;
};

/** Whether `larger` has seen everything that `smaller` has: a partial order. */
export const coversContext = (larger: CausalContext, smaller: CausalContext): boolean => {
  for (const [replica, ranges] of smaller) {
    const known = larger.get(replica) ?? [];
    for (let index = 0; index < ranges.length; index += 2) {
      const bounds = boundsUpTo(known, ranges[index] ?? 0);
      if (bounds % 2 === 0 || (known[bounds] ?? 0) < (ranges[index + 1] ?? 0)) return false;
    }
  }
  return true;
};

/** Whether nothing is missing below any number: the context says no more than `vectorOf` does. */
export const isContiguous = (context: CausalContext): boolean => {
  for (const ranges of context.values()) if (ranges.length > 2 || ranges[0] !== 1) return false;
  return true;
};

/** How far each replica is known without a gap. Never moves over one. */
export const vectorOf = (context: CausalContext): MutableVersionVector => {
  const vector: MutableVersionVector = new Map();
  for (const [replica, [from, to = 1]] of context) if (from === 1) vector.set(replica, to - 1);
  return vector;
};

/** What is known beyond gaps, as ranges, in the order of the context. */
export const cloudOf = (context: CausalContext): readonly DotRange[] =>
  rangesOf(context).filter((range) => range.fromNumber > 1);

/** All ranges of the context, in its order. */
export const rangesOf = (context: CausalContext): readonly DotRange[] => {
  const all: DotRange[] = [];
  for (const [incarnation, ranges] of context) {
    for (let index = 0; index < ranges.length; index += 2) {
      const [fromNumber = 0, toNumber = 0] = ranges.slice(index, index + 2);
      all.push({ incarnation, fromNumber, toNumber });
    }
  }
  return all;
};

/** How many of the bounds are at or below the number. */
const boundsUpTo = (ranges: readonly number[], number: number): number => {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ranges[middle] ?? 0) <= number) low = middle + 1;
    else high = middle;
  }
  return low;
};

const addRanges = (
  context: MutableCausalContext,
  replica: Incarnation,
  added: readonly number[],
): boolean => {
  const known = context.get(replica) ?? [];
  const [from = 0, to = 0] = added;
  if (added.length === 2) {
    // The next number of a replica, nearly always.
    if (from === known.at(-1)) {
      known[known.length - 1] = to;
      return true;
    }
    const bounds = boundsUpTo(known, from);
    if (bounds % 2 === 1 && to <= (known[bounds] ?? 0)) return false;
  }
  const union = unionOf(known, added);
  context.set(replica, union);
  return union.join() !== known.join();
};

/** Goes through the bounds of both in order, and keeps what is kept by whether it is inside the left, the right, or both. Linear in both. */
const sweep = (
  left: readonly number[],
  right: readonly number[],
  isKept: (isInLeft: boolean, isInRight: boolean) => boolean,
): number[] => {
  const kept: number[] = [];
  let atLeft = 0;
  let atRight = 0;
  while (atLeft < left.length || atRight < right.length) {
    const bound = Math.min(left[atLeft] ?? Infinity, right[atRight] ?? Infinity);
    if (left[atLeft] === bound) atLeft += 1;
    if (right[atRight] === bound) atRight += 1;
    // After an odd count of bounds one is inside a range.
    const isInside = isKept(atLeft % 2 === 1, atRight % 2 === 1);
    if (isInside !== (kept.length % 2 === 1)) kept.push(bound);
  }
  return kept;
};

/** Ranges that touch become one. */
const unionOf = (left: readonly number[], right: readonly number[]): number[] =>
  sweep(left, right, (isInLeft, isInRight) => isInLeft || isInRight);
