import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import { readKeystrokes } from "../workload/keystrokes.ts";
import { createProgress } from "./progress.ts";

const keystrokes = readKeystrokes(400);
const { updates } = keystrokes;

/** Cuts the updates into runs of one or more. */
const runsOf = (sizes: readonly number[]): Uint8Array[][] => {
  const runs: Uint8Array[][] = [];
  for (let at = 0, turn = 0; at < updates.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    runs.push(updates.slice(at, at + size));
    at += size;
  }
  return runs;
};

const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 20 });

describe("a client's progress", () => {
  test("is complete with every update in order", () => {
    const progress = createProgress(keystrokes);

    const counts = updates.map((update) => progress.take(update));

    expect(counts).toEqual(updates.map((_, index) => index + 1));
    expect(progress.isComplete).toBe(true);
  });

  test("is complete with updates that were merged on their way", () => {
    fc.assert(
      fc.property(sizes, (some) => {
        const progress = createProgress(keystrokes);
        let count = 0;
        for (const run of runsOf(some)) {
          count += run.length;
          expect(progress.take(Y.mergeUpdates(run))).toBe(count);
        }
        expect(progress.isComplete).toBe(true);
      }),
    );
  });

  test("is complete with the whole document and the rest", () => {
    const doc = new Y.Doc();
    for (const update of updates.slice(0, 250)) Y.applyUpdate(doc, update);
    const progress = createProgress(keystrokes);

    expect(progress.takeState(Y.encodeStateAsUpdate(doc))).toBe(250);
    for (const update of updates.slice(250)) progress.take(update);

    expect(progress.isComplete).toBe(true);
  });

  test("is not complete when any one update was lost", () => {
    fc.assert(
      fc.property(fc.nat(updates.length - 1), (lost) => {
        const progress = createProgress(keystrokes);
        for (const [index, update] of updates.entries()) if (index !== lost) progress.take(update);
        expect(progress.isComplete).toBe(false);
      }),
    );
  });

  test("is not complete when a deletion came twice", () => {
    const deletion = updates.findIndex((_, index) => {
      return (keystrokes.deletedAfter[index] ?? 0) > (keystrokes.deletedAfter[index - 1] ?? 0);
    });
    const progress = createProgress(keystrokes);
    for (const update of updates) progress.take(update);

    progress.take(updates[deletion] ?? new Uint8Array());

    expect(progress.isComplete).toBe(false);
  });

  test("is a failure with bytes that are no update", () => {
    const progress = createProgress(keystrokes);

    progress.take(Uint8Array.of(1, 2, 3));

    expect(progress.failure).not.toBeNull();
  });
});
