/** A room in which nothing happens lets go of its document, and nobody notices. */
import { expect, test } from "vitest";
import * as Y from "yjs";
import { patience, settle, type StockServer, startStockServer, until } from "./stock-server.ts";

const start = (): Promise<StockServer> => startStockServer({ limits: { lookMs: 15 } });

/** Until the room has been looked at twice, and once more. */
const untilAtRest = (): Promise<void> => settle(100);

test("a newcomer gets what was typed before the room rested, and while it did", async () => {
  await using server = await start();
  const ann = server.client("notes");
  ann.text.insert(0, "before, ");
  await until(() => server.homes.submitted.length > 0);
  await untilAtRest();
  ann.text.insert(8, "meanwhile");
  await untilAtRest();
  const { openedCount } = server.homes;

  const ben = server.client("notes");

  await expect.poll(() => ben.text.toJSON(), patience).toBe("before, meanwhile");
  await until(() => ben.provider.synced);
  expect(server.homes.openedCount).toBe(openedCount + 1);
});

test("those who are there see each other's changes without the document being read", async () => {
  await using server = await start();
  const ann = server.client("notes");
  const ben = server.client("notes");
  ann.text.insert(0, "a");
  await until(() => ben.text.toJSON() === "a");
  await untilAtRest();
  const { openedCount } = server.homes;

  ben.text.insert(1, "b");
  await until(() => ann.text.toJSON() === "ab");
  await untilAtRest();
  ann.text.insert(2, "c");

  await expect.poll(() => ben.text.toJSON(), patience).toBe("abc");
  expect(server.homes.openedCount).toBe(openedCount);
});

test("who comes back uploads what they made offline, and nothing that is there", async () => {
  await using server = await start();
  const ann = server.client("notes");
  const ben = server.client("notes");
  ann.text.insert(0, "shared");
  await until(() => ben.text.toJSON() === "shared");
  ann.provider.disconnect();
  await untilAtRest();
  const submittedCount = server.homes.submitted.length;

  ann.provider.connect();
  await until(() => ann.provider.synced);
  await settle(30);
  expect(server.homes.submitted).toHaveLength(submittedCount);

  ann.provider.disconnect();
  ann.text.insert(6, ", and more");
  await untilAtRest();
  ann.provider.connect();
  await expect.poll(() => ben.text.toJSON(), patience).toBe("shared, and more");
});

test("who asks for a document that cannot be read is told to come again, and gets it then", async () => {
  await using server = await startStockServer({ limits: { lookMs: 15, readSilenceMs: 50 } });
  const ann = server.client("notes");
  ann.text.insert(0, "kept");
  await until(() => server.homes.submitted.length > 0);
  await untilAtRest();

  server.homes.setReachable(false);
  const asker = await server.raw("notes");
  asker.send(0, 0, 1, 0);
  const { code } = await asker.closed;
  server.homes.setReachable(true);

  expect(code).toBe(1013);
  const doc = new Y.Doc();
  server.client("notes", doc);
  await expect.poll(() => doc.getText("body").toJSON(), patience).toBe("kept");
});
