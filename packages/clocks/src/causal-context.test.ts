/** A causal context against its twin: a plain set of texts. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  addContext,
  addRange,
  addToContext,
  type CausalContext,
  cloudOf,
  contextHas,
  contextMinus,
  copyContext,
  coversContext,
  createContext,
  isContiguous,
  nextNumber,
  rangesOf,
  vectorOf,
} from "./causal-context.ts";
import { decodeContext, encodeContext } from "./causal-context-encoding.ts";
import type { Dot } from "./version-vector.ts";

const replicas = ["a".repeat(16), "b".repeat(16)];
const numbers = Array.from({ length: 14 }, (_, index) => index + 1);
const dots: readonly Dot[] = replicas.flatMap((incarnation) =>
  numbers.map((number) => ({ incarnation, number })),
);
const textOf = ({ incarnation, number }: Dot): string => `${incarnation}:${number}`;

const someDots = fc
  .subarray([...dots])
  .chain((some) => fc.shuffledSubarray(some, { minLength: some.length }));

const contextOf = (some: readonly Dot[]): ReturnType<typeof createContext> => {
  const context = createContext();
  for (const dot of some) addToContext(context, dot);
  return context;
};

const membersOf = (context: CausalContext): ReadonlySet<string> =>
  new Set(
    dots.filter(({ incarnation, number }) => contextHas(context, incarnation, number)).map(textOf),
  );

const check = (law: (left: readonly Dot[], right: readonly Dot[]) => void): void => {
  fc.assert(fc.property(someDots, someDots, law), { numRuns: 300 });
};

describe("a context", () => {
  test("has what was added, in whatever order, in the fewest ranges", () => {
    check((some) => {
      const context = contextOf(some);

      expect(membersOf(context)).toEqual(new Set(some.map(textOf)));
      for (const ranges of context.values()) {
        for (let index = 1; index < ranges.length; index += 1) {
          expect(ranges[index]!).toBeGreaterThan(ranges[index - 1]!);
        }
      }
      expect(contextOf(some.toReversed())).toEqual(context);
    });
  });

  test("joins, differs and covers as sets do", () => {
    check((left, right) => {
      const [mine, yours] = [contextOf(left), contextOf(right)];
      const joined = copyContext(mine);
      const isChanged = addContext(joined, yours);

      expect(joined).toEqual(contextOf([...left, ...right]));
      expect(isChanged).toBe(membersOf(joined).size > membersOf(mine).size);
      expect(membersOf(contextMinus(mine, yours))).toEqual(
        new Set([...membersOf(mine)].filter((text) => !membersOf(yours).has(text))),
      );
      expect(coversContext(mine, yours)).toBe(contextMinus(yours, mine).size === 0);
      expect(coversContext(joined, mine)).toBe(true);
      expect(membersOf(mine)).toEqual(new Set(left.map(textOf)));
    });
  });

  test("never moves its vector over a gap", () => {
    check((some) => {
      const context = contextOf(some);
      const known = new Set(some.map(textOf));

      for (const incarnation of replicas) {
        let reach = 0;
        while (known.has(textOf({ incarnation, number: reach + 1 }))) reach += 1;
        expect(vectorOf(context).get(incarnation) ?? 0).toBe(reach);
        const highest = some
          .filter((dot) => dot.incarnation === incarnation)
          .reduce((most, { number }) => Math.max(most, number), 0);
        expect(nextNumber(context, incarnation)).toBe(highest + 1);
      }
      expect(isContiguous(context)).toBe(cloudOf(context).length === 0);
      const again = createContext(vectorOf(context));
      for (const range of cloudOf(context)) addRange(again, range);
      expect(again).toEqual(context);
      expect(rangesOf(context).length).toBeGreaterThanOrEqual(cloudOf(context).length);
    });
  });

  test("has one spelling, and takes no other", () => {
    fc.assert(
      fc.property(someDots, (some) => {
        const context = contextOf(some);
        const bytes = encodeContext(context);

        expect(decodeContext(bytes)).toEqual(context);
        expect(encodeContext(contextOf(some.toReversed()))).toEqual(bytes);
        for (let length = 0; length < bytes.length; length += 1) {
          expect(decodeContext(bytes.slice(0, length))).toBeNull();
        }
        for (let bit = 0; bit < bytes.length * 8; bit += 1) {
          const flipped = bytes.slice();
          flipped[bit >> 3]! ^= 1 << (bit & 7);
          const read = decodeContext(flipped);
          expect(read === null ? flipped : encodeContext(read)).toEqual(flipped);
        }
      }),
      { numRuns: 40 },
    );
  });

  test("takes a range of 2^50 dots without holding them", () => {
    const context = createContext();
    addRange(context, { incarnation: replicas[0]!, fromNumber: 5, toNumber: 2 ** 50 });

    expect(encodeContext(context).length).toBeLessThan(22);
    expect(contextHas(context, replicas[0]!, 2 ** 49)).toBe(true);
    expect(vectorOf(context)).toEqual(new Map());
  });

  test.each([
    [0, 1],
    [3, 3],
    [1, 2 ** 53],
    [Number.NaN, 2],
  ])("refuses dots from %d to %d", (fromNumber, toNumber) => {
    const range = { incarnation: replicas[0]!, fromNumber, toNumber };

    expect(() => addRange(createContext(), range)).toThrow(RangeError);
  });
});
