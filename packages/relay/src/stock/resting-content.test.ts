import { beforeEach, describe, expect, test } from "vitest";
import * as Y from "yjs";
import { createDocuments } from "../documents.ts";
import { createRestingContent, type RestingContent } from "./resting-content.ts";
import { createRoomContent } from "./room-content.ts";

/** What the home has. */
let stored: Uint8Array[];
let readCount: number;
/** Called while the home reads, with what it will answer taken already. */
let whileReading: () => void;
let content: RestingContent;

const updateOf = (word: string): Uint8Array => {
  const doc = new Y.Doc();
  doc.getMap("words").set(word, true);
  return Y.encodeStateAsUpdate(doc);
};

/** As the home admits it and the room is told. */
const write = (word: string): void => {
  const update = updateOf(word);
  stored.push(update);
  content.add([update]);
};

const words = async (): Promise<readonly string[]> => {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, (await content.answer(null)).state);
  return [...doc.getMap("words").keys()].toSorted();
};

const rest = (): void => {
  content.restIfUnused();
  content.restIfUnused();
};

beforeEach(() => {
  stored = [];
  readCount = 0;
  whileReading = () => {};
  const documents = createDocuments({ worker: null });
  content = createRestingContent({
    create: () => createRoomContent(documents, { tailCountMax: 500, tailBytesMax: 1_000_000 }),
    read: async () => {
      readCount += 1;
      const found = [...stored];
      await new Promise((resolve) => setImmediate(resolve));
      whileReading();
      return found;
    },
  });
});

describe("a content that rests", () => {
  test("holds nothing, and is read again once for all who ask", async () => {
    write("one");
    rest();
    expect(content.whole()).toBeNull();

    const [first, second] = await Promise.all([words(), words()]);

    expect(first).toEqual(["one"]);
    expect(second).toEqual(["one"]);
    expect(readCount).toBe(1);
  });

  test("has what was written while it rested, before anybody asked", async () => {
    write("one");
    rest();
    write("two");

    expect(await words()).toEqual(["one", "two"]);
  });

  test("has what came while it was read", async () => {
    write("one");
    rest();
    whileReading = () => write("late");

    expect(await words()).toEqual(["late", "one"]);
  });

  test("knows what of an upload is new", async () => {
    write("one");
    rest();

    expect(await content.novelty(updateOf("two"), [])).not.toBeNull();
    rest();
    expect(await content.novelty(stored[0]!, [])).toBeNull();
  });

  test("that could not be read is read anew by who asks next", async () => {
    write("one");
    rest();
    whileReading = () => {
      throw new Error("the disk is away");
    };
    await expect(content.answer(null)).rejects.toThrow("the disk is away");

    write("two");
    whileReading = () => {};

    expect(await words()).toEqual(["one", "two"]);
  });
});

test("a content that was used since the last look does not rest", async () => {
  write("one");
  content.restIfUnused();
  expect(content.whole()).not.toBeNull();
  content.restIfUnused();
  write("two");
  content.restIfUnused();
  await words();
  content.restIfUnused();

  expect(content.wake()).toBeNull();
  expect(readCount).toBe(0);
});

test("an answer that is under way when the content rests is whole", async () => {
  write("one");
  const asked = words();
  rest();

  expect(await asked).toEqual(["one"]);
});
