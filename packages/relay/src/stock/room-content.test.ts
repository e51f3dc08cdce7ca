import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import { createDocuments, type Documents } from "../documents.ts";
import { createRoomContent } from "./room-content.ts";

const limits = { tailCountMax: 500, tailBytesMax: 1_000_000 };

/** A document service that counts what it is asked, with how many payloads. */
const counting = (): Documents & { readonly asked: number[] } => {
  const asked: number[] = [];
  const documents = createDocuments({ worker: null });
  return {
    ...documents,
    asked,
    answer: (payloads, stateVector) => {
      asked.push(payloads.length);
      return documents.answer(payloads, stateVector);
    },
  };
};

const words = (...list: readonly string[]): readonly Uint8Array[] => {
  const doc = new Y.Doc();
  const updates: Uint8Array[] = [];
  doc.on("update", (update: Uint8Array) => updates.push(update));
  for (const word of list) doc.getText("text").insert(doc.getText("text").length, word);
  return updates;
};

const textOf = (update: Uint8Array): string => {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, update);
  return doc.getText("text").toJSON();
};

const emptyVector = Uint8Array.of(0);

describe("a room's content", () => {
  test("with nothing in it answers without opening anything", async () => {
    const documents = counting();
    const content = createRoomContent(documents, limits);

    const { difference } = await content.answer(emptyVector);

    expect([...difference]).toEqual([0, 0]);
    expect(documents.asked).toEqual([]);
  });

  test("is opened once for all who ask between two changes", async () => {
    const documents = counting();
    const content = createRoomContent(documents, limits);
    content.add(words("one ", "two "));

    await Promise.all([
      content.answer(emptyVector),
      content.answer(null),
      content.answer(emptyVector),
    ]);
    await content.answer(emptyVector);

    expect(documents.asked).toEqual([2]);
  });

  test("answers with what came while it was opened", async () => {
    const content = createRoomContent(counting(), limits);
    const [first, second] = words("one ", "two ");
    content.add([first!]);
    const early = content.answer(null);
    content.add([second!]);

    const late = await content.answer(null);

    expect(textOf((await early).difference)).toBe("one ");
    expect(textOf(late.difference)).toBe("one two ");
  });

  test("is merged by an answer: the next one opens the state and what came since", async () => {
    const documents = counting();
    const content = createRoomContent(documents, limits);
    const updates = words("one ", "two ", "three");
    content.add(updates.slice(0, 2));
    await content.answer(null);
    content.add(updates.slice(2));

    const { state } = await content.answer(null);

    expect(documents.asked).toEqual([2, 2]);
    expect(textOf(state)).toBe("one two three");
  });

  test("is merged without anybody asking when there is much", async () => {
    const documents = counting();
    const content = createRoomContent(documents, { ...limits, tailCountMax: 10 });

    for (const update of words(...Array.from({ length: 12 }, () => "x"))) content.add([update]);
    await content.answer(null);

    expect(documents.asked[0]).toBe(11);
  });

  test("asks a service that fails less and less often", async () => {
    let askedCount = 0;
    const documents: Documents = {
      ...createDocuments({ worker: null }),
      answer: async () => {
        askedCount += 1;
        throw new Error("busy");
      },
    };
    const content = createRoomContent(documents, { ...limits, tailCountMax: 10 });

    for (const update of words(...Array.from({ length: 200 }, () => "x"))) {
      content.add([update]);
      await Promise.resolve();
      await new Promise((resolve) => setImmediate(resolve));
    }

    expect(askedCount).toBe(5);
  });

  test("is given whole to a newcomer without being opened", async () => {
    const documents = counting();
    const content = createRoomContent(documents, limits);
    const updates = words("one ", "two ", "three");
    content.add(updates);

    const whole = content.whole();

    expect(joinedTextOf(whole?.parts ?? [])).toBe("one two three");
    expect(clocksOf(whole?.stateVector)).toEqual(
      clocksOf((await content.answer(null)).stateVector),
    );
    expect(documents.asked).toEqual([3]);
  });

  test("is whole with its merged state in front and what came since behind", async () => {
    const documents = counting();
    const content = createRoomContent(documents, limits);
    const updates = words("one ", "two ", "three");
    content.add(updates.slice(0, 2));
    content.whole();
    const { state } = await content.answer(null);
    content.add(updates.slice(2));

    const whole = content.whole();

    expect(whole?.parts[0]).toBe(state);
    expect(whole?.parts).toHaveLength(2);
    expect(joinedTextOf(whole?.parts ?? [])).toBe("one two three");
    expect(content.whole()).toBe(whole);
    expect(clocksOf(whole?.stateVector)).toEqual(
      clocksOf((await content.answer(null)).stateVector),
    );
  });

  // Behind presences under way the second part found more waiting than a connection may have, and the newcomer was cut off.
  test("is asked for as one where its parts are large", async () => {
    const content = createRoomContent(counting(), { ...limits, tailBytesMax: 100_000_000 });
    const [large, small] = words("x".repeat(7_000_000), "y");
    content.add([large!]);
    expect(content.whole()?.parts).toHaveLength(1);

    content.add([small!]);

    expect(content.whole()).toBeNull();
    expect(textOf((await content.answer(null)).difference)).toHaveLength(7_000_001);
  });

  test("with nothing in it is whole without parts", () => {
    const whole = createRoomContent(counting(), limits).whole();

    expect(whole?.parts).toEqual([]);
    expect([...(whole?.stateVector ?? [])]).toEqual([0]);
  });

  test("of many parts is not given whole: each would be a message", () => {
    const content = createRoomContent(counting(), limits);
    content.add(words(...Array.from({ length: 65 }, () => "x")));

    expect(content.whole()).toBeNull();
  });
});

const joinedTextOf = (parts: readonly Uint8Array[]): string => {
  const doc = new Y.Doc();
  for (const part of parts) Y.applyUpdate(doc, part);
  return doc.getText("text").toJSON();
};

const clocksOf = (stateVector: Uint8Array | undefined): ReadonlyMap<number, number> =>
  Y.decodeStateVector(stateVector ?? emptyVector);
