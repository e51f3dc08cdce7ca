/** What a leader knows of a follower, in the cases in which it must not believe or forget something. */
import { seededRandom } from "@syncline/machine";
import { describe, expect, test } from "vitest";
import {
  checkProgress,
  createProgress,
  isHeldBack,
  noteAlive,
  noteLost,
  noteMatched,
  noteRefused,
  noteSent,
  type Progress,
} from "./progress.ts";

const window = { messageCountMax: 3, bytesMax: 100 };

const replicating = (): Progress => {
  const progress = createProgress(6);
  noteMatched(progress, 5);
  return progress;
};

describe("a probe", () => {
  test("asks one thing at a time", () => {
    const progress = createProgress(6);
    noteSent(progress, 5, 0);

    expect(isHeldBack(progress, window)).toBe(true);
  });

  test("may ask again when the follower is heard of", () => {
    const progress = createProgress(6);
    noteSent(progress, 5, 0);
    noteAlive(progress, window);

    expect(isHeldBack(progress, window)).toBe(false);
  });

  test("goes to where the hint says", () => {
    const progress = createProgress(6);

    expect(noteRefused(progress, 5, 2)).toBe(true);
    expect(progress.nextIndex).toBe(3);
  });

  test("does not believe an old refusal", () => {
    const progress = createProgress(6);

    expect(noteRefused(progress, 4, 2)).toBe(false);
    expect(progress.nextIndex).toBe(6);
  });
});

describe("a window", () => {
  test("closes at its count of messages", () => {
    const progress = replicating();
    for (const index of [6, 7, 8]) noteSent(progress, index, 1);

    expect(isHeldBack(progress, window)).toBe(true);
  });

  test("closes at its bytes", () => {
    const progress = replicating();
    noteSent(progress, 6, 100);

    expect(isHeldBack(progress, window)).toBe(true);
  });

  test("opens by what is answered", () => {
    const progress = replicating();
    for (const index of [6, 7, 8]) noteSent(progress, index, 1);
    noteMatched(progress, 7);

    expect(progress.mode).toEqual({ kind: "replicate", inflight: [{ lastIndex: 8, bytes: 1 }] });
  });

  test("opens by one message when the follower is heard of, since answers may be lost", () => {
    const progress = replicating();
    for (const index of [6, 7, 8]) noteSent(progress, index, 1);
    noteAlive(progress, window);

    expect(isHeldBack(progress, window)).toBe(false);
  });

  test("ends with a refusal of something that was not accepted since", () => {
    const progress = replicating();
    noteSent(progress, 9, 1);

    expect(noteRefused(progress, 5, 4)).toBe(false);
    expect(noteRefused(progress, 9, 6)).toBe(true);
    expect(progress.mode.kind).toBe("probe");
    expect(progress.nextIndex).toBe(7);
  });
});

test("a match never goes back", () => {
  const progress = replicating();

  expect(noteMatched(progress, 3)).toBe(false);
  expect(progress.matchIndex).toBe(5);
});

test("a disk that has lost something counts for nothing", () => {
  const progress = replicating();
  noteLost(progress, { number: 1, targetIndex: 9 });

  expect(progress.matchIndex).toBe(0);
});

test("whatever comes in whatever order, what must hold of a follower holds", () => {
  const random = seededRandom(7);
  for (let run = 0; run < 5000; run += 1) {
    let last = random.integer(1, 20);
    const progress = createProgress(last + 1);
    for (let step = 0; step < 30; step += 1) {
      if (random.chance(0.3)) last += 1;
      const index = random.integer(0, last + 1);
      if (random.chance(0.3)) noteMatched(progress, index);
      if (random.chance(0.3)) noteRefused(progress, index, random.integer(0, last + 1));
      if (random.chance(0.3)) noteAlive(progress, window);
      if (!isHeldBack(progress, window) && progress.nextIndex <= last) {
        noteSent(progress, random.integer(progress.nextIndex, last + 1), 1);
      }
      checkProgress(progress, last);
    }
  }

  expect.assertions(0);
});
