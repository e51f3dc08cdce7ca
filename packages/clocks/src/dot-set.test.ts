/** A dot set against its twin: a plain set of texts. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  addDot,
  addDotSet,
  addVector,
  createDotSet,
  type DotSet,
  gapsOf,
  hasDot,
} from "./dot-set.ts";
import { describeVector, type Dot } from "./version-vector.ts";

const logs = ["a".repeat(16), "b".repeat(16)];
const numberMax = 12;
const numbers = Array.from({ length: numberMax }, (_, index) => index + 1);
const dots: readonly Dot[] = logs.flatMap((incarnation) =>
  numbers.map((number) => ({ incarnation, number })),
);

const textOf = ({ incarnation, number }: Dot): string => `${incarnation}:${number}`;

/** Everything in the set, found by asking for each dot. */
const membersOf = (set: DotSet): readonly string[] =>
  dots.filter((dot) => hasDot(set, dot)).map(textOf);

/** How far the twin reaches without a gap. */
const contiguousOf = (twin: ReadonlySet<string>, incarnation: string): number => {
  let number = 0;
  while (twin.has(textOf({ incarnation, number: number + 1 }))) number += 1;
  return number;
};

/** All that a set can be asked, each log by each. */
const viewOf = (set: DotSet): unknown => ({
  members: membersOf(set),
  logs: logs.map((log) => ({
    contiguous: set.contiguous.get(log) ?? 0,
    // None, not an empty one, where nothing is beyond a gap.
    beyond: set.beyond.has(log) ? [...set.beyond.get(log)!].toSorted((a, b) => a - b) : null,
    missing: numbersOf(gapsOf(set, log)),
  })),
});

/** The same, from the twin. */
const viewOfTwin = (twin: ReadonlySet<string>): unknown => ({
  members: dots.map(textOf).filter((text) => twin.has(text)),
  logs: logs.map((log) => {
    const contiguous = contiguousOf(twin, log);
    const isKnown = (number: number): boolean => twin.has(textOf({ incarnation: log, number }));
    const beyond = numbers.filter((number) => number > contiguous && isKnown(number));
    const missing = numbers.filter((number) => number < (beyond.at(-1) ?? 0) && !isKnown(number));
    return { contiguous, beyond: beyond.length > 0 ? beyond : null, missing };
  }),
});

const numbersOf = (ranges: ReturnType<typeof gapsOf>): readonly number[] =>
  ranges.flatMap(({ fromNumber, toNumber }) =>
    Array.from({ length: toNumber - fromNumber }, (_, index) => fromNumber + index),
  );

const dot = fc.constantFrom(...dots);
const vector = fc
  .tuple(fc.integer({ min: 0, max: numberMax }), fc.integer({ min: 0, max: numberMax }))
  .map((heights) => new Map(logs.map((log, index) => [log, heights[index]!] as const)));

type Action =
  | { readonly kind: "dot"; readonly dot: Dot }
  | { readonly kind: "vector"; readonly vector: ReadonlyMap<string, number> }
  | { readonly kind: "set"; readonly dots: readonly Dot[] };

const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 8, arbitrary: dot.map((one) => ({ kind: "dot", dot: one }) as const) },
  { weight: 1, arbitrary: vector.map((one) => ({ kind: "vector", vector: one }) as const) },
  {
    weight: 1,
    arbitrary: fc
      .array(dot, { maxLength: 8 })
      .map((some) => ({ kind: "set", dots: some }) as const),
  },
);

const setOf = (some: readonly Dot[]): DotSet => {
  const set = createDotSet();
  for (const one of some) addDot(set, one);
  return set;
};

const act = (set: DotSet, one: Action): void => {
  if (one.kind === "dot") addDot(set, one.dot);
  else if (one.kind === "vector") addVector(set, one.vector);
  else addDotSet(set, setOf(one.dots));
};

const dotsIn = (one: Action): readonly Dot[] => {
  if (one.kind === "dot") return [one.dot];
  if (one.kind === "set") return one.dots;
  return dots.filter(({ incarnation, number }) => number <= (one.vector.get(incarnation) ?? 0));
};

const plain = (set: DotSet): string =>
  describeVector(set.contiguous) +
  [...set.beyond]
    .map(([log, known]) => `${log} ${[...known].toSorted((a, b) => a - b).join(" ")}`)
    .toSorted()
    .join(";");

describe("a dot set", () => {
  test("holds what was added, after every step", () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 25 }), (actions) => {
        const set = createDotSet();
        const twin = new Set<string>();
        for (const one of actions) {
          act(set, one);
          for (const added of dotsIn(one)) twin.add(textOf(added));
          expect(viewOf(set)).toEqual(viewOfTwin(twin));
        }
      }),
      { numRuns: 500 },
    );
  });

  test("is the same in whatever order it was filled", () => {
    const actions = fc.array(action, { maxLength: 15 });
    fc.assert(
      fc.property(
        actions.chain((some) =>
          fc.tuple(
            fc.constant(some),
            fc.shuffledSubarray(some, { minLength: some.length, maxLength: some.length }),
          ),
        ),
        ([some, shuffled]) => {
          const [left, right] = [createDotSet(), createDotSet()];
          for (const one of some) act(left, one);
          for (const one of shuffled) act(right, one);
          expect(plain(left)).toBe(plain(right));
        },
      ),
      { numRuns: 500 },
    );
  });

  test("begins with what a vector covers, and does not move that vector", () => {
    const known = new Map([[logs[0]!, 3]]);

    const set = createDotSet(known);
    addDot(set, { incarnation: logs[0]!, number: 4 });

    expect(set.contiguous.get(logs[0]!)).toBe(4);
    expect(known.get(logs[0]!)).toBe(3);
  });

  test("tells whether a dot was new", () => {
    const set = createDotSet(new Map([[logs[0]!, 3]]));

    expect([2, 5, 5, 4, 5].map((number) => addDot(set, { incarnation: logs[0]!, number }))).toEqual(
      [false, true, false, true, false],
    );
  });

  test.each([0, -1, 1.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY])(
    "refuses the number %d",
    (number) => {
      expect(() => addDot(createDotSet(), { incarnation: logs[0]!, number })).toThrow(RangeError);
    },
  );

  test("may be added to itself", () => {
    const set = setOf([dots[0]!, dots[4]!]);
    const before = plain(set);

    addDotSet(set, set);

    expect(plain(set)).toBe(before);
  });
});

describe("gaps", () => {
  test("of a log that was never heard of are none", () => {
    expect(gapsOf(createDotSet(), logs[0]!)).toEqual([]);
  });

  test("are ranges, however far the highest number is", () => {
    const set = setOf([{ incarnation: logs[0]!, number: Number.MAX_SAFE_INTEGER }]);

    expect(gapsOf(set, logs[0]!)).toEqual([
      { incarnation: logs[0]!, fromNumber: 1, toNumber: Number.MAX_SAFE_INTEGER },
    ]);
  });

  test("of 200,000 numbers beyond one are found", () => {
    // Spread into Math.max, a set of this size is more arguments than a call can have.
    const set = createDotSet();
    for (let number = 2; number <= 400_000; number += 2) {
      addDot(set, { incarnation: logs[0]!, number });
    }

    expect(gapsOf(set, logs[0]!)).toHaveLength(200_000);
  });
});
