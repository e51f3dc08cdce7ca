import { expect, test } from "vitest";
import * as Y from "yjs";
import { client, cluster, until } from "../../../test/client/world.ts";

/** Much work, on a machine that may be busy. */
const slow = { timeout: 30_000 };

const textOf = (doc: Y.Doc): Y.Text => doc.getText("body");

test("edits of the same few milliseconds are one batch", async () => {
  const { urls, relays } = await cluster();
  const space = client(urls, { batchDelayMs: 1 }).space("s");
  await space.whenSynced();
  const doc = await space.doc();

  for (const letter of "hello") textOf(doc).insert(0, letter);
  await space.settled("relay");

  const submits = relays[0]!.received.filter(({ message }) => message.kind === "submit");
  expect(submits.map(({ message }) => message)).toMatchObject([{ batches: [{}] }]);
});

test("batches leave in the order of the edits, across documents", async () => {
  const { urls, relays } = await cluster();
  const space = client(urls).space("s");
  await space.whenSynced();
  const [question, answer] = [await space.doc("question"), await space.doc("answer")];

  textOf(question).insert(0, "1");
  textOf(answer).insert(0, "2");
  textOf(question).insert(1, "3");
  await space.settled("relay");

  const documents = relays[0]!.received.flatMap(({ message }) =>
    message.kind === "submit" ? message.batches.map((batch) => batch.document) : [],
  );
  expect(documents).toEqual(["question", "answer", "question"]);
});

test("whoever is told of an answer finds the question in the other document", async () => {
  const { urls } = await cluster();
  const author = client(urls).space("s");
  const [question, answer] = [await author.doc("question"), await author.doc("answer")];
  textOf(answer).insert(0, "…");
  textOf(question).insert(0, "why?");
  textOf(answer).insert(1, "because");
  await author.settled("all");
  const reader = client(urls).space("s");
  const [shownAnswer, shownQuestion] = [await reader.doc("answer"), await reader.doc("question")];
  const seen: string[] = [];
  textOf(shownAnswer).observe(() => seen.push(textOf(shownQuestion).toJSON()));
  textOf(shownQuestion).observe(() => seen.push(textOf(shownAnswer).toJSON()));

  await reader.whenSynced();

  expect(seen).toEqual(["why?", "…because"]);
});

test("an edit made while other documents are still being told of theirs is sent", async () => {
  const { urls } = await cluster();
  const author = client(urls).space("s");
  textOf(await author.doc("first")).insert(0, "1");
  textOf(await author.doc("second")).insert(0, "2");
  await author.settled("all");
  const editor = client(urls).space("s");
  const [first, second] = [await editor.doc("first"), await editor.doc("second")];
  const clientIds = [first.clientID, second.clientID];
  for (const doc of [first, second]) {
    const other = doc === first ? second : first;
    textOf(doc).observe(({ transaction }) => {
      if (transaction.local) return;
      textOf(other).insert(0, "edit ");
      textOf(other).delete(5, 1);
    });
  }

  await editor.whenSynced();
  await editor.settled("all");
  const reader = client(urls).space("s");
  await reader.whenSynced();

  expect(textOf(await reader.doc("first")).toJSON()).toBe("edit ");
  expect(textOf(await reader.doc("second")).toJSON()).toBe("edit ");
  expect([first.clientID, second.clientID]).toEqual(clientIds);
});

test("an exception of an observer does not stop the space", async () => {
  const { urls } = await cluster();
  const [author, reader] = [client(urls).space("s"), client(urls).space("s")];
  const [doc, shown] = [await author.doc(), await reader.doc()];
  const uncaught: unknown[] = [];
  const listeners = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  process.on("uncaughtException", (error) => uncaught.push(error));
  textOf(shown).observe(() => {
    throw new Error("of the application");
  });

  textOf(doc).insert(0, "a");
  await until(shown, "update", () => textOf(shown).length === 1);
  textOf(doc).insert(1, "b");
  await until(shown, "update", () => textOf(shown).length === 2);
  process.removeAllListeners("uncaughtException");
  for (const listener of listeners) process.on("uncaughtException", listener);

  expect(uncaught).toHaveLength(2);
});

test("a payload that is no update is an event, and what comes after it is shown", async () => {
  const { urls, relays } = await cluster();
  const space = client(urls).space("s");
  const doc = await space.doc();
  const codes: string[] = [];
  space.on("error", ({ code }) => codes.push(code));
  await space.whenSynced();

  relays[0]!.admit("s", { document: "default", type: "yjs", payload: Uint8Array.of(9, 9, 9) });
  relays[0]!.admit("s", { document: "other", type: "yjs", payload: Uint8Array.of(9, 9, 9) });
  const good = new Y.Doc();
  textOf(good).insert(0, "good");
  const payload = Y.encodeStateAsUpdate(good);
  relays[0]!.admit("s", { document: "default", type: "yjs", payload });
  await until(doc, "update", () => textOf(doc).length === 4);
  await space.doc("other");

  expect(codes).toEqual(["BAD_PAYLOAD", "BAD_PAYLOAD"]);
});

test("a document of another type is not opened as a Y.Doc", async () => {
  const { urls, relays } = await cluster();
  relays[0]!.admit("s", { document: "likes", type: "counter", payload: Uint8Array.of(1) });
  const space = client(urls).space("s");
  await space.whenSynced();

  await expect(space.doc("likes")).rejects.toMatchObject({ code: "TYPE_MISMATCH" });
  expect(space.docNames).toEqual([]);
  expect(space.valueTypes).toEqual(new Map([["likes", "counter"]]));
});

test("a thousand documents arrive, opened or not", slow, async () => {
  const { urls } = await cluster();
  const author = client(urls).space("s");
  const names = Array.from({ length: 1000 }, (_, index) => `d/${index}`);
  for (const name of names) textOf(await author.doc(name)).insert(0, name);
  await author.settled("all");
  const reader = client(urls).space("s");
  for (const name of names.slice(0, 700)) await reader.doc(name);

  await reader.whenSynced();

  expect(reader.docNames.toSorted()).toEqual(names.toSorted());
  for (const name of names) expect(textOf(await reader.doc(name)).toJSON()).toBe(name);
});

test("a document that nobody has opened is merged as it grows", slow, async () => {
  const { urls } = await cluster();
  const [author, reader] = [client(urls, { batchDelayMs: 0 }).space("s"), client(urls).space("s")];
  await reader.whenSynced();
  const doc = await author.doc();
  for (let index = 0; index < 300; index += 1) {
    textOf(doc).insert(index, "x");
    await author.settled("local");
  }
  const watched = await reader.doc("marker");
  textOf(await author.doc("marker")).insert(0, "end");
  await until(watched, "update", () => textOf(watched).length === 3);

  expect(textOf(await reader.doc()).length).toBe(300);
});

test("twenty thousand edits in one go arrive", slow, async () => {
  const { urls } = await cluster();
  const [author, reader] = [client(urls).space("s"), client(urls).space("s")];
  const [doc, shown] = [await author.doc(), await reader.doc()];
  for (let index = 0; index < 20_000; index += 1) textOf(doc).insert(index, "x");

  await until(shown, "update", () => textOf(shown).length === 20_000);

  expect(author.status.error).toBeNull();
});

test("a Y.Doc of the application's that holds something is sent and kept up to date", async () => {
  const { urls } = await cluster();
  const [author, reader] = [client(urls).space("s"), client(urls).space("s")];
  const own = new Y.Doc();
  textOf(own).insert(0, "mine");
  const unbind = author.bind(own);
  const shown = await reader.doc();
  await until(shown, "update", () => textOf(shown).length === 4);
  const beside = await author.doc();
  expect(beside).toBe(own);

  unbind();
  textOf(shown).insert(4, " too");
  const again = await author.doc();
  await until(again, "update", () => textOf(again).length === 8);

  expect(again).not.toBe(own);
  expect(textOf(own).toJSON()).toBe("mine");
});
