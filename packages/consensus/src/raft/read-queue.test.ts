/** Reads and the rounds that prove them. */
import { expect, test } from "vitest";
import { answerRound, beginRound, createReadQueue, readCount } from "./read-queue.ts";

const isTwo = (answeredBy: ReadonlySet<string>): boolean => answeredBy.size >= 2;
const tokensOf = (done: ReturnType<typeof answerRound>): readonly number[] =>
  done === null ? [] : done.reads.map(({ token }) => token);

test("a read is not proved by a round that began before it", () => {
  const queue = createReadQueue(0);
  const early = beginRound(queue, 0);
  queue.waiting.push({ token: 1, index: 5 });
  const late = beginRound(queue, 1);

  expect(tokensOf(answerRound(queue, early, "a", isTwo))).toEqual([]);
  expect(tokensOf(answerRound(queue, early, "b", isTwo))).toEqual([]);
  expect(tokensOf(answerRound(queue, late, "a", isTwo))).toEqual([]);
  expect(tokensOf(answerRound(queue, late, "b", isTwo))).toEqual([1]);
});

test("an answer that comes twice counts once", () => {
  const queue = createReadQueue(0);
  queue.waiting.push({ token: 1, index: 5 });
  const round = beginRound(queue, 0);
  answerRound(queue, round, "a", isTwo);

  expect(answerRound(queue, round, "a", isTwo)).toBe(null);
});

test("an answer to a later round proves the earlier ones", () => {
  const queue = createReadQueue(0);
  queue.waiting.push({ token: 1, index: 5 });
  beginRound(queue, 0);
  queue.waiting.push({ token: 2, index: 6 });
  const late = beginRound(queue, 1);
  answerRound(queue, late, "a", isTwo);

  expect(tokensOf(answerRound(queue, late, "b", isTwo))).toEqual([1, 2]);
  expect(readCount(queue)).toBe(0);
});

test("an answer to a round of an earlier term is none", () => {
  const queue = createReadQueue(7);
  queue.waiting.push({ token: 1, index: 5 });

  expect(beginRound(queue, 0)).toBe(8);
  expect(answerRound(queue, 7, "a", () => true)).toBe(null);
});

test("rounds that nobody answers do not pile up, and no read is lost with them", () => {
  const queue = createReadQueue(0);
  for (let token = 0; token < 100; token += 1) {
    queue.waiting.push({ token, index: 1 });
    beginRound(queue, token);
  }

  expect(queue.rounds.length).toBeLessThanOrEqual(32);
  expect(readCount(queue)).toBe(100);
});
