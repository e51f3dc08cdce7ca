/** Convergence, durability and deletion: planted breaches, and histories that have none. */
import { seededRandom, type Random } from "@syncline/machine";
import { describe, expect, test } from "vitest";
import { judgeConvergence } from "./convergence.ts";
import { judgeDeletion } from "./deletion.ts";
import {
  firstCommon,
  firstMissing,
  includesDot,
  rangesOfDots,
  type WriteDot,
} from "./dot-ranges.ts";
import { judgeDurability } from "./durability.ts";
import type { Observation, Read, Replica, Write } from "./history.ts";
import type { Verdict } from "./verdict.ts";

const dotOf = (name: string): WriteDot => {
  const [origin = "", number = ""] = name.split(":");
  return { origin, number: Number(number) };
};
const setOf = (...names: readonly string[]): ReturnType<typeof rangesOfDots> =>
  rangesOfDots(names.map(dotOf));

const write = (session: string, time: number, dot: string): Write => ({
  kind: "write",
  session,
  time,
  dot: dotOf(dot),
});
const deletion = (session: string, time: number, dot: string, deleted: string): Write => ({
  ...write(session, time, dot),
  deletes: setOf(deleted),
});
const acknowledgement = (
  session: string,
  time: number,
  dot: string,
  level = "quorum",
): Observation => ({ kind: "acknowledgement", session, time, dot: dotOf(dot), level });
const read = (
  session: string,
  [callTime, time]: readonly [number, number],
  seen: readonly string[],
  more: Partial<Read> = {},
): Read => ({ kind: "read", session, callTime, time, seen: setOf(...seen), ...more });
const final = (replica: string, digest: string, ...seen: readonly string[]): Replica => ({
  kind: "replica",
  replica,
  time: 99,
  digest,
  seen: setOf(...seen),
  isFinal: true,
});

const sentenceOf = (verdict: Verdict): string =>
  verdict.kind === "violated" ? (verdict.violations[0]?.sentence ?? "") : verdict.kind;

describe("convergence", () => {
  test("holds of replicas that are equal in the end, whatever they were before", () => {
    const before: Replica = { ...final("a", "one", "w:1"), time: 3, isFinal: false };

    expect(
      sentenceOf(
        judgeConvergence([before, final("a", "x", "w:1", "w:2"), final("b", "x", "w:1", "w:2")]),
      ),
    ).toBe("holds");
  });

  test("is violated by one that lacks a write", () => {
    const replicas = [
      final("a", "x", "w:1", "w:2"),
      final("b", "x", "w:1", "w:2"),
      final("c", "y", "w:1"),
    ];

    expect(sentenceOf(judgeConvergence(replicas))).toBe(
      "a and c differ in the end: c lacks w:2, which a has",
    );
  });

  test("is violated by two that saw the same and hold something else, at any time", () => {
    const early: Replica = { ...final("a", "x", "w:1"), time: 5, isFinal: false };
    const other: Replica = { ...final("b", "y", "w:1"), time: 7, isFinal: false };

    expect(sentenceOf(judgeConvergence([early, other, final("a", "z"), final("b", "z")]))).toBe(
      "a at time 5 and b at time 7 had seen the same writes and held different content",
    );
  });

  test("is violated by two that saw the same and hold something else, though none is final", () => {
    const one: Replica = { ...final("a", "x", "w:1"), time: 5, isFinal: false };
    const other: Replica = { ...final("b", "y", "w:1"), time: 7, isFinal: false };

    expect(judgeConvergence([one, other]).kind).toBe("violated");
  });

  test("is undecided of a single replica", () => {
    expect(sentenceOf(judgeConvergence([final("a", "x")]))).toBe("undecided");
  });
});

describe("acknowledged is durable", () => {
  const told = [write("a", 1, "a:1"), acknowledgement("a", 5, "a:1")];

  test("is violated by a final replica without it", () => {
    expect(sentenceOf(judgeDurability([...told, final("home 2", "x")]))).toBe(
      "home 2 ended without a:1, after a had been told that it is at quorum",
    );
  });

  test("is violated by a promising read that was called later, and by no other", () => {
    const promise = { promises: "quorum" };

    expect(sentenceOf(judgeDurability([...told, read("b", [6, 7], [], promise)]))).toBe(
      "b read without a:1, after a had been told that it is at quorum",
    );
    for (const looks of [
      read("b", [6, 7], ["a:1"], promise),
      read("b", [5, 7], [], promise),
      read("b", [3, 7], [], promise),
    ]) {
      expect(sentenceOf(judgeDurability([...told, looks]))).toBe("holds");
    }
    expect(sentenceOf(judgeDurability([...told, read("b", [6, 7], [])]))).toBe("undecided");
  });

  test("finds a loss in the middle of what is there", () => {
    const dots = ["a:1", "a:2", "a:3"];
    const acknowledged = dots.map((dot, index) => acknowledgement("a", index, dot));

    expect(sentenceOf(judgeDurability([...acknowledged, final("b", "x", "a:1", "a:3")]))).toContain(
      "without a:2",
    );
  });

  test("counts the levels that are asked for", () => {
    const lost = [acknowledgement("a", 5, "a:1", "relay"), final("b", "x")];

    expect(sentenceOf(judgeDurability(lost))).toBe("undecided");
    expect(sentenceOf(judgeDurability(lost, { levels: ["relay"] }))).toContain("without a:1");
  });
});

describe("deleted stays deleted", () => {
  const gone = [write("a", 1, "a:1"), deletion("b", 2, "b:1", "a:1")];
  const present = (...names: readonly string[]): Partial<Read> => ({ present: setOf(...names) });

  test("is violated by who is shown it after the deletion", () => {
    const back = read("c", [3, 4], ["a:1", "b:1"], present("a:1"));

    expect(sentenceOf(judgeDeletion([...gone, back]))).toBe(
      "c was shown a:1, though it had seen b's b:1, which deleted it",
    );
  });

  test("is not violated by who has not seen the deletion", () => {
    const before = read("c", [3, 4], ["a:1"], present("a:1"));
    const after = read("c", [5, 6], ["a:1", "b:1"], present());
    const again = read("c", [7, 8], ["a:1", "b:1", "a:2"], present("a:2"));

    expect(sentenceOf(judgeDeletion([...gone, write("a", 6, "a:2"), before, after, again]))).toBe(
      "holds",
    );
  });

  test("is violated in the end, too", () => {
    const end: Replica = { ...final("home 1", "x", "a:1", "b:1"), present: setOf("a:1") };

    expect(sentenceOf(judgeDeletion([...gone, end]))).toContain("home 1 was shown a:1");
  });

  test("is undecided if nobody says what was present", () => {
    expect(sentenceOf(judgeDeletion([...gone, read("c", [3, 4], ["b:1"])]))).toBe("undecided");
    expect(sentenceOf(judgeDeletion([read("c", [3, 4], [], present())]))).toBe("undecided");
  });
});

/** Writes, deletions, acknowledgements and looks, most of which see everything. */
const drawObservations = (random: Random): readonly Observation[] => {
  const written: WriteDot[] = [];
  return Array.from({ length: random.integer(3, 12) }, (_, time): Observation => {
    const session = random.pick(["a", "b"]);
    const some = (rate: number): readonly WriteDot[] => written.filter(() => random.chance(rate));
    const dot = { origin: session, number: time + 1 };
    switch (random.integer(0, 4)) {
      case 0:
        written.push(dot);
        return { kind: "write", session, time, dot };
      case 1: {
        const deletes = rangesOfDots(some(0.4));
        written.push(dot);
        return { kind: "write", session, time, dot, deletes };
      }
      case 2:
        return {
          kind: "acknowledgement",
          session,
          time,
          dot: written.length > 0 ? random.pick(written) : dot,
          level: random.pick(["quorum", "relay"]),
        };
      default: {
        const seen = rangesOfDots(some(random.pick([1, 1, 0.8])));
        const callTime = time - random.integer(0, 3);
        const promises = random.pick(["quorum", "local"]);
        const present = rangesOfDots(some(random.pick([0.2, 0])));
        return { kind: "read", session, time, callTime, seen, present, promises };
      }
    }
  });
};

test("20,000 small histories are judged as the definitions say, seed 2", () => {
  const random = seededRandom(2);
  const violatedCounts = [0, 0];
  const wrong: unknown[] = [];
  for (let count = 0; count < 20_000; count += 1) {
    const observations = drawObservations(random);
    const reads = observations.filter((observation) => observation.kind === "read");
    const isLost = reads.some(
      (look) =>
        look.promises === "quorum" &&
        observations.some(
          (other) =>
            other.kind === "acknowledgement" &&
            other.level === "quorum" &&
            other.time < look.callTime! &&
            firstMissing(look.seen, rangesOfDots([other.dot])) !== null,
        ),
    );
    const isBack = reads.some((look) =>
      observations.some(
        (other) =>
          other.kind === "write" &&
          other.deletes !== undefined &&
          includesDot(look.seen, other.dot) &&
          firstCommon(other.deletes, look.present!) !== null,
      ),
    );
    const isJudgedLost = judgeDurability(observations).kind === "violated";
    const isJudgedBack = judgeDeletion(observations).kind === "violated";

    const isWrong = isJudgedLost !== isLost || isJudgedBack !== isBack;
    if (isWrong) wrong.push({ observations, isLost, isBack });
    violatedCounts[0]! += Number(isLost);
    violatedCounts[1]! += Number(isBack);
  }

  expect(wrong.slice(0, 3)).toEqual([]);
  expect(Math.min(...violatedCounts)).toBeGreaterThan(500);
});
