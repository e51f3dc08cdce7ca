/** The laws of version vectors, as sets of dots: inclusion, union and intersection. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  advance,
  compare,
  covers,
  coversDot,
  describeVector,
  difference,
  meet,
  merge,
  mergeInto,
  numberOf,
  sortedEntries,
  type VersionVector,
} from "./version-vector.ts";

const logs = ["a".repeat(16), "b".repeat(16), "c".repeat(16), "d".repeat(16)];

/** Few logs and small numbers, so that vectors often meet; entries of 0 are among them. */
const vector: fc.Arbitrary<VersionVector> = fc
  .array(fc.tuple(fc.constantFrom(...logs), fc.integer({ min: 0, max: 5 })))
  .map((entries) => new Map(entries));

/** The twin: every dot that the vector covers. */
const dotsOf = (one: VersionVector): ReadonlySet<string> =>
  new Set(
    [...one].flatMap(([incarnation, number]) =>
      Array.from({ length: number }, (_, index) => `${incarnation}:${index + 1}`),
    ),
  );

/** Whether two vectors mean the same; entries of 0 say nothing. */
const isSame = (left: VersionVector, right: VersionVector): boolean =>
  describeVector(left) === describeVector(right);

const isSubset = (smaller: Iterable<string>, larger: ReadonlySet<string>): boolean =>
  [...smaller].every((dot) => larger.has(dot));

/** Three vectors (and the seed) of which the claim is false, or null if 1,000 were tried in vain. */
const breachOf = (
  claim: (a: VersionVector, b: VersionVector, c: VersionVector) => boolean,
): unknown => {
  const details = fc.check(fc.property(vector, vector, vector, claim), { numRuns: 1000 });
  return details.failed ? { vectors: details.counterexample, seed: details.seed } : null;
};

describe.each([
  ["merge", merge],
  ["meet", meet],
] as const)("%s", (_name, operation) => {
  test("is associative", () => {
    expect(
      breachOf((a, b, c) => isSame(operation(operation(a, b), c), operation(a, operation(b, c)))),
    ).toBeNull();
  });

  test("is commutative", () => {
    expect(breachOf((a, b) => isSame(operation(a, b), operation(b, a)))).toBeNull();
  });

  test("is idempotent", () => {
    expect(breachOf((a) => isSame(operation(a, a), a))).toBeNull();
  });

  test("leaves its arguments as they were", () => {
    expect(
      breachOf((a, b) => {
        const before = describeVector(a) + describeVector(b);
        operation(a, b).set("e".repeat(16), 1);
        return describeVector(a) + describeVector(b) === before;
      }),
    ).toBeNull();
  });
});

describe("merge", () => {
  test("is the union of the dots", () => {
    expect(
      breachOf((a, b) => {
        const union = new Set([...dotsOf(a), ...dotsOf(b)]);
        const merged = dotsOf(merge(a, b));
        return merged.size === union.size && isSubset(union, merged);
      }),
    ).toBeNull();
  });

  test("is an upper bound", () => {
    expect(breachOf((a, b) => covers(merge(a, b), a) && covers(merge(a, b), b))).toBeNull();
  });

  test("is the least upper bound", () => {
    expect(
      breachOf((a, b, c) => !(covers(c, a) && covers(c, b)) || covers(c, merge(a, b))),
    ).toBeNull();
  });

  test("has the empty vector as its neutral element", () => {
    expect(breachOf((a) => isSame(merge(a, new Map()), a))).toBeNull();
  });

  test("into a target is the same as a new one", () => {
    expect(
      breachOf((a, b) => {
        const target = new Map(a);
        mergeInto(target, b);
        return isSame(target, merge(a, b));
      }),
    ).toBeNull();
  });
});

describe("meet", () => {
  test("is the intersection of the dots", () => {
    expect(
      breachOf((a, b) => {
        const common = [...dotsOf(a)].filter((dot) => dotsOf(b).has(dot));
        return dotsOf(meet(a, b)).size === common.length && isSubset(common, dotsOf(meet(a, b)));
      }),
    ).toBeNull();
  });

  test("is a lower bound", () => {
    expect(breachOf((a, b) => covers(a, meet(a, b)) && covers(b, meet(a, b)))).toBeNull();
  });

  test("is the greatest lower bound", () => {
    expect(
      breachOf((a, b, c) => !(covers(a, c) && covers(b, c)) || covers(meet(a, b), c)),
    ).toBeNull();
  });

  test("absorbs and is absorbed by merge", () => {
    expect(
      breachOf((a, b) => isSame(meet(a, merge(a, b)), a) && isSame(merge(a, meet(a, b)), a)),
    ).toBeNull();
  });
});

describe("covers", () => {
  test("is the inclusion of the dots", () => {
    expect(breachOf((a, b) => covers(a, b) === isSubset(dotsOf(b), dotsOf(a)))).toBeNull();
  });

  test("is reflexive", () => {
    expect(breachOf((a) => covers(a, a))).toBeNull();
  });

  test("is antisymmetric", () => {
    expect(breachOf((a, b) => !(covers(a, b) && covers(b, a)) || isSame(a, b))).toBeNull();
  });

  test("is transitive", () => {
    expect(breachOf((a, b, c) => !(covers(a, b) && covers(b, c)) || covers(a, c))).toBeNull();
  });

  test("is what merge says: the larger gains nothing", () => {
    expect(breachOf((a, b) => covers(a, b) === isSame(merge(a, b), a))).toBeNull();
  });

  test("of a dot is membership", () => {
    const number = fc.integer({ min: 1, max: 6 });
    fc.assert(
      fc.property(vector, fc.constantFrom(...logs), number, (one, incarnation, at) => {
        expect(coversDot(one, { incarnation, number: at })).toBe(
          dotsOf(one).has(`${incarnation}:${at}`),
        );
      }),
    );
  });
});

describe("compare", () => {
  const opposite = {
    equal: "equal",
    before: "after",
    after: "before",
    concurrent: "concurrent",
  } as const;

  test("agrees with covers", () => {
    const orderingOf = (a: VersionVector, b: VersionVector): string => {
      if (covers(a, b)) return covers(b, a) ? "equal" : "after";
      return covers(b, a) ? "before" : "concurrent";
    };
    expect(breachOf((a, b) => compare(a, b) === orderingOf(a, b))).toBeNull();
  });

  test("is turned round with its arguments", () => {
    expect(breachOf((a, b) => compare(a, b) === opposite[compare(b, a)])).toBeNull();
  });

  test("has seen all four answers", () => {
    const [a, b] = [new Map([[logs[0]!, 1]]), new Map([[logs[1]!, 1]])];

    expect(compare(a, new Map(a))).toBe("equal");
    expect(compare(new Map(), a)).toBe("before");
    expect(compare(a, new Map())).toBe("after");
    expect(compare(a, b)).toBe("concurrent");
  });
});

describe("difference", () => {
  test("is the dots that the right one lacks", () => {
    expect(
      breachOf((a, b) => {
        const ranges = difference(a, b).flatMap(({ incarnation, fromNumber, toNumber }) =>
          Array.from(
            { length: toNumber - fromNumber },
            (_, index) => `${incarnation}:${fromNumber + index}`,
          ),
        );
        const lacking = [...dotsOf(a)].filter((dot) => !dotsOf(b).has(dot));
        return ranges.toSorted().join() === lacking.toSorted().join();
      }),
    ).toBeNull();
  });

  test("added to the right one gives the merge, without a gap", () => {
    expect(
      breachOf((a, b) => {
        const target = new Map(b);
        for (const { incarnation, fromNumber, toNumber } of difference(a, b)) {
          for (let number = fromNumber; number < toNumber; number += 1) {
            advance(target, { incarnation, number });
          }
        }
        return isSame(target, merge(a, b));
      }),
    ).toBeNull();
  });

  test("is empty if and only if the right one covers the left", () => {
    expect(breachOf((a, b) => (difference(a, b).length === 0) === covers(b, a))).toBeNull();
  });

  test("is ordered by incarnation", () => {
    expect(
      breachOf((a, b) => {
        const names = difference(a, b).map(({ incarnation }) => incarnation);
        return names.join() === names.toSorted().join();
      }),
    ).toBeNull();
  });
});

describe("advance", () => {
  test("moves a log forward by one", () => {
    const target = new Map([[logs[0]!, 6]]);

    advance(target, { incarnation: logs[0]!, number: 7 });
    advance(target, { incarnation: logs[1]!, number: 1 });

    expect(describeVector(target)).toBe(`{${logs[0]}:7 ${logs[1]}:1}`);
  });

  test.each([0, 5, 6, 8, 1.5, Number.NaN])("refuses %d after 6", (number) => {
    const target = new Map([[logs[0]!, 6]]);

    expect(() => advance(target, { incarnation: logs[0]!, number })).toThrow(RangeError);
    expect(numberOf(target, logs[0]!)).toBe(6);
  });
});

describe("entries", () => {
  test("do not depend on the order of insertion", () => {
    expect(
      breachOf((a) => {
        const reversed = new Map([...a].toReversed());
        return sortedEntries(a).join() === sortedEntries(reversed).join();
      }),
    ).toBeNull();
  });

  test("of 0 mean the same as none", () => {
    const zero = new Map([[logs[0]!, 0]]);

    expect(compare(zero, new Map())).toBe("equal");
    expect(sortedEntries(zero)).toEqual([]);
    expect(describeVector(zero)).toBe("{}");
  });
});
