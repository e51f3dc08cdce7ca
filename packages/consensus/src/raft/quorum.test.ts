/** Quorum arithmetic beside a plain twin, which looks at every index and every subset of voters. */
import { seededRandom } from "@syncline/machine";
import { describe, expect, test } from "vitest";
import { committedIndex, type Electorate, hasQuorum, voteResult } from "./quorum.ts";

const CASES = 50_000;
const names = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];

const drawElectorate = (random: ReturnType<typeof seededRandom>): Electorate => {
  const some = (atLeast: number): string[] => {
    const chosen = names.filter(() => random.chance(0.4));
    return chosen.length >= atLeast ? chosen : [random.pick(names)];
  };
  return { incoming: some(1), outgoing: random.chance(0.5) ? some(0) : [] };
};

const halvesOf = ({ incoming, outgoing }: Electorate): readonly (readonly string[])[] =>
  outgoing.length === 0 ? [incoming] : [incoming, outgoing];

/** Whether more than half of each half is in the set: the definition, word for word. */
const isMajority = (electorate: Electorate, chosen: ReadonlySet<string>): boolean =>
  halvesOf(electorate).every(
    (half) => 2 * half.filter((name) => chosen.has(name)).length > half.length,
  );

test(`the committed index of ${CASES} electorates is the highest that a majority of each half has`, () => {
  const random = seededRandom(1);
  const wrong: string[] = [];
  for (let run = 0; run < CASES; run += 1) {
    const electorate = drawElectorate(random);
    const indexBy = new Map(names.map((name) => [name, random.integer(0, 8)]));
    const indexOf = (name: string): number => indexBy.get(name) ?? 0;
    let expected = 0;
    for (let index = 1; index <= 8; index += 1) {
      const having = new Set(names.filter((name) => indexOf(name) >= index));
      if (isMajority(electorate, having)) expected = index;
    }

    const found = committedIndex(electorate, indexOf);
    if (found !== expected) wrong.push(`${JSON.stringify(electorate)}: ${found}, not ${expected}`);
  }

  expect(wrong).toEqual([]);
});

test(`the result of ${CASES} ballots is what every way to end them agrees on`, () => {
  const random = seededRandom(2);
  const wrong: string[] = [];
  for (let run = 0; run < CASES; run += 1) {
    const electorate = drawElectorate(random);
    const voteBy = new Map(names.map((name) => [name, random.pick([true, false, null])]));
    const yes = new Set(names.filter((name) => voteBy.get(name) === true));
    const notNo = new Set(names.filter((name) => voteBy.get(name) !== false));
    const isWon = isMajority(electorate, yes);
    const isWinnable = isMajority(electorate, notNo);
    const expected = isWon ? "won" : isWinnable ? "pending" : "lost";

    const found = voteResult(electorate, (name) => voteBy.get(name) ?? null);
    const isRight = found === expected && hasQuorum(electorate, (name) => yes.has(name)) === isWon;
    if (!isRight) wrong.push(`${JSON.stringify(electorate)}: ${found}, not ${expected}`);
  }

  expect(wrong).toEqual([]);
});

test("any two quorums of an electorate, or of two that follow each other, have a voter in common", () => {
  const random = seededRandom(3);
  for (let run = 0; run < 5000; run += 1) {
    const electorate = drawElectorate(random);
    const one = new Set(names.filter(() => random.chance(0.5)));
    const other = new Set(names.filter((name) => !one.has(name)));

    expect(isMajority(electorate, one) && isMajority(electorate, other)).toBe(false);
    const next = { incoming: electorate.incoming, outgoing: [] };
    expect(isMajority(electorate, one) && isMajority(next, other)).toBe(false);
  }
});

describe("an index that", () => {
  test.each([
    ["one of one has", { incoming: ["a"], outgoing: [] }, { a: 5 }, 5],
    ["two of three have", { incoming: ["a", "b", "c"], outgoing: [] }, { a: 9, b: 5, c: 1 }, 5],
    [
      "two of four have, is none",
      { incoming: ["a", "b", "c", "d"], outgoing: [] },
      { a: 9, b: 9 },
      0,
    ],
    ["only the new half has, is none", { incoming: ["a"], outgoing: ["b", "c"] }, { a: 9 }, 0],
  ] as const)("%s", (_claim, electorate, indexes, expected) => {
    const indexOf = (name: string): number => (indexes as Record<string, number>)[name] ?? 0;

    expect(committedIndex(electorate, indexOf)).toBe(expected);
  });
});
