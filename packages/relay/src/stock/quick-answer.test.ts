/** Whatever somebody has of a document, with the answer they have all of it. */
import { seededRandom } from "@syncline/machine";
import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import { quickAnswer } from "./quick-answer.ts";
import { clocksOfVector, moveClocks, vectorOfClocks } from "./state-clocks.ts";

const wholeOf = (parts: readonly Uint8Array[]) => {
  const clocks = clocksOfVector(Uint8Array.of(0));
  for (const part of parts) moveClocks(clocks, part);
  return { parts, stateVector: vectorOfClocks(clocks) };
};

/** Updates of three people who type and delete, and see each other's now and then. */
const typedBy = (seed: number, count: number): readonly Uint8Array[] => {
  const random = seededRandom(seed);
  const updates: Uint8Array[] = [];
  const docs = [1, 2, 3].map((clientID) => {
    const doc = new Y.Doc();
    doc.clientID = clientID;
    doc.on("update", (update: Uint8Array, origin: unknown) => {
      if (origin !== "other") updates.push(update);
    });
    return doc;
  });
  for (let made = 0; made < count; made += 1) {
    const doc = random.pick(docs);
    if (random.chance(0.3)) {
      for (const update of updates) Y.applyUpdate(doc, update, "other");
    }
    const text = doc.getText("text");
    if (text.length > 3 && random.chance(0.3)) text.delete(random.integer(0, text.length - 1), 2);
    else text.insert(random.integer(0, text.length + 1), random.pick(["a", "bc", "déf"]));
    if (random.chance(0.1)) doc.getMap("map").set("key", made);
  }
  return updates;
};

const docOf = (updates: readonly Uint8Array[]): Y.Doc => {
  const doc = new Y.Doc();
  for (const update of updates) Y.applyUpdate(doc, update);
  return doc;
};

const pictureOf = (doc: Y.Doc): unknown => [
  doc.getText("text").toJSON(),
  doc.getMap("map").toJSON(),
  [...Y.decodeStateVector(Y.encodeStateVector(doc))].toSorted(([left], [right]) => left - right),
  doc.store.pendingStructs === null,
];

describe("the quick answer", () => {
  test.each(Array.from({ length: 60 }, (_, index) => index + 1))(
    "gives a holder of any part of the updates all of them: seed %i",
    (seed) => {
      const random = seededRandom(seed + 1000);
      const updates = typedBy(seed, random.integer(1, 40));
      const isWithGaps = random.chance(0.3);
      const parts = updates.filter(() => !isWithGaps || random.chance(0.9));
      const holder = docOf(updates.filter(() => random.chance(0.5)));

      const answer = quickAnswer(wholeOf(parts), Y.encodeStateVector(holder));

      const expected = docOf([Y.encodeStateAsUpdate(holder), ...parts]);
      Y.applyUpdate(holder, answer!.difference);
      expect(pictureOf(holder)).toEqual(pictureOf(expected));
      expect(pictureOf(docOf([answer!.state]))).toEqual(pictureOf(docOf(parts)));
    },
  );

  test("to a holder of everything has deletes and nothing else", () => {
    const updates = typedBy(7, 40);
    const holder = docOf(updates);

    const answer = quickAnswer(wholeOf(updates), Y.encodeStateVector(holder));

    const ofADoc = Y.encodeStateAsUpdate(holder, Y.encodeStateVector(holder));
    expect(Y.decodeUpdate(answer!.difference).structs).toEqual([]);
    expect(answer!.difference.length).toBeLessThanOrEqual(ofADoc.length);
  });

  test("is not given for a large document, nor where Yjs throws", () => {
    const doc = new Y.Doc();
    doc.getText("text").insert(0, "x".repeat(100_000));
    expect(quickAnswer(wholeOf([Y.encodeStateAsUpdate(doc)]), Uint8Array.of(0))).toBeNull();
    const broken = { parts: [Uint8Array.of(1, 1, 1)], stateVector: Uint8Array.of(0) };
    expect(quickAnswer(broken, Uint8Array.of(0))).toBeNull();
  });
});
