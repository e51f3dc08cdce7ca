/** Clients that have nothing: they get the document as it is kept, and nobody opens it for them. */
import { expect, test } from "vitest";
import * as Y from "yjs";
import { createDocuments, type Documents } from "../../packages/relay/src/documents.ts";
import { readStockFrame } from "../../packages/relay/src/stock/stock-frames.ts";
import { createMemoryHomes } from "./memory-homes.ts";
import { patience, type RawClient, startStockServer, until } from "./stock-server.ts";

/** A document service that opens nothing for an answer. */
const closedDocuments = (): Documents => ({
  ...createDocuments({ worker: null }),
  answer: () => Promise.reject(new Error("a document was opened")),
});

/** In how many changes a client was sent this word. */
const countOf = ({ frames }: RawClient, word: string): number =>
  frames
    .flatMap((frame) => readStockFrame(frame) ?? [])
    .filter((message) => message.kind === "update" || message.kind === "step2")
    .filter(({ update }) => Buffer.from(update).includes(word)).length;

test("a newcomer gets a document of a few parts without its being opened", async () => {
  await using server = await startStockServer({ documents: closedDocuments() });
  const ann = server.client("notes");
  const watcher = server.client("notes");
  for (const word of ["one ", "two ", "three"]) {
    ann.text.insert(ann.text.length, word);
    await until(() => watcher.text.toJSON().endsWith(word));
  }

  const ben = server.client("notes");

  await expect.poll(() => ben.text.toJSON(), patience).toBe("one two three");
});

test("a newcomer is told that it is synced by the last of the parts", async () => {
  await using server = await startStockServer();
  const ann = server.client("notes");
  await until(() => ann.provider.synced);
  const watcher = server.client("notes");
  for (const word of ["one ", "two ", "three"]) {
    ann.text.insert(ann.text.length, word);
    await until(() => watcher.text.toJSON().endsWith(word));
  }
  const doc = new Y.Doc();
  let textWhenSynced: string | null = null;

  const ben = server.client("notes", doc);
  ben.provider.on("sync", (isSynced: boolean) => {
    if (isSynced) textWhenSynced = doc.getText("body").toJSON();
  });
  await until(() => textWhenSynced !== null);

  expect(textWhenSynced).toBe("one two three");
});

// The room told all clients what it had just read from its home, and the newcomer had that in its answer, too.
test("the first client of a room gets its document once", async () => {
  const homes = createMemoryHomes();
  {
    await using server = await startStockServer({ homes });
    const ann = server.client("notes");
    const watcher = server.client("notes");
    ann.text.insert(0, "once");
    await until(() => watcher.text.toJSON() === "once");
  }
  await using server = await startStockServer({ homes });

  const ben = await server.raw("notes");
  ben.send(Uint8Array.of(0, 0, 1, 0));
  await until(() => countOf(ben, "once") > 0);
  // What waits to be told to him comes before this, or with it.
  const ann = server.client("notes");
  await until(() => ann.text.toJSON() === "once");
  ann.text.insert(0, "later");
  await until(() => countOf(ben, "later") > 0);

  expect(countOf(ben, "once")).toBe(1);
});
