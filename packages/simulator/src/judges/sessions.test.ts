/** The session guarantees, planted breaches of each, and what their definitions say of random histories. */
import { seededRandom, type Random } from "@syncline/machine";
import { describe, expect, test } from "vitest";
import { type DotRanges, includesDot, rangesOfDots, type WriteDot } from "./dot-ranges.ts";
import type { Observation, Read, Write } from "./history.ts";
import { judgeSessions } from "./sessions.ts";

const dotOf = (name: string): WriteDot => {
  const [origin = "", number = ""] = name.split(":");
  return { origin, number: Number(number) };
};
const setOf = (...names: readonly string[]): DotRanges => rangesOfDots(names.map(dotOf));
const write = (session: string, time: number, dot: string): Write => ({
  kind: "write",
  session,
  time,
  dot: dotOf(dot),
});
const read = (session: string, time: number, ...seen: readonly string[]): Read => ({
  kind: "read",
  session,
  time,
  replica: "home 1",
  seen: setOf(...seen),
});

/** The sentences of what is violated, by guarantee. */
const breachesOf = (...observations: readonly Observation[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    judgeSessions(observations).flatMap((verdict) =>
      verdict.kind === "violated"
        ? [[verdict.guarantee, verdict.violations[0]?.sentence ?? ""]]
        : [],
    ),
  );

describe("a planted breach is found, and only that", () => {
  test("read your writes", () => {
    expect(breachesOf(write("b", 1, "b:1"), read("b", 2), read("b", 3, "b:1"))).toEqual({
      "read your writes": "b did not read its own write b:1 at home 1",
    });
  });

  test("monotonic reads", () => {
    const breaches = breachesOf(write("a", 1, "a:1"), read("b", 2, "a:1"), read("b", 3));

    expect(breaches).toEqual({
      "monotonic reads": "b read a:1 at home 1, and later did not at home 1",
    });
  });

  test("monotonic writes", () => {
    expect(breachesOf(write("a", 1, "x:7"), write("a", 2, "y:3"), read("b", 3, "y:3"))).toEqual({
      "monotonic writes": "b saw a's y:3 without x:7, which a wrote before",
    });
  });

  test("writes follow reads", () => {
    const breaches = breachesOf(
      write("a", 1, "a:1"),
      read("b", 2, "a:1"),
      write("b", 3, "b:1"),
      read("c", 4, "b:1"),
    );

    expect(breaches).toEqual({
      "writes follow reads": "c saw b's b:1 without a:1, which b had read before writing it",
    });
  });

  test("the order of a replica that holds an answer without its question", () => {
    const held: Observation = {
      kind: "replica",
      replica: "home 2",
      time: 4,
      digest: "",
      seen: setOf("b:1"),
      isFinal: false,
    };

    expect(
      breachesOf(write("a", 1, "a:1"), read("b", 2, "a:1"), write("b", 3, "b:1"), held),
    ).toEqual({
      "writes follow reads": "home 2 saw b's b:1 without a:1, which b had read before writing it",
    });
  });
});

test("what stays away is told once", () => {
  const reads = Array.from({ length: 50 }, (_, index) => read("b", 2 + index));
  const [ownWrites] = judgeSessions([write("b", 1, "b:1"), ...reads]);

  expect(ownWrites).toMatchObject({ kind: "violated", violationCount: 1 });
});

test("a history in which all see everything holds", () => {
  const observations = [
    write("a", 1, "a:1"),
    read("b", 2, "a:1"),
    write("b", 3, "b:1"),
    read("a", 4, "a:1", "b:1"),
  ];

  expect(judgeSessions(observations).map(({ kind }) => kind)).toEqual(Array(4).fill("holds"));
});

/** The definitions, word for word. */
const breachedByDefinition = (observations: readonly Observation[]): readonly boolean[] => {
  const reads = observations.filter((observation) => observation.kind === "read");
  const writes = observations.filter((observation) => observation.kind === "write");
  const isBefore = (first: Read | Write, second: Read | Write): boolean =>
    first.session === second.session && observations.indexOf(first) < observations.indexOf(second);
  const isSeen = (by: Read, other: Write): boolean => includesDot(by.seen, other.dot);
  const isWithin = (smaller: Read, larger: Read): boolean =>
    writes.every((other) => !isSeen(smaller, other) || isSeen(larger, other));
  return [
    writes.some((own) => reads.some((by) => isBefore(own, by) && !isSeen(by, own))),
    reads.some((first) => reads.some((then) => isBefore(first, then) && !isWithin(first, then))),
    writes.some((first) =>
      writes.some(
        (then) =>
          isBefore(first, then) && reads.some((by) => isSeen(by, then) && !isSeen(by, first)),
      ),
    ),
    reads.some((first) =>
      writes.some(
        (then) =>
          isBefore(first, then) && reads.some((by) => isSeen(by, then) && !isWithin(first, by)),
      ),
    ),
  ];
};

/** Sessions that mostly see everything; in some of the reads something is missing. */
const drawObservations = (random: Random): readonly Observation[] => {
  const written: WriteDot[] = [];
  return Array.from({ length: random.integer(2, 14) }, (_, time): Observation => {
    const session = random.pick(["a", "b", "c"]);
    if (random.chance(0.5)) {
      const dot = { origin: random.pick(["x", "y"]), number: time + 1 };
      written.push(dot);
      return { kind: "write", session, time, dot };
    }
    const lossRate = random.pick([0, 0, 0.1, 0.3]);
    return {
      kind: "read",
      session,
      time,
      seen: rangesOfDots(written.filter(() => !random.chance(lossRate))),
    };
  });
};

test("20,000 small histories are judged by all four as their definitions say, seed 1", () => {
  const random = seededRandom(1);
  const breachCounts = [0, 0, 0, 0];
  const wrong: unknown[] = [];
  for (let count = 0; count < 20_000; count += 1) {
    const observations = drawObservations(random);
    const breached = breachedByDefinition(observations);
    const judged = judgeSessions(observations).map(({ kind }) => kind === "violated");

    if (judged.join() !== breached.join()) wrong.push({ observations, judged, breached });
    breached.forEach((isBreached, index) => (breachCounts[index]! += Number(isBreached)));
  }

  expect(wrong.slice(0, 3)).toEqual([]);
  expect(Math.min(...breachCounts)).toBeGreaterThan(500);
});
