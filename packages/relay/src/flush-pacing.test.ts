/** Flushes wait for company where there is some, and only there. */
import { describe, expect, test } from "vitest";
import { createFlushPacing } from "./flush-pacing.ts";

/** Writes with these gaps, by the spaces in turn; says what the last one waits for. */
const waitAfter = (options: {
  readonly count: number;
  readonly gapMs: number;
  readonly spaces: readonly string[];
}): string => {
  let nowMs = 0;
  let waited = "";
  const pacing = createFlushPacing({
    now: () => nowMs,
    atTurnEnd: () => (waited = "the turn's end"),
    after: (delayMs) => (waited = `${delayMs} ms`),
  });
  for (let index = 0; index < options.count; index += 1) {
    pacing.wrote(options.spaces[index % options.spaces.length] ?? "");
    nowMs += options.gapMs;
  }
  pacing.defer(() => {});
  return waited;
};

const many = Array.from({ length: 50 }, (_, index) => `space ${index}`);

describe("a flush waits for", () => {
  test("a millisecond where 50 spaces write 500 times a second", () => {
    expect(waitAfter({ count: 100, gapMs: 2, spaces: many })).toBe("1 ms");
  });

  test("the turn's end where they write 100 times a second", () => {
    expect(waitAfter({ count: 100, gapMs: 10, spaces: many })).toBe("the turn's end");
  });

  test("the turn's end where one space writes, however fast", () => {
    expect(waitAfter({ count: 1000, gapMs: 0.5, spaces: ["alone"] })).toBe("the turn's end");
  });

  test("the turn's end at the first of many writes", () => {
    expect(waitAfter({ count: 5, gapMs: 1, spaces: many })).toBe("the turn's end");
  });
});

test("spaces that fall silent no longer let anybody wait", () => {
  let nowMs = 0;
  const waits: string[] = [];
  const pacing = createFlushPacing({
    now: () => nowMs,
    atTurnEnd: () => void waits.push("turn"),
    after: () => void waits.push("wait"),
  });
  for (const space of many) {
    nowMs += 1;
    pacing.wrote(space);
  }
  pacing.defer(() => {});

  // One person goes on to type, ten keystrokes a second.
  for (let count = 0; count < 3; count += 1) {
    nowMs += 100;
    pacing.wrote("space 0");
    pacing.defer(() => {});
  }

  expect(waits).toEqual(["wait", "turn", "turn", "turn"]);
});
