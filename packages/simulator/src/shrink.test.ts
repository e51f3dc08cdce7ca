import { describe, expect, test } from "vitest";
import { shrink } from "./shrink.ts";

const numbers = Array.from({ length: 100 }, (_, index) => index);

describe("shrink", () => {
  test.each([[[7]], [[3, 90]], [[10, 11, 12]], [[0, 33, 66, 99]]])(
    "finds the few that matter: %j",
    (needed) => {
      const { items, runCount } = shrink(numbers, (rest) =>
        needed.every((one) => rest.includes(one)),
      );

      expect(items).toEqual(needed);
      expect(runCount).toBeLessThan(200);
    },
  );

  test("needs one run where nothing matters", () => {
    expect(shrink(numbers, () => true)).toEqual({ items: [], runCount: 1 });
  });

  test("stops at its limit with a list that fails", () => {
    const { items, runCount } = shrink(numbers, (rest) => rest.length > 50, 20);

    expect(items.length).toBeGreaterThan(50);
    expect(runCount).toBeLessThanOrEqual(20);
  });
});
