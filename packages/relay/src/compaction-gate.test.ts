import { beforeEach, expect, test } from "vitest";
import { createSteppedClock, type SteppedClock } from "../../../test/relay/stepped-clock.ts";
import { type CompactionGate, createCompactionGate } from "./compaction-gate.ts";

interface Space {
  isCompacting: boolean;
}

let clock: SteppedClock;
let gate: CompactionGate;
let begun: Space[];

beforeEach(() => {
  clock = createSteppedClock();
  gate = createCompactionGate(clock.startTimer);
  begun = [];
});

const enter = (): Space => {
  const space = { isCompacting: true };
  gate.enter(space, () => begun.push(space));
  return space;
};

test("some spaces are compacted at once, the others in turn as these are through", async () => {
  const spaces = Array.from({ length: 6 }, enter);
  expect(begun).toEqual(spaces.slice(0, 4));

  await clock.pass(1000);
  await clock.pass(1000);
  expect(begun).toHaveLength(4);
  spaces[1]!.isCompacting = false;
  await clock.pass(10);
  expect(begun).toEqual(spaces.slice(0, 5));
  spaces[0]!.isCompacting = false;
  await clock.pass(10);

  expect(begun).toEqual(spaces);
});

test("compactions that take long, as for readers that are slow, do not keep all others back", async () => {
  const spaces = Array.from({ length: 5 }, enter);

  await clock.pass(5000);
  await clock.pass(10);

  expect(begun).toEqual(spaces);
});

test("nothing is left running when all are through", async () => {
  const spaces = Array.from({ length: 5 }, enter);
  for (const space of spaces) space.isCompacting = false;

  await clock.pass(10);
  await clock.pass(5000);

  expect(clock.timerCount).toBe(0);
});

test("a space that is in need not wait for its next question", () => {
  const spaces = Array.from({ length: 5 }, enter);
  let answeredCount = 0;

  gate.enter(spaces[0]!, () => (answeredCount += 1));

  expect(answeredCount).toBe(1);
});

test("a space that was closed while it waited is passed over", async () => {
  const spaces = Array.from({ length: 6 }, enter);
  spaces[4]!.isCompacting = false;
  spaces[0]!.isCompacting = false;

  await clock.pass(10);

  expect(begun).toEqual([...spaces.slice(0, 4), spaces[5]]);
});

test("who comes when somebody is through does not wait", async () => {
  const spaces = Array.from({ length: 4 }, enter);
  spaces[2]!.isCompacting = false;

  const late = enter();

  expect(begun.at(-1)).toBe(late);
});
