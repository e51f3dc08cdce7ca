import fc from "fast-check";
import { expect, test } from "vitest";
import * as Y from "yjs";
import { extentOf } from "./update-extent.ts";

const author = 4711;

/** Types at random and returns the updates, one for each edit. */
const typed = (edits: readonly (readonly [at: number, deletes: number, text: string])[]) => {
  const doc = new Y.Doc();
  doc.clientID = author;
  const updates: Uint8Array[] = [];
  doc.on("update", (update: Uint8Array) => updates.push(update));
  const text = doc.getText("text");
  for (const [at, deletes, inserted] of edits) {
    doc.transact(() => {
      const place = Math.min(at, text.length);
      const count = Math.min(deletes, text.length - place);
      if (count > 0) text.delete(place, count);
      if (inserted !== "") text.insert(place, inserted);
    });
  }
  return { doc, updates };
};

const edits = fc.array(
  fc.tuple(fc.nat(50), fc.nat(3), fc.string({ unit: "grapheme", maxLength: 4 })),
  { minLength: 1, maxLength: 40 },
);

test("the last of some updates reaches as far as the document", () => {
  fc.assert(
    fc.property(edits, (some) => {
      const { doc, updates } = typed(some);

      const clock = Math.max(0, ...updates.map((update) => extentOf(update, author).toClock));

      expect(clock).toBe(Y.decodeStateVector(Y.encodeStateVector(doc)).get(author) ?? 0);
    }),
  );
});

test("merged updates reach as far and delete as much as the single ones", () => {
  fc.assert(
    fc.property(edits, (some) => {
      const { updates } = typed(some);
      fc.pre(updates.length > 0);
      const parts = updates.map((update) => extentOf(update, author));

      const whole = extentOf(Y.mergeUpdates(updates), author);

      expect(whole.toClock).toBe(Math.max(...parts.map(({ toClock }) => toClock)));
      expect(whole.deletedCount).toBe(parts.reduce((sum, part) => sum + part.deletedCount, 0));
    }),
  );
});

test("a document that was built from them says the same", () => {
  fc.assert(
    fc.property(edits, (some) => {
      const { updates } = typed(some);
      const server = new Y.Doc();
      for (const update of updates) Y.applyUpdate(server, update);
      const parts = updates.map((update) => extentOf(update, author));

      const whole = extentOf(Y.encodeStateAsUpdate(server), author);

      expect(whole.toClock).toBe(Math.max(0, ...parts.map(({ toClock }) => toClock)));
      expect(whole.deletedCount).toBe(parts.reduce((sum, part) => sum + part.deletedCount, 0));
    }),
  );
});

test("somebody else's update is refused", () => {
  const { updates } = typed([[0, 0, "a"]]);

  expect(() => extentOf(updates[0] ?? new Uint8Array(), author + 1)).toThrow("somebody else");
});

test("a prefix of an update is refused", () => {
  const { updates } = typed([[0, 0, "abc"]]);
  const [update = new Uint8Array()] = updates;

  for (let end = 0; end < update.length; end += 1) {
    expect(() => extentOf(update.subarray(0, end), author)).toThrow(RangeError);
  }
});
