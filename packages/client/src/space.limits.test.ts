import type { SyncError } from "@syncline/machine";
import { expect, test } from "vitest";
import * as Y from "yjs";
import { client, cluster, statusWhere, until } from "../../../test/client/world.ts";
import type { Space } from "./space.ts";

/** Much work, on a machine that may be busy. */
const slow = { timeout: 30_000 };

const textOf = (doc: Y.Doc): Y.Text => doc.getText("body");
const limits = { batchBytesMax: 10_000 };

const errorsOf = (space: Space): SyncError[] => {
  const errors: SyncError[] = [];
  space.on("error", (error) => errors.push(error));
  return errors;
};

const isClear = (space: Space): Promise<unknown> =>
  statusWhere(space, ({ error }) => error === null);

test("a pasted text of 5 MB is no error", slow, async () => {
  const { urls } = await cluster();
  const [author, reader] = [client(urls).space("s"), client(urls).space("s")];
  const [doc, shown] = [await author.doc(), await reader.doc()];

  textOf(doc).insert(0, "x".repeat(5_000_000));
  await author.settled("all");
  await until(shown, "update", () => textOf(shown).length === 5_000_000);

  expect(author.status.error).toBeNull();
});

test("a batch over 16 MiB is refused at the edit", slow, async () => {
  const space = client("ws://127.0.0.1:1").space("s");
  const doc = await space.doc();

  expect(() => textOf(doc).insert(0, "x".repeat(16 * 1024 * 1024))).toThrow(
    expect.objectContaining({ code: "TOO_LARGE" }),
  );
});

test("a batch at the limit is taken, one of a byte more is not", async () => {
  const { urls } = await cluster();
  const sizeOf = (text: string): number => {
    const doc = new Y.Doc();
    doc.clientID = 2 ** 32 - 1;
    textOf(doc).insert(0, text);
    return Y.encodeStateAsUpdate(doc).length;
  };
  const space = client(urls, {
    limits: { batchBytesMax: sizeOf("x".repeat(5000)) },
    randomBytes: (count) => new Uint8Array(count).fill(255),
  }).space("s");

  textOf(await space.doc("at")).insert(0, "x".repeat(5000));
  await space.settled("all");

  const over = await space.doc("over");
  expect(() => textOf(over).insert(0, "x".repeat(5001))).toThrow(/5019 bytes; the limit is 5018/u);
});

test("the edits before one that is too large are sent, those after it wait", async () => {
  const { urls } = await cluster();
  const [space, reader] = [client(urls, { limits }).space("s"), client(urls).space("s")];
  const [doc, other] = [await space.doc(), await space.doc("other")];
  const [shown, otherShown] = [await reader.doc(), await reader.doc("other")];
  const errors = errorsOf(space);
  textOf(doc).insert(0, "before ");

  expect(() => textOf(doc).insert(7, "x".repeat(20_000))).toThrow("the limit is 10000");
  textOf(doc).insert(7, "after ");
  textOf(other).insert(0, "goes on");
  await until(otherShown, "update", () => textOf(otherShown).length === 7);

  expect(textOf(shown).toJSON()).toBe("before ");
  expect(errors).toMatchObject([{ code: "TOO_LARGE" }]);
  expect(space.status).toMatchObject({ error: { code: "TOO_LARGE" }, level: "local" });
  await expect(space.settled("relay")).rejects.toMatchObject({ code: "TOO_LARGE" });
});

test("once the text is removed what was held back is sent", async () => {
  const { urls } = await cluster();
  const [space, reader] = [client(urls, { limits }).space("s"), client(urls).space("s")];
  const [doc, shown] = [await space.doc(), await reader.doc()];
  textOf(doc).insert(0, "before ");
  expect(() => textOf(doc).insert(7, "x".repeat(20_000))).toThrow("the limit is 10000");
  textOf(doc).insert(7, "after ");

  textOf(doc).delete(13, 20_000);
  await isClear(space);
  await space.settled("all");
  await until(shown, "update", () => textOf(shown).length === 13);

  expect(textOf(shown).toJSON()).toBe("before after ");
  textOf(doc).insert(0, "and on ");
  await until(shown, "update", () => textOf(shown).length === 20);
  expect(textOf(shown).toJSON()).toBe(textOf(doc).toJSON());
});

test("the Y.Doc works on after an edit that was refused", async () => {
  const { urls } = await cluster();
  const space = client(urls, { limits }).space("s");
  const doc = await space.doc();
  let updateCount = 0;
  doc.on("update", () => {
    updateCount += 1;
  });

  expect(() =>
    doc.transact(() => {
      textOf(doc).insert(0, "x".repeat(20_000));
    }),
  ).toThrow("the limit is 10000");
  textOf(doc).insert(0, "y");

  expect(updateCount).toBe(2);
});

test("a document over the limit of its home is told, and heals when the text is removed", async () => {
  const { urls } = await cluster({ limits: { documentBytesMax: 10_000, batchBytesMax: 10_000 } });
  const [space, reader] = [client(urls).space("s"), client(urls).space("s")];
  const [doc, shown] = [await space.doc(), await reader.doc()];
  const errors = errorsOf(space);
  textOf(doc).insert(0, "before ");
  await space.settled("all");

  textOf(doc).insert(7, "x".repeat(20_000));
  await expect(space.settled("relay")).rejects.toMatchObject({ code: "TOO_LARGE" });
  textOf(doc).insert(7, "after ");
  expect(space.status.error).toMatchObject({ code: "TOO_LARGE" });

  textOf(doc).delete(13, 20_000);
  await isClear(space);
  await space.settled("all");
  await until(shown, "update", () => textOf(shown).length === 13);
  expect(textOf(shown).toJSON()).toBe("before after ");
  expect(errors).toHaveLength(1);
});

test("a full outbox is told, and what did not fit is sent when there is room", async () => {
  const { urls, relays } = await cluster();
  await relays[0]!.stop();
  const space = client(urls, { limits: { outboxBytesMax: 5000 } }).space("s");
  const doc = await space.doc();
  textOf(doc).insert(0, "x".repeat(4000));
  await space.settled("local");
  textOf(doc).insert(0, "y".repeat(4000));
  await expect(space.settled("local")).rejects.toMatchObject({ code: "OUTBOX_FULL" });

  await relays[0]!.start();
  await isClear(space);
  await space.settled("all");
  const reader = client(urls).space("s");
  await reader.whenSynced();

  expect(textOf(await reader.doc()).length).toBe(8000);
});

test("a document that has another type at its home is told", async () => {
  const { urls, relays } = await cluster();
  const space = client(urls).space("s");
  const doc = await space.doc("likes");
  await space.whenSynced();
  relays[0]!.admit("s", { document: "likes", type: "counter", payload: Uint8Array.of(1) });
  await until(space, "error", () => true);

  textOf(doc).insert(0, "x");

  await expect(space.settled("relay")).rejects.toMatchObject({ code: "TYPE_MISMATCH" });
  expect(space.status.error).toMatchObject({ code: "TYPE_MISMATCH" });
});
