/** Dots that may have gaps: a contiguous part as a version vector, and beside it what is known beyond the gaps. */
import type { Incarnation } from "./incarnation.ts";
import {
  coversDot,
  type Dot,
  type DotRange,
  type MutableVersionVector,
  numberOf,
  type VersionVector,
} from "./version-vector.ts";

/**
 * A set of dots. `contiguous` never moves over a gap; a number beyond one waits in `beyond` until the gap is filled.
 *
 * Mistaking "the highest seen" for "all up to it" is how a replica stops asking for what it lacks; here the two cannot be mixed up.
 * (Dotted version vectors: Preguiça et al. 2010; causal context as vector and cloud: Almeida et al. 2018, §7.2.)
 */
export interface DotSet {
  readonly contiguous: MutableVersionVector;
  /** For each log the numbers known beyond its gap; each is greater than `contiguous` + 1. A log without any has no entry. */
  readonly beyond: Map<Incarnation, Set<number>>;
}

/** A set with nothing in it, or with what a version vector covers. */
export const createDotSet = (vector: VersionVector = new Map()): DotSet => ({
  contiguous: new Map(vector),
  beyond: new Map(),
});

/** Whether the dot is in the set. Constant time. */
export const hasDot = (set: DotSet, dot: Dot): boolean =>
  coversDot(set.contiguous, dot) || (set.beyond.get(dot.incarnation)?.has(dot.number) ?? false);

/**
 * Adds a dot, closing the gap if it was the one that lacked. Returns whether it was new.
 *
 * Throws a `RangeError` for a number that is no place in a log. Constant time for each dot, over the set's life. The set grows by each number
 * beyond a gap; who takes dots from strangers bounds them.
 */
export const addDot = (set: DotSet, dot: Dot): boolean => {
  if (!Number.isSafeInteger(dot.number) || dot.number < 1) {
    throw new RangeError(`numbers of dots begin at 1: ${dot.number}`);
  }
  if (hasDot(set, dot)) return false;
  const cloud = set.beyond.get(dot.incarnation) ?? new Set<number>();
  cloud.add(dot.number);
  set.beyond.set(dot.incarnation, cloud);
  closeGap(set, dot.incarnation);
  return true;
};

/** Adds everything that a version vector covers. */
export const addVector = (set: DotSet, vector: VersionVector): void => {
  for (const [incarnation, number] of vector) {
    if (numberOf(set.contiguous, incarnation) >= number) continue;
    set.contiguous.set(incarnation, number);
    for (const known of set.beyond.get(incarnation) ?? []) {
      if (known <= number) set.beyond.get(incarnation)?.delete(known);
    }
    closeGap(set, incarnation);
  }
};

/** Adds everything of `source` to `target`: the join. */
export const addDotSet = (target: DotSet, source: DotSet): void => {
  addVector(target, source.contiguous);
  for (const [incarnation, numbers] of source.beyond) {
    for (const number of numbers) addDot(target, { incarnation, number });
  }
};

/**
 * What is missing of a log below the highest known number, as ranges, ascending; none if there is no gap.
 *
 * Ranges, because one dot of a stranger can open a gap of 2^53. Cost: sorts the numbers beyond the gap.
 */
export const gapsOf = (set: DotSet, incarnation: Incarnation): readonly DotRange[] => {
  const gaps: DotRange[] = [];
  let fromNumber = numberOf(set.contiguous, incarnation) + 1;
  const known = [...(set.beyond.get(incarnation) ?? [])].sort((left, right) => left - right);
  for (const number of known) {
    if (fromNumber < number) gaps.push({ incarnation, fromNumber, toNumber: number });
    fromNumber = number + 1;
  }
  return gaps;
};

const closeGap = (set: DotSet, incarnation: Incarnation): void => {
  const cloud = set.beyond.get(incarnation);
  if (cloud === undefined) return;
  let number = numberOf(set.contiguous, incarnation);
  while (cloud.delete(number + 1)) number += 1;
  if (number > 0) set.contiguous.set(incarnation, number);
  if (cloud.size === 0) set.beyond.delete(incarnation);
};
