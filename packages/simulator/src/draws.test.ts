import { seededRandom } from "@syncline/machine";
import { describe, expect, test } from "vitest";
import { type Delays, delayOf } from "./delays.ts";
import { keyedDraws } from "./draws.ts";
import { partitionLines } from "./partitions.ts";

describe("keyed draws", () => {
  test("depend on the seed, the concern and each part of the key", () => {
    const base = keyedDraws(1, "loss").fraction(2, 3, 4);

    expect(keyedDraws(1, "loss").fraction(2, 3, 4)).toBe(base);
    expect(keyedDraws(2, "loss").fraction(2, 3, 4)).not.toBe(base);
    expect(keyedDraws(1, "delay").fraction(2, 3, 4)).not.toBe(base);
    const others = [
      [3, 3, 4],
      [2, 4, 4],
      [2, 3, 5],
      [3, 2, 4],
    ] as const;
    for (const [first, second, third] of others) {
      expect(keyedDraws(1, "loss").fraction(first, second, third)).not.toBe(base);
    }
  });

  test.each([1, 2, 3])("are even over messages, from seed %i", (seed) => {
    const draws = keyedDraws(seed, "loss");
    const counts = Array.from({ length: 10 }, () => 0);
    for (let number = 0; number < 10_000; number += 1) {
      counts[Math.floor(draws.fraction(0, 1, number) * 10)]! += 1;
    }

    expect(Math.min(...counts)).toBeGreaterThan(880);
    expect(Math.max(...counts)).toBeLessThan(1120);
  });
});

describe("delays", () => {
  test.each(["uniform", "exponential", "heavy-tailed"] as const)(
    "of shape %s keep minimum and mean",
    (shape) => {
      const delays: Delays = { minMs: 5, meanMs: 25, shape };
      const draws = keyedDraws(9, "delay");
      const times = Array.from({ length: 20_000 }, (_, number) =>
        delayOf(delays, draws.fraction(0, 1, number)),
      );
      const meanMs = times.reduce((sum, time) => sum + time, 0) / times.length;

      expect(Math.min(...times)).toBeGreaterThanOrEqual(5);
      expect(meanMs).toBeGreaterThan(23);
      expect(meanMs).toBeLessThan(28);
    },
  );
});

describe("partitions", () => {
  const members = ["a", "b", "c", "d", "e"];
  const seesOf = (seed: number, shape: Parameters<typeof partitionLines>[0]) => {
    const lines = partitionLines(shape, members, ["e0"], seededRandom(seed));
    const cut = new Set(lines.map(([from, to]) => `${from}${to}`));
    return members.map((one) =>
      members.filter((other) => other === one || !cut.has(one + other) || !cut.has(other + one)),
    );
  };

  test("of shape isolated leave one alone", () => {
    for (let seed = 0; seed < 50; seed += 1) {
      const lines = partitionLines("isolated", members, [], seededRandom(seed));
      const touched = members.filter((name) => lines.every((line) => line.includes(name)));
      expect(touched).toHaveLength(1);
    }
  });

  test("of shape majority-ring let each see a majority, and no two the same", () => {
    for (let seed = 0; seed < 50; seed += 1) {
      const lines = partitionLines("majority-ring", members, [], seededRandom(seed));
      if (new Set(lines.map(([from, to]) => [from, to].sort().join())).size === lines.length) {
        continue;
      }
      const sees = seesOf(seed, "majority-ring");
      expect(sees.every((seen) => seen.length === 3)).toBe(true);
      expect(new Set(sees.map((seen) => seen.join())).size).toBe(5);
    }
  });

  test("never cut a node from itself", () => {
    for (let seed = 0; seed < 200; seed += 1) {
      for (const shape of ["halves", "bridge", "isolated", "majority-ring"] as const) {
        const lines = partitionLines(shape, members, ["e0", "e1"], seededRandom(seed));
        expect(lines.every(([from, to]) => from !== to)).toBe(true);
        expect(new Set(lines.map((line) => line.join())).size).toBe(lines.length);
      }
    }
  });
});
