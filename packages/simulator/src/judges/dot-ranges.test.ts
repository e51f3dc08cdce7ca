/** Sets of dots as ranges do what sets of dots one by one do. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  addDot,
  describeDot,
  describeRanges,
  dotsBeyond,
  type DotRanges,
  firstCommon,
  firstMissing,
  type GrowingDots,
  includesDot,
  rangesOfDots,
  unionOf,
  type WriteDot,
} from "./dot-ranges.ts";

const dot = fc.record({
  origin: fc.constantFrom("a", "b"),
  number: fc.integer({ min: 1, max: 12 }),
});
const dots = fc.array(dot, { maxLength: 20 });

const namesOf = (set: DotRanges): ReadonlySet<string> => {
  const names = new Set<string>();
  for (const [origin, ranges] of set) {
    for (const [first, last] of ranges) {
      for (let number = first; number <= last; number += 1) names.add(`${origin}:${number}`);
    }
  }
  return names;
};

const plain = (all: readonly WriteDot[]): ReadonlySet<string> => new Set(all.map(describeDot));
const setOf = (all: Iterable<string>): ReadonlySet<string> => new Set(all);

/** Ascending, apart, none empty. */
const isProper = (set: DotRanges): boolean =>
  [...set.values()].every((ranges) =>
    ranges.every(
      ([first, last], index) => first <= last && first > (ranges[index - 1]?.[1] ?? -1) + 1,
    ),
  );

describe("a set of ranges", () => {
  test("has what was put in, added one by one or together", () => {
    fc.assert(
      fc.property(dots, (all) => {
        const growing: GrowingDots = new Map();
        for (const one of all) addDot(growing, one);

        expect(namesOf(growing)).toEqual(plain(all));
        expect(describeRanges(growing)).toBe(describeRanges(rangesOfDots(all)));
        expect(isProper(growing)).toBe(true);
      }),
    );
  });

  test("includes what it has and nothing else", () => {
    fc.assert(
      fc.property(dots, dot, (all, one) => {
        expect(includesDot(rangesOfDots(all), one)).toBe(plain(all).has(describeDot(one)));
      }),
    );
  });

  test("compared with another gives what sets give", () => {
    fc.assert(
      fc.property(dots, dots, (left, right) => {
        const [one, other] = [rangesOfDots(left), rangesOfDots(right)];
        const beyond = [...plain(left)].filter((name) => !plain(right).has(name));
        const common = [...plain(left)].filter((name) => plain(right).has(name));
        const missing = firstMissing(other, one);
        const shared = firstCommon(one, other);

        expect(namesOf(dotsBeyond(one, other))).toEqual(setOf(beyond));
        expect(isProper(dotsBeyond(one, other))).toBe(true);
        expect(namesOf(unionOf(one, other))).toEqual(setOf([...plain(left), ...plain(right)]));
        expect(isProper(unionOf(one, other))).toBe(true);
        expect(missing === null).toBe(beyond.length === 0);
        expect(missing === null || beyond.includes(describeDot(missing))).toBe(true);
        expect(shared === null).toBe(common.length === 0);
        expect(shared === null || common.includes(describeDot(shared))).toBe(true);
      }),
    );
  });

  test("is told by origin", () => {
    const set = rangesOfDots([
      { origin: "b", number: 1 },
      { origin: "a", number: 5 },
      { origin: "a", number: 2 },
      { origin: "a", number: 1 },
    ]);

    expect(describeRanges(set)).toBe("{a:1-2,5 b:1}");
  });

  test("is told apart from one with an origin that looks like two", () => {
    const two = rangesOfDots([
      { origin: "a", number: 1 },
      { origin: "b", number: 1 },
    ]);

    expect(describeRanges(rangesOfDots([{ origin: "a:1 b", number: 1 }]))).not.toBe(
      describeRanges(two),
    );
  });
});
