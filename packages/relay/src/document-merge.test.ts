import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import { whyBadUpdate } from "./document-shape.ts";
import { answerVector, mergePayloads, noveltyOf } from "./document-merge.ts";

/** Each change of a text as an update of its own. */
const updatesOf = (edit: (text: Y.Text) => void): readonly Uint8Array[] => {
  const doc = new Y.Doc();
  const updates: Uint8Array[] = [];
  doc.on("update", (update: Uint8Array) => updates.push(update));
  edit(doc.getText("text"));
  return updates;
};

const textOf = (...updates: readonly Uint8Array[]): string => {
  const doc = new Y.Doc();
  for (const update of updates) Y.applyUpdate(doc, update);
  return doc.getText("text").toJSON();
};

const threeWords = updatesOf((text) => {
  for (const word of ["one ", "two ", "three"]) text.insert(text.length, word);
});

/** Its shape is good, but an item in it stands beside one that is in none of its structs: Yjs looks for that, and throws. */
const poison = new Uint8Array(
  Buffer.from(
    "02010200c401050106037a7a7a0a01000101047465787403810102028401040120840105047465787441070001c101020103012101036d6170016101a7010c010801056172726179027d01770374776f87010f0101010200050a00",
    "hex",
  ),
);

describe("a merge", () => {
  test("keeps deletes", () => {
    const updates = updatesOf((text) => {
      text.insert(0, "too much");
      text.delete(0, 4);
    });

    expect(textOf(mergePayloads(updates))).toBe("much");
  });

  test("keeps a delete that comes before what it deletes", () => {
    const [inserted, deleted] = updatesOf((text) => {
      text.insert(0, "too much");
      text.delete(0, 4);
    });

    const merged = mergePayloads([deleted!]);

    expect(textOf(merged, inserted!)).toBe("much");
  });

  test("keeps what waits for something that is not there", () => {
    const merged = mergePayloads([threeWords[2]!, threeWords[0]!]);

    expect(textOf(merged)).toBe("one ");
    expect(textOf(merged, threeWords[1]!)).toBe("one two three");
  });

  test("is the same whatever the order", () => {
    const forwards = mergePayloads(threeWords);

    expect(mergePayloads(threeWords.toReversed())).toEqual(forwards);
  });

  test("of nothing is the empty update", () => {
    expect([...mergePayloads([])]).toEqual([0, 0]);
  });

  test("of what Yjs throws at throws", () => {
    expect(whyBadUpdate(poison)).toBe(null);
    expect(() => mergePayloads([poison])).toThrow("Unexpected case");
  });
});

describe("an answer", () => {
  test("has what a holder of the state vector lacks", () => {
    const holder = new Y.Doc();
    Y.applyUpdate(holder, threeWords[0]!);

    const { difference, state, stateVector } = answerVector(
      threeWords,
      Y.encodeStateVector(holder),
    );

    expect(difference.length).toBeLessThan(state.length);
    expect(textOf(threeWords[0]!, difference)).toBe("one two three");
    expect(stateVector).toEqual(Y.encodeStateVectorFromUpdate(state));
  });

  test("leaves out what Yjs throws at", () => {
    const cutOff = Uint8Array.of(1, 1, 1);

    const { state } = answerVector([threeWords[0]!, cutOff, threeWords[1]!, poison], null);

    expect(textOf(state)).toBe("one two ");
  });
});

describe("the novelty of a payload", () => {
  const state = mergePayloads(
    updatesOf((text) => {
      text.insert(0, "0123456789");
      for (let index = 0; index < 5; index += 1) text.delete(index, 1);
    }),
  );

  test("is nothing if all of it is there, deletes included", () => {
    const copy = new Y.Doc();
    Y.applyUpdate(copy, state);

    expect(noveltyOf([state], Y.encodeStateAsUpdate(copy))).toBe(null);
    expect(noveltyOf([state], Y.encodeStateAsUpdate(copy, Y.encodeStateVector(copy)))).toBe(null);
  });

  test("is only what is new", () => {
    const copy = new Y.Doc();
    Y.applyUpdate(copy, state);
    copy.getText("text").delete(0, 1);
    const all = Y.encodeStateAsUpdate(copy);

    const novelty = noveltyOf([state], all);

    expect(novelty!.length).toBeLessThan(all.length / 2);
    expect(textOf(state, novelty!)).toBe(copy.getText("text").toJSON());
  });

  test("is the payload if it waits for something", () => {
    expect(noveltyOf([threeWords[0]!], threeWords[2]!)).toBe(threeWords[2]);
    expect(noveltyOf([threeWords[0]!, threeWords[2]!], threeWords[2]!)).toBe(null);
  });
});
