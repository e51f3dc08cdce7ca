import { expect, test } from "vitest";
import { createAnswerBudget } from "./answer-budget.ts";

const settings = { answersMax: 4, answersPerMs: 10_000, answerBytes: 1000 };

test("four answers are given at once, the fifth waits for its turn", () => {
  const budget = createAnswerBudget(settings, 0);
  for (let index = 0; index < 4; index += 1) {
    expect(budget.waitMs(0)).toBe(0);
    budget.spend(10, 0);
  }

  expect(budget.waitMs(0)).toBe(2500);
  expect(budget.waitMs(2000)).toBe(500);
  expect(budget.waitMs(2500)).toBe(0);
});

test("a large answer counts as several, on credit", () => {
  const budget = createAnswerBudget(settings, 0);

  budget.spend(6000, 0);

  expect(budget.waitMs(0)).toBe(7500);
});

test("a thousand questions in 10 s get eight answers", () => {
  const budget = createAnswerBudget(settings, 0);
  let answerCount = 0;

  for (let nowMs = 0; nowMs <= 10_000; nowMs += 10) {
    if (budget.waitMs(nowMs) > 0) continue;
    budget.spend(10, nowMs);
    answerCount += 1;
  }

  expect(answerCount).toBe(8);
});
