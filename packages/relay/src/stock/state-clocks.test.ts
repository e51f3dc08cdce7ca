import fc from "fast-check";
import { expect, test } from "vitest";
import * as Y from "yjs";
import { clocksOfVector, moveClocks, type StateClocks, vectorOfClocks } from "./state-clocks.ts";

/** Updates of a few authors who see each other's, sometimes. */
const historyOf = (steps: readonly { author: number; length: number; isSeen: boolean }[]) => {
  const docs = [1, 2, 3].map((client) => {
    const doc = new Y.Doc();
    doc.clientID = client;
    return doc;
  });
  const updates: Uint8Array[] = [];
  for (const doc of docs) {
    doc.on("update", (update: Uint8Array, origin: unknown) => {
      if (origin !== "seen") updates.push(update);
    });
  }
  for (const { author, length, isSeen } of steps) {
    const doc = docs[author];
    if (doc === undefined) continue;
    if (isSeen) for (const update of updates) Y.applyUpdate(doc, update, "seen");
    const text = doc.getText("text");
    if (length === 0 && text.length > 0) text.delete(0, 1);
    else text.insert(Math.floor(text.length / 2), "é🙂x".repeat(length + 1));
  }
  return updates;
};

const steps = fc.array(
  fc.record({
    author: fc.nat({ max: 2 }),
    length: fc.nat({ max: 4 }),
    isSeen: fc.boolean(),
  }),
  { maxLength: 12 },
);

const clocksOf = (payloads: readonly Uint8Array[]): StateClocks => {
  const clocks: StateClocks = new Map();
  for (const payload of payloads) moveClocks(clocks, payload);
  return clocks;
};

const sorted = (clocks: ReadonlyMap<number, number>): readonly (readonly number[])[] =>
  [...clocks].sort(([left], [right]) => left - right);

test("payloads in order make the state vector of their document", () => {
  fc.assert(
    fc.property(steps, fc.nat({ max: 12 }), (history, mergedCount) => {
      const updates = historyOf(history);
      const doc = new Y.Doc();
      for (const update of updates) Y.applyUpdate(doc, update);
      const front = updates.slice(0, mergedCount);
      const merged = front.length === 0 ? [] : [Y.mergeUpdates([...front])];

      const clocks = clocksOf([...merged, ...updates.slice(mergedCount)]);

      expect(sorted(clocks)).toEqual(sorted(Y.decodeStateVector(Y.encodeStateVector(doc))));
    }),
  );
});

test("whatever is missing, nothing is said to be there that is not", () => {
  fc.assert(
    fc.property(steps, fc.array(fc.boolean(), { maxLength: 12 }), (history, isThere) => {
      const updates = historyOf(history);
      const some = updates.filter((_, index) => isThere[index] !== false);
      const joined = some.length === 0 ? [] : [Y.mergeUpdates(some)];

      for (const payloads of [some, joined]) {
        for (const [client, clock] of clocksOf(payloads)) {
          const known = new Set(
            some.flatMap((update) =>
              Y.decodeUpdate(update).structs.flatMap(({ id, length }) =>
                id.client === client ? Array.from({ length }, (_, at) => id.clock + at) : [],
              ),
            ),
          );
          expect(known.size).toBeGreaterThanOrEqual(clock);
          for (let at = 0; at < clock; at += 1) expect(known.has(at)).toBe(true);
        }
      }
    }),
  );
});

test("a state vector is read as it was written", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(), fc.nat())), (pairs) => {
      const clocks = new Map(pairs);

      expect(clocksOfVector(vectorOfClocks(clocks))).toEqual(clocks);
      expect(Y.decodeStateVector(vectorOfClocks(clocks))).toEqual(clocks);
    }),
  );
});

test("a malformed state vector says nothing", () => {
  expect(clocksOfVector(Uint8Array.of(5, 1)).size).toBe(0);
});
