/** Levels in their order, and counts that meet. */
import { SyncError } from "@syncline/machine";
import { describe, expect, test } from "vitest";
import { isAtLeast, levels, quorumsOf } from "./levels.ts";

describe("levels", () => {
  test("stand from weak to strong", () => {
    for (const [index, reached] of levels.entries()) {
      expect(levels.filter((wanted) => isAtLeast(reached, wanted))).toEqual(
        levels.slice(0, index + 1),
      );
    }
  });
});

describe("quorums", () => {
  test.each([
    [1, 1, 1],
    [2, 2, 1],
    [3, 2, 2],
    [4, 3, 2],
    [5, 3, 3],
    [7, 4, 4],
  ])("of %i homes are W = %i and R = %i", (homeCount, writeQuorum, readQuorum) => {
    expect(quorumsOf(homeCount)).toEqual({ homeCount, writeQuorum, readQuorum });
  });

  test.each([
    [{ writeQuorum: 1 }, 1, 3],
    [{ writeQuorum: 3 }, 3, 1],
    [{ readQuorum: 3 }, 2, 3],
    [{ writeQuorum: 1, readQuorum: 1 }, 1, 1],
  ])("of 3 homes with %j are W = %i and R = %i", (wanted, writeQuorum, readQuorum) => {
    expect(quorumsOf(3, wanted)).toEqual({ homeCount: 3, writeQuorum, readQuorum });
  });

  test.each([1, 2, 3, 4, 5])("of %i homes meet by default: any W and any R", (homeCount) => {
    for (let writeQuorum = 1; writeQuorum <= homeCount; writeQuorum += 1) {
      const { readQuorum } = quorumsOf(homeCount, { writeQuorum });
      const meets = subsetsOf(homeCount, writeQuorum).every((written) =>
        subsetsOf(homeCount, readQuorum).every((read) => (written & read) !== 0),
      );
      expect(meets).toBe(true);
    }
  });

  test.each([1, 2, 3, 4, 5])("of %i homes meet if and only if R + W > N", (homeCount) => {
    for (let writeQuorum = 1; writeQuorum <= homeCount; writeQuorum += 1) {
      for (let readQuorum = 1; readQuorum <= homeCount; readQuorum += 1) {
        const meets = subsetsOf(homeCount, writeQuorum).every((written) =>
          subsetsOf(homeCount, readQuorum).every((read) => (written & read) !== 0),
        );
        expect(meets).toBe(readQuorum + writeQuorum > homeCount);
      }
    }
  });

  test.each([2, 3, 4, 5, 6, 7])("of %i homes are a majority for writes", (homeCount) => {
    const { writeQuorum } = quorumsOf(homeCount);

    expect(writeQuorum * 2).toBeGreaterThan(homeCount);
    expect((writeQuorum - 1) * 2).toBeLessThanOrEqual(homeCount);
  });

  const impossible = [0, -1, 4, Number.NaN, 1.5, Number.POSITIVE_INFINITY];
  test.each([
    ...impossible.map((writeQuorum) => ({ writeQuorum })),
    ...impossible.map((readQuorum) => ({ readQuorum })),
    { writeQuorum: 0, readQuorum: 3 },
  ])("of 3 homes with %j are refused", (wanted) => {
    expect(codeOf(() => quorumsOf(3, wanted))).toBe("BAD_CONFIG");
  });

  test.each([0, -1, Number.NaN, 1.5, Number.POSITIVE_INFINITY])(
    "of %d homes are refused, whatever is asked for",
    (homeCount) => {
      expect(codeOf(() => quorumsOf(homeCount))).toBe("BAD_CONFIG");
      expect(codeOf(() => quorumsOf(homeCount, { writeQuorum: 1, readQuorum: 1 }))).toBe(
        "BAD_CONFIG",
      );
    },
  );
});

/** Every choice of `size` of `count` homes, as bits. */
const subsetsOf = (count: number, size: number): readonly number[] =>
  Array.from({ length: 2 ** count }, (_, bits) => bits).filter(
    (bits) => bits.toString(2).replaceAll("0", "").length === size,
  );

const codeOf = (act: () => unknown): string => {
  try {
    act();
    return "none";
  } catch (error) {
    return error instanceof SyncError ? error.code : "another error";
  }
};
