/** The arithmetic behind "saved", against a twin that counts dot by dot. */
import type { VersionVector } from "@syncline/clocks";
import { covers, describeVector } from "@syncline/clocks";
import { type Random, seededRandom } from "@syncline/machine";
import { describe, expect, test } from "vitest";
import { createDisks, settledOn } from "./copies.ts";

const logs = ["a".repeat(16), "b".repeat(16), "c".repeat(16), "d".repeat(16)];
const [logA = "", logB = ""] = logs;
const numberMax = 6;

const randomVector = (random: Random): VersionVector =>
  new Map(
    logs
      .filter(() => random.chance(0.8))
      .map((log) => [log, random.integer(0, numberMax + 1)] as const),
  );

const copiesIn = (vectors: readonly VersionVector[], log: string, number: number): number =>
  vectors.filter((vector) => (vector.get(log) ?? 0) >= number).length;

/** The twin: goes through each log until a dot has too few copies. */
const settledByCounting = (vectors: readonly VersionVector[], count: number): VersionVector => {
  const settled = new Map<string, number>();
  for (const log of logs) {
    let number = 0;
    while (number < numberMax && copiesIn(vectors, log, number + 1) >= count) number += 1;
    if (number > 0) settled.set(log, number);
  }
  return settled;
};

describe("createDisks", () => {
  test("answers as if it had never been asked before, in 500 histories", () => {
    const random = seededRandom(8);

    for (let history = 0; history < 500; history += 1) {
      const disks = createDisks();
      for (let round = 0; round < 20; round += 1) {
        const home = random.pick(["a", "b", "c"]);
        const isWhole = random.chance(0.3);
        const incarnation = random.pick([logA, logA, logB]);
        disks.take(home, { incarnation, vector: randomVector(random) }, isWhole);
        const count = random.integer(0, 5);
        const vectors = [...disks.diskByHome.values()].map(({ vector }) => vector);
        expect(describeVector(disks.settledOn(count))).toBe(
          describeVector(settledOn(vectors, count)),
        );
      }
    }
  });
});

describe("settledOn", () => {
  test.each([1, 2, 3, 4, 5])("agrees with counting in 10,000 cases from seed %i", (seed) => {
    const random = seededRandom(seed);
    const wrong: unknown[] = [];

    for (let round = 0; round < 10_000; round += 1) {
      const vectors = Array.from({ length: random.integer(0, 7) }, () => randomVector(random));
      const count = random.integer(1, 8);
      const settled = describeVector(settledOn(vectors, count));
      const counted = describeVector(settledByCounting(vectors, count));
      if (settled !== counted) wrong.push({ vectors, count, settled, counted });
    }

    expect(wrong).toEqual([]);
  });

  test("covers less when more disks are asked for", () => {
    const random = seededRandom(6);

    for (let round = 0; round < 1000; round += 1) {
      const vectors = Array.from({ length: 5 }, () => randomVector(random));
      expect(covers(settledOn(vectors, 2), settledOn(vectors, 3))).toBe(true);
    }
  });

  test("does not depend on the order of the disks", () => {
    const random = seededRandom(7);

    for (let round = 0; round < 1000; round += 1) {
      const vectors = Array.from({ length: 5 }, () => randomVector(random));
      expect(describeVector(settledOn(vectors.toReversed(), 3))).toBe(
        describeVector(settledOn(vectors, 3)),
      );
    }
  });

  test("is closed under causes if every disk is", () => {
    // The dot b:n rests on a:n. A disk that has b:n has a:n, and so must what is settled.
    const random = seededRandom(8);

    for (let round = 0; round < 1000; round += 1) {
      const vectors = Array.from({ length: 5 }, () => {
        const number = random.integer(0, 10);
        return new Map([
          [logA, number + random.integer(0, 3)],
          [logB, number],
        ]);
      });
      const settled = settledOn(vectors, random.integer(1, 6));
      expect(settled.get(logA) ?? 0).toBeGreaterThanOrEqual(settled.get(logB) ?? 0);
    }
  });

  test.each([0, -1, 3, 1.5, Number.NaN, Number.POSITIVE_INFINITY])(
    "is nothing on %d of two disks",
    (count) => {
      const vector = new Map([[logA, 3]]);

      expect(settledOn([vector, vector], count)).toEqual(new Map());
    },
  );

  test("leaves out logs of which nothing is settled", () => {
    expect(settledOn([new Map([[logA, 3]]), new Map([[logA, 0]])], 2)).toEqual(new Map());
  });
});

describe("disks", () => {
  const lifeOne = "1".repeat(16);
  const lifeTwo = "2".repeat(16);
  const disk = (incarnation: string, number: number) => ({
    incarnation,
    vector: new Map([[logA, number]]),
  });
  const copies = (disks: ReturnType<typeof createDisks>, number: number): number =>
    disks.copiesOf({ incarnation: logA, number });

  test("know of no copy at first", () => {
    const disks = createDisks();

    expect(copies(disks, 1)).toBe(0);
    expect(disks.settledOn(1)).toEqual(new Map());
  });

  test("count one copy for each home", () => {
    const disks = createDisks();

    disks.take("a", disk(lifeOne, 3), true);
    disks.take("b", disk(lifeTwo, 2), true);
    disks.take("b", disk(lifeTwo, 2), true);

    expect([1, 2, 3, 4].map((number) => copies(disks, number))).toEqual([2, 2, 1, 0]);
    expect(disks.settledOn(2)).toEqual(new Map([[logA, 2]]));
  });

  test("grow by what a home says of the same life", () => {
    const disks = createDisks();
    disks.take("a", { incarnation: lifeOne, vector: new Map([[logA, 3]]) }, true);

    disks.take("a", { incarnation: lifeOne, vector: new Map([[logB, 1]]) }, false);
    disks.take("a", disk(lifeOne, 2), false);

    expect(disks.settledOn(1)).toEqual(
      new Map([
        [logA, 3],
        [logB, 1],
      ]),
    );
  });

  test("ignore growth of a home that never said everything", () => {
    const disks = createDisks();

    disks.take("a", disk(lifeOne, 3), false);

    expect(disks.diskByHome.size).toBe(0);
  });

  test("ignore growth under another incarnation", () => {
    const disks = createDisks();
    disks.take("a", disk(lifeOne, 3), true);

    disks.take("a", disk(lifeTwo, 9), false);

    expect(disks.diskByHome.get("a")).toEqual(disk(lifeOne, 3));
  });

  test.each([
    ["a wiped directory", lifeTwo, 0],
    ["an older copy of a directory", lifeOne, 1],
  ])("lose the copies of %s", (_name, incarnation, number) => {
    const disks = createDisks();
    disks.take("a", disk(lifeOne, 3), true);
    disks.take("b", disk(lifeTwo, 3), true);

    disks.take("a", disk(incarnation, number), true);

    expect(copies(disks, 3)).toBe(1);
    expect(disks.diskByHome.get("a")?.incarnation).toBe(incarnation);
  });

  test("keep what they were told, whatever the teller does with it afterwards", () => {
    const disks = createDisks();
    const vector = new Map([[logA, 3]]);
    disks.take("a", { incarnation: lifeOne, vector }, true);

    vector.set(logA, 9);
    disks.take("a", { incarnation: lifeOne, vector: new Map([[logA, 4]]) }, false);

    expect(copies(disks, 4)).toBe(1);
    expect(copies(disks, 5)).toBe(0);
    expect(vector.get(logA)).toBe(9);
  });

  test("agree with counting after random news from seed 9", () => {
    const random = seededRandom(9);
    const disks = createDisks();
    const twin = new Map<string, { incarnation: string; vector: Map<string, number> }>();

    for (let round = 0; round < 5000; round += 1) {
      const home = random.pick(["a", "b", "c", "d", "e"]);
      const incarnation = random.pick([lifeOne, lifeTwo]);
      const vector = randomVector(random);
      const isWhole = random.chance(0.3);
      disks.take(home, { incarnation, vector }, isWhole);

      const known = twin.get(home);
      if (isWhole) twin.set(home, { incarnation, vector: new Map(vector) });
      else if (known !== undefined && known.incarnation === incarnation) {
        for (const [log, number] of vector) {
          known.vector.set(log, Math.max(number, known.vector.get(log) ?? 0));
        }
      }
      const vectors = [...twin.values()].map((one) => one.vector);
      const number = random.integer(1, numberMax + 2);
      const count = random.integer(1, 6);

      expect(copies(disks, number)).toBe(copiesIn(vectors, logA, number));
      expect(describeVector(disks.settledOn(count))).toBe(
        describeVector(settledByCounting(vectors, count)),
      );
    }
  });
});
