/** Sets of writes, named by dots, as ranges: what a reader saw, also where something is missing in the middle. */

/** The name of one write: the number that it has, counted from 1, among the writes of its origin. */
export interface WriteDot {
  readonly origin: string;
  readonly number: number;
}

/** From the first number to the last, both in. */
export type NumberRange = readonly [first: number, last: number];

/**
 * For each origin the numbers that are in the set: ascending, apart from each other by at least one number, none empty.
 *
 * A version vector is the case of one range from 1 for each origin; this is a vector with exceptions (Malkhi and Terry 2005, §3), and a set with
 * few gaps costs little more.
 */
export type DotRanges = ReadonlyMap<string, readonly NumberRange[]>;

/** The numbers of a set as ranges, whatever their order and however often one comes. */
export const rangesOfNumbers = (numbers: Iterable<number>): readonly NumberRange[] => {
  const ranges: [number, number][] = [];
  for (const number of [...numbers].sort((left, right) => left - right)) {
    const last = ranges.at(-1);
    if (last !== undefined && number <= last[1] + 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges;
};

/** The set of these dots. */
export const rangesOfDots = (dots: Iterable<WriteDot>): DotRanges => {
  const numbersByOrigin = new Map<string, number[]>();
  for (const { origin, number } of dots) {
    const numbers = numbersByOrigin.get(origin) ?? [];
    numbers.push(number);
    numbersByOrigin.set(origin, numbers);
  }
  return new Map(
    [...numbersByOrigin].map(([origin, numbers]) => [origin, rangesOfNumbers(numbers)]),
  );
};

/** Whether the set has the dot; by bisection. */
export const includesDot = (set: DotRanges, { origin, number }: WriteDot): boolean =>
  includesNumber(set.get(origin) ?? [], number);

const includesNumber = (ranges: readonly NumberRange[], number: number): boolean => {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const [first, last] = ranges[middle] ?? [0, 0];
    if (number < first) high = middle;
    else if (number > last) low = middle + 1;
    else return true;
  }
  return false;
};

/** The first dot of `smaller` that `larger` lacks, by origin and number; null if it has them all. Linear in both. */
export const firstMissing = (larger: DotRanges, smaller: DotRanges): WriteDot | null => {
  for (const [origin, ranges] of smaller) {
    const number = firstMissingNumber(larger.get(origin) ?? [], ranges);
    if (number !== null) return { origin, number };
  }
  return null;
};

const firstMissingNumber = (
  larger: readonly NumberRange[],
  smaller: readonly NumberRange[],
): number | null => {
  // What is seen is mostly one range, and what must be in it has a gap wherever somebody else wrote: that may be long, and is asked at each look.
  const [start = 0, end = 0] = larger[0] ?? [];
  if (start <= (smaller[0]?.[0] ?? 0) && end >= (smaller.at(-1)?.[1] ?? 0)) return null;
  let index = 0;
  for (const [first, last] of smaller) {
    while ((larger[index]?.[1] ?? Infinity) < first) index += 1;
    const [from, to] = larger[index] ?? [Infinity, Infinity];
    if (first < from) return first;
    if (last > to) return to + 1;
  }
  return null;
};

/** The first dot that both sets have, by origin and number; null if they have none in common. Linear in both. */
export const firstCommon = (left: DotRanges, right: DotRanges): WriteDot | null => {
  for (const [origin, ranges] of left) {
    const number = firstCommonNumber(ranges, right.get(origin) ?? []);
    if (number !== null) return { origin, number };
  }
  return null;
};

const firstCommonNumber = (
  left: readonly NumberRange[],
  right: readonly NumberRange[],
): number | null => {
  let leftIndex = 0;
  let rightIndex = 0;
  while (leftIndex < left.length && rightIndex < right.length) {
    const [leftFirst, leftLast] = left[leftIndex] ?? [0, 0];
    const [rightFirst, rightLast] = right[rightIndex] ?? [0, 0];
    const first = Math.max(leftFirst, rightFirst);
    if (first <= Math.min(leftLast, rightLast)) return first;
    if (leftLast < rightLast) leftIndex += 1;
    else rightIndex += 1;
  }
  return null;
};

/** For people: `b:14`. */
export const describeDot = ({ origin, number }: WriteDot): string => `${origin}:${number}`;

/** For people and as a key: `{a:1-3,5 b:1-9}`, by origin; equal sets give equal text, and others another. */
export const describeRanges = (set: DotRanges): string =>
  `{${[...set]
    .filter(([, ranges]) => ranges.length > 0)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([origin, ranges]) => `${wordOf(origin)}:${ranges.map(describeRange).join(",")}`)
    .join(" ")}}`;

/** In quotes where it could be taken for more than one origin. */
const wordOf = (origin: string): string =>
  /^[\w.-]+$/u.test(origin) ? origin : JSON.stringify(origin);

const describeRange = ([first, last]: NumberRange): string =>
  first === last ? `${first}` : `${first}-${last}`;

/** A set that its one owner adds to. */
export type GrowingDots = Map<string, [first: number, last: number][]>;

/** Adds a dot: at the end of an origin's numbers at once, elsewhere by bisection and a move of what follows. */
export const addDot = (set: GrowingDots, { origin, number }: WriteDot): void => {
  const ranges = set.get(origin) ?? [];
  if (ranges.length === 0) set.set(origin, ranges);
  const index = firstEndingFrom(ranges, number - 1);
  const range = ranges[index];
  if (range === undefined || number < range[0] - 1) {
    ranges.splice(index, 0, [number, number]);
    return;
  }
  range[0] = Math.min(range[0], number);
  range[1] = Math.max(range[1], number);
  const next = ranges[index + 1];
  if (next !== undefined && next[0] <= range[1] + 1) {
    range[1] = next[1];
    ranges.splice(index + 1, 1);
  }
};

/** The first range whose end is at or after the number. */
const firstEndingFrom = (ranges: readonly NumberRange[], number: number): number => {
  if ((ranges.at(-1)?.[1] ?? 0) < number) return ranges.length;
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ranges[middle]?.[1] ?? Infinity) < number) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** The dots of `left` that `right` lacks. Linear in the ranges of both, however many dots they have. */
export const dotsBeyond = (left: DotRanges, right: DotRanges): DotRanges => {
  const beyond = new Map<string, readonly NumberRange[]>();
  for (const [origin, ranges] of left) {
    const numbers = rangesBeyond(ranges, right.get(origin) ?? []);
    if (numbers.length > 0) beyond.set(origin, numbers);
  }
  return beyond;
};

const rangesBeyond = (
  left: readonly NumberRange[],
  right: readonly NumberRange[],
): readonly NumberRange[] => {
  const beyond: NumberRange[] = [];
  let index = 0;
  for (const [first, last] of left) {
    let from = first;
    while ((right[index]?.[1] ?? Infinity) < first) index += 1;
    for (let other = index; from <= last; other += 1) {
      const [start, end] = right[other] ?? [Infinity, Infinity];
      if (start > from) beyond.push([from, Math.min(last, start - 1)]);
      from = end + 1;
    }
  }
  return beyond;
};

/** What is in either set. Gives one of the two where that has everything already. */
export const unionOf = (left: DotRanges, right: DotRanges): DotRanges => {
  if (firstMissing(left, right) === null) return left;
  if (firstMissing(right, left) === null) return right;
  const union = new Map(left);
  for (const [origin, ranges] of right) {
    union.set(origin, joined([...(left.get(origin) ?? []), ...ranges]));
  }
  return union;
};

const joined = (ranges: readonly NumberRange[]): readonly NumberRange[] => {
  const result: [number, number][] = [];
  for (const [first, last] of [...ranges].sort(([left], [right]) => left - right)) {
    const previous = result.at(-1);
    if (previous !== undefined && first <= previous[1] + 1) {
      previous[1] = Math.max(previous[1], last);
    } else {
      result.push([first, last]);
    }
  }
  return result;
};
