import { seededRandom } from "@syncline/machine";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import { whyBadUpdate } from "./document-shape.ts";
import { joinUpdates } from "./update-joining.ts";

/** Updates as authors make them who type, delete and see each other now and then, in one order of their arrival. */
const updatesOf = (seed: number, authorCount: number, editCount: number): readonly Uint8Array[] => {
  const random = seededRandom(seed);
  const updates: Uint8Array[] = [];
  const seenCounts = Array.from({ length: authorCount }, () => 0);
  const docs = Array.from({ length: authorCount }, (_, index) => {
    const doc = new Y.Doc();
    doc.clientID = 1 + ((index * 7919) % 100);
    doc.on("update", (update: Uint8Array, origin: unknown) => {
      if (origin !== "other") updates.push(update);
    });
    return doc;
  });
  for (let edit = 0; edit < editCount; edit += 1) {
    const author = random.integer(0, authorCount);
    const doc = docs[author]!;
    const text = doc.getText("text");
    if (random.chance(0.25)) {
      for (const update of updates.slice(seenCounts[author])) Y.applyUpdate(doc, update, "other");
      seenCounts[author] = updates.length;
    }
    if (text.length > 3 && random.chance(0.33)) text.delete(random.integer(0, text.length - 2), 2);
    else text.insert(random.integer(0, text.length + 1), random.pick(["a", "é𝒳", "word "]));
  }
  return updates;
};

const stateOf = (updates: readonly Uint8Array[]): Uint8Array => {
  const doc = new Y.Doc();
  for (const update of updates) Y.applyUpdate(doc, update);
  return Y.encodeStateAsUpdate(doc);
};

const textOf = (updates: readonly Uint8Array[]): string => {
  const doc = new Y.Doc();
  for (const update of updates) Y.applyUpdate(doc, update);
  return doc.getText("text").toString();
};

const cases = fc.record({
  seed: fc.nat(),
  authorCount: fc.integer({ min: 1, max: 4 }),
  editCount: fc.integer({ min: 0, max: 25 }),
});
const numRuns = 40;

describe("joined updates", () => {
  test("make the same document as the updates one by one", () => {
    fc.assert(
      fc.property(cases, ({ seed, authorCount, editCount }) => {
        const updates = updatesOf(seed, authorCount, editCount);
        expect(textOf(joinUpdates(updates))).toBe(textOf(updates));
        expect(stateOf(joinUpdates(updates))).toEqual(stateOf(updates));
      }),
      { numRuns },
    );
  });

  test("are good updates, which Yjs merges as it does those they are made of", () => {
    fc.assert(
      fc.property(cases, ({ seed, authorCount, editCount }) => {
        const updates = updatesOf(seed, authorCount, editCount);
        const joined = joinUpdates(updates);
        expect(joined.map(whyBadUpdate)).toEqual(joined.map(() => null));
        const merged = updates.length === 0 ? [] : [Y.mergeUpdates([...joined])];
        expect(stateOf(merged)).toEqual(stateOf(updates));
      }),
      { numRuns },
    );
  });

  test("of one author are one, with one head", () => {
    const updates = updatesOf(1, 1, 30);

    const joined = joinUpdates(updates);

    const bytesOf = (list: readonly Uint8Array[]): number =>
      list.reduce((sum, { length }) => sum + length, 0);
    expect(joined).toHaveLength(1);
    expect(bytesOf(joined)).toBeLessThan(bytesOf(updates) - 4 * 29);
  });

  test("leave an update out of the union that does not go on where the one before ended", () => {
    const [first, second, third] = updatesOf(5, 1, 3) as [Uint8Array, Uint8Array, Uint8Array];

    expect(joinUpdates([first, third])).toEqual([first, third]);
    expect(joinUpdates([second, first])).toEqual([second, first]);
    expect(joinUpdates([first, first])).toEqual([first, first]);
  });

  test("keep large and malformed updates in their places as they are", () => {
    const doc = new Y.Doc();
    doc.getText("text").insert(0, "x".repeat(5000));
    const large = Y.encodeStateAsUpdate(doc);
    const bad = Uint8Array.of(1, 2, 3);
    const [first, second] = updatesOf(2, 1, 2) as [Uint8Array, Uint8Array];

    const joined = joinUpdates([first, second, large, bad, first, second]);

    expect(joined).toHaveLength(4);
    expect(joined[1]).toBe(large);
    expect(joined[2]).toBe(bad);
  });

  test("have at most 16 KiB each", () => {
    const doc = new Y.Doc();
    const updates: Uint8Array[] = [];
    doc.on("update", (update: Uint8Array) => updates.push(update));
    for (let index = 0; index < 50; index += 1) doc.getText("text").insert(0, "x".repeat(1000));

    const joined = joinUpdates(updates);

    expect(joined.every(({ length }) => length <= 16 * 1024)).toBe(true);
    expect(joined.length).toBeLessThanOrEqual(4);
    expect(textOf(joined)).toBe(textOf(updates));
  });
});
