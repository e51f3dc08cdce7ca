/** Who is home of what: the same answer everywhere, evenly spread, and little moves when the relays change. */
import { seededRandom } from "@syncline/machine";
import { describe, expect, test } from "vitest";
import { homesOf } from "./ring.ts";

const relays = ["a", "b", "c", "d", "e", "f", "g"];
const spaces = Array.from({ length: 10_000 }, (_, index) => `acme/board-${index}`);
const homesBySpace = new Map(spaces.map((space) => [space, homesOf(space, relays, 3)]));

const shuffled = (seed: number): readonly string[] => {
  const random = seededRandom(seed);
  return relays
    .map((relay) => ({ relay, place: random.fraction() }))
    .toSorted((left, right) => left.place - right.place)
    .map(({ relay }) => relay);
};

/** How far counts are from what is expected, in the unit of chi-square; its mean is the number of counts less one. */
const chiSquareOf = (counts: readonly number[], expected: number): number =>
  counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);

const countBy = (values: readonly string[], key: readonly string[]): readonly number[] =>
  key.map((one) => values.filter((value) => value === one).length);

test("the homes of known spaces stay what they are", () => {
  // Written down once: were the hash changed, every space of a running cluster would move.
  expect(homesOf("acme/board-42", relays, 3)).toEqual(["g", "f", "a"]);
  expect(homesOf("my-room", ["relay-1", "relay-2", "relay-3", "relay-4"], 3)).toEqual([
    "relay-2",
    "relay-3",
    "relay-1",
  ]);
  expect(homesOf("größe/日本", relays, 3)).toEqual(["g", "d", "b"]);
});

test("homes are N of the relays, each once", () => {
  for (const homes of homesBySpace.values()) {
    expect(new Set(homes).size).toBe(3);
    expect(homes.every((home) => relays.includes(home))).toBe(true);
  }
});

test.each([1, 2, 3])("all relays are homes if there are %i and three are asked for", (count) => {
  const some = relays.slice(0, count);

  expect(homesOf("space", some, 3).toSorted()).toEqual(some);
});

test.each([1, 2, 3])("homes do not depend on the order of the relays (seed %i)", (seed) => {
  const order = shuffled(seed);

  for (const [space, homes] of homesBySpace) expect(homesOf(space, order, 3)).toEqual(homes);
});

test("a relay that is named twice counts once", () => {
  expect(homesOf("space", ["a", "a", "b", "b", "c", "c"], 3).toSorted()).toEqual(["a", "b", "c"]);
});

test("fewer homes are the first of more", () => {
  for (const [space, homes] of homesBySpace) {
    expect(homesOf(space, relays, 2)).toEqual(homes.slice(0, 2));
  }
});

describe("when a relay is added", () => {
  test("a space moves only to it, and gives up one home at most", () => {
    for (const [space, homes] of homesBySpace) {
      const after = homesOf(space, [...relays, "new"], 3);
      const kept = after.filter((home) => home !== "new");

      // What is kept stands in the same order, and what was given up is the last.
      expect(kept).toEqual(homes.slice(0, kept.length));
      expect(kept.length).toBeGreaterThanOrEqual(2);
    }
  });

  test("it becomes home of its share of the spaces", () => {
    const moved = spaces.filter((space) =>
      homesOf(space, [...relays, "new"], 3).includes("new"),
    ).length;

    // 3/8 of 10,000; 48 is one standard deviation.
    expect(Math.abs(moved - 3750)).toBeLessThan(240);
  });
});

test.each(relays)("when %s is removed only its spaces move, each to one new home", (gone) => {
  const rest = relays.filter((relay) => relay !== gone);

  for (const [space, homes] of homesBySpace) {
    const kept = homes.filter((home) => home !== gone);
    expect(homesOf(space, rest, 3).slice(0, kept.length)).toEqual(kept);
  }
});

// 10,000 names; with 6 degrees of freedom 30 comes once in 25,000 hashes, with 34 degrees 80 once in 70,000.
describe.each([
  ["short names", relays],
  ["names that differ in one digit", relays.map((_, index) => `relay-${index}.example.org`)],
  ["long names", relays.map((relay) => relay.repeat(100))],
])("relays with %s", (_name, named) => {
  const homes = spaces.map((space) => homesOf(space, named, 3));

  test("have the same share of the spaces", () => {
    const counts = countBy(homes.flat(), named);

    // Three of seven are chosen without putting back, so counts vary less than chi-square supposes.
    expect(chiSquareOf(counts, 30_000 / 7)).toBeLessThan(30);
  });

  test("are first equally often", () => {
    const counts = countBy(
      homes.map(([first = ""]) => first),
      named,
    );

    expect(chiSquareOf(counts, 10_000 / 7)).toBeLessThan(30);
  });

  test("meet each other equally often, so that the load of a lost one is shared by all", () => {
    const sets = homes.map((three) => three.toSorted().join());
    const keys = [...new Set(sets)];

    expect(keys).toHaveLength(35);
    expect(chiSquareOf(countBy(sets, keys), 10_000 / 35)).toBeLessThan(80);
  });
});
