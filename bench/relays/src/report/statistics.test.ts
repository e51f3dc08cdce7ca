import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { exponentOf, quantileOf, spreadOf } from "./statistics.ts";

describe("a quantile", () => {
  test("is the nearest rank", () => {
    const sorted = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

    expect([0, 0.05, 0.5, 0.51, 0.99, 1].map((share) => quantileOf(sorted, share))).toEqual([
      1, 1, 5, 6, 10, 10,
    ]);
  });

  test("of nothing is no number", () => {
    expect(quantileOf([], 0.5)).toBeNaN();
  });

  test("leaves at most its share below it", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer(), { minLength: 1 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, share) => {
          const sorted = values.toSorted((a, b) => a - b);
          const quantile = quantileOf(sorted, share);
          expect(sorted.filter((value) => value < quantile).length).toBeLessThanOrEqual(
            Math.ceil(share * sorted.length),
          );
        },
      ),
    );
  });
});

describe("a spread", () => {
  test("has the middle run of three", () => {
    expect(spreadOf([30, 10, 20])).toEqual({ median: 20, min: 10, max: 30 });
  });

  test("has the mean of the middle two of four", () => {
    expect(spreadOf([4, 1, 3, 2])?.median).toBe(2.5);
  });

  test("of nothing is none", () => {
    expect(spreadOf([])).toBeNull();
  });
});

describe("an exponent", () => {
  const values = [10, 100, 1000];

  test.each([
    ["a cost that stays", () => 7, 0],
    ["a cost that doubles with its cause", (n: number) => 3 * n, 1],
    ["a square", (n: number) => n * n, 2],
  ])("of %s is told", (_claim, cost, exponent) => {
    expect(exponentOf(values.map((n) => [n, cost(n)]))).toBeCloseTo(exponent, 9);
  });

  test("leaves out what has no logarithm", () => {
    expect(
      exponentOf([
        [1, 0],
        [10, 10],
        [100, 100],
      ]),
    ).toBeCloseTo(1, 9);
  });

  test("of one point is no number", () => {
    expect(exponentOf([[10, 10]])).toBeNaN();
  });
});
