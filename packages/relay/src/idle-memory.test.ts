import { expect, test } from "vitest";
import { giveBackWhenIdle } from "./idle-memory.ts";

/** Resolves when the condition holds. */
const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1));
};

/** Counts collections of a process that is always held for idle, and the turns of the event loop meanwhile. */
const watched = (): { readonly count: () => number; readonly stop: () => void } => {
  let count = 0;
  const stop = giveBackWhenIdle({
    lookMs: 1,
    workShareMax: 1,
    collect: async () => {
      count += 1;
    },
  });
  return { count: () => count, stop };
};

const turns = async (number: number): Promise<void> => {
  let count = 0;
  await until(() => ++count > number);
};

test("a heap that has not grown is left alone", async () => {
  const { count, stop } = watched();

  await turns(10);
  stop();

  expect(count()).toBe(0);
});

test("a heap that has grown is collected once, not at every look", async () => {
  const { count, stop } = watched();

  const kept = new Uint8Array(16 * 1024 * 1024);
  await until(() => count() > 0);
  await turns(10);
  stop();

  expect(kept.length).toBeGreaterThan(0);
  expect(count()).toBe(1);
});

test("a process that works is left alone", async () => {
  let count = 0;
  const kept: Uint8Array[] = [];
  const stop = giveBackWhenIdle({
    lookMs: 2,
    workShareMax: -1,
    collect: async () => {
      count += 1;
    },
  });

  kept.push(new Uint8Array(16 * 1024 * 1024));
  await turns(10);
  stop();

  expect(count).toBe(0);
});

test("a heap that was large is given back", { timeout: 60_000 }, async () => {
  const kept: object[] = [];
  for (let index = 0; index < 500_000; index += 1) kept.push({ index });
  const largeBytes = process.memoryUsage().heapTotal;

  kept.length = 0;
  const stop = giveBackWhenIdle({ lookMs: 1, workShareMax: 1, grownBytesMin: -1e9 });
  await until(() => process.memoryUsage().heapTotal < largeBytes - 8 * 1024 * 1024);
  stop();

  expect(kept).toEqual([]);
});
