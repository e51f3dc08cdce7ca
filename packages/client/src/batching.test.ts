import { expect, test } from "vitest";
import * as Y from "yjs";
import { createBatcher, gatheringOfUpdates, mergeInChunks } from "./batching.ts";

const updatesOf = (count: number): Uint8Array[] => {
  const doc = new Y.Doc();
  const updates: Uint8Array[] = [];
  doc.on("update", (update: Uint8Array) => updates.push(update));
  for (let index = 0; index < count; index += 1) doc.getText().insert(index, "x");
  return updates;
};

test.each([1, 2, 32, 33, 1025])("%i updates are merged into one that says the same", (count) => {
  const merged = new Y.Doc();

  Y.applyUpdate(merged, mergeInChunks(updatesOf(count)));

  expect(merged.getText().length).toBe(count);
});

test("nothing is gathered beyond what a batch may have", () => {
  const sent: number[] = [];
  const batcher = createBatcher({
    delayMs: 60_000,
    batchBytesMax: 100,
    send: ({ payload }) => sent.push(payload.length),
    flushed: () => {},
  });

  const gathering = gatheringOfUpdates("d", 100);
  for (const update of updatesOf(50)) batcher.add(gathering, update, update.length);
  batcher.flush();

  expect(sent.length).toBeGreaterThan(1);
  expect(Math.max(...sent)).toBeLessThanOrEqual(100);
});

test("an edit of another document sends what was gathered of the first", () => {
  const sent: string[] = [];
  const batcher = createBatcher({
    delayMs: 60_000,
    batchBytesMax: 1000,
    send: ({ document }) => sent.push(document),
    flushed: () => {},
  });
  const [update = new Uint8Array()] = updatesOf(1);

  for (const document of ["a", "a", "b", "a"]) {
    batcher.add(gatheringOfUpdates(document, 1000), update, update.length);
  }
  batcher.flush();

  expect(sent).toEqual(["a", "b", "a"]);
  expect(batcher.isWaiting).toBe(false);
});
