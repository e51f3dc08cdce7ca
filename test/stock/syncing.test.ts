/** Real y-websocket clients share a document through a room. */
import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import { createMemoryHomes } from "./memory-homes.ts";
import { patience, settle, startStockServer, until } from "./stock-server.ts";

describe("two stock clients", () => {
  test("see each other's inserts", async () => {
    await using server = await startStockServer();
    const ann = server.client("notes");
    const ben = server.client("notes");
    await until(() => ann.provider.synced && ben.provider.synced);

    ann.text.insert(0, "question ");
    await until(() => ben.text.toJSON() === "question ");
    ben.text.insert(9, "reply");

    await expect.poll(() => ann.text.toJSON(), patience).toBe("question reply");
  });

  test("see each other's deletes", async () => {
    await using server = await startStockServer();
    const ann = server.client("notes");
    const ben = server.client("notes");
    ann.text.insert(0, "too much");
    await until(() => ben.text.toJSON() === "too much");

    ben.text.delete(0, 4);

    await expect.poll(() => ann.text.toJSON(), patience).toBe("much");
  });

  test("in different rooms see nothing of each other", async () => {
    await using server = await startStockServer();
    const ann = server.client("notes");
    const ben = server.client("other");
    await until(() => ann.provider.synced && ben.provider.synced);

    ann.text.insert(0, "secret");
    await settle();

    expect(ben.text.toJSON()).toBe("");
  });
});

test("what was written offline is uploaded on reconnect, deletes included", async () => {
  await using server = await startStockServer();
  const ann = server.client("notes");
  const ben = server.client("notes");
  ann.text.insert(0, "old text");
  await until(() => ben.text.toJSON() === "old text");
  ann.provider.disconnect();
  await settle(20);

  ann.text.insert(8, " and new");
  ann.text.delete(0, 4);
  ann.provider.connect();

  await expect.poll(() => ben.text.toJSON(), patience).toBe("text and new");
});

test("a late joiner gets everything, after the room was closed too", async () => {
  await using server = await startStockServer();
  const ann = server.client("notes");
  await until(() => ann.provider.synced);
  for (const word of ["one ", "two ", "three"]) ann.text.insert(ann.text.length, word);
  ann.text.delete(0, 4);
  await settle(50);
  ann.provider.disconnect();
  await until(() => server.rooms.roomCount === 0);

  const ben = server.client("notes");

  await until(() => ben.provider.synced);
  expect(ben.text.toJSON()).toBe("two three");
});

test("a document of 5 MB reaches the other client", async () => {
  await using server = await startStockServer();
  const ann = server.client("big");
  const ben = server.client("big");
  await until(() => ann.provider.synced && ben.provider.synced);
  const pasted = "0123456789abcdef".repeat(5 * 65_536);

  ann.text.insert(0, pasted);

  await until(() => ben.text.length === pasted.length);
  expect(ben.text.toJSON() === pasted).toBe(true);
});

test("a client is not synced before the room knows its home's content", async () => {
  const homes = createMemoryHomes();
  await using server = await startStockServer({ homes, limits: { syncWaitMs: 20 } });
  const ann = server.client("notes");
  await until(() => ann.provider.synced);
  ann.text.insert(0, "kept");
  await settle(50);
  ann.provider.disconnect();
  await until(() => server.rooms.roomCount === 0);
  homes.setReachable(false);
  const ben = server.client("notes");
  await settle();
  expect(ben.provider.synced).toBe(false);

  homes.setReachable(true);

  await until(() => ben.provider.synced);
  expect(ben.text.toJSON()).toBe("kept");
});

test("what is written while the home is away is passed on when it is back", async () => {
  await using server = await startStockServer({ limits: { syncWaitMs: 20 } });
  const ann = server.client("notes");
  const ben = server.client("notes");
  await until(() => ann.provider.synced && ben.provider.synced);
  server.homes.setReachable(false);

  ann.text.insert(0, "patience");
  await settle();
  expect(ben.text.toJSON()).toBe("");
  server.homes.setReachable(true);

  await until(() => ben.text.toJSON() === "patience");
});

test("a room's name is what stands in the URL, percent signs and all", async () => {
  await using server = await startStockServer();
  const ann = server.client("my room/ü");
  ann.provider.params = { token: "a b" };
  const ben = server.client("my%20room/%C3%BC");
  ann.text.insert(0, "same");

  await until(() => ben.text.toJSON() === "same");

  expect(server.homes.home("my%20room/%C3%BC").state.documents.has("default")).toBe(true);
  expect(server.rooms.roomCount).toBe(1);
});

test.each([
  ["", 4400],
  ["/", 4400],
  ["a//b", 4400],
  [`${"x".repeat(129)}`, 4400],
])("the room name %j is refused for good", async (name, code) => {
  await using server = await startStockServer();
  const raw = await server.raw(name);

  const end = await raw.closed;

  expect(end.code).toBe(code);
  expect(end.reason).toMatch(/^BAD_NAME: /u);
});

test("a large set of deletes is not stored again when its client comes back", async () => {
  await using server = await startStockServer();
  const ann = server.client("notes");
  await until(() => ann.provider.synced);
  ann.doc.transact(() => {
    for (let index = 0; index < 4000; index += 1) ann.text.insert(0, "ab");
  });
  ann.doc.transact(() => {
    for (let index = 0; index < 3800; index += 1) ann.text.delete(index, 1);
  });
  const ben = server.client("notes");
  await until(() => ben.text.toJSON() === ann.text.toJSON());
  expect(Y.encodeStateAsUpdate(ann.doc, Y.encodeStateVector(ann.doc)).length).toBeGreaterThan(7000);
  const countBefore = server.homes.submitted.length;

  for (let time = 0; time < 3; time += 1) {
    ben.provider.disconnect();
    await settle(20);
    ben.provider.connect();
    await until(() => ben.provider.synced);
    await settle(50);
  }
  ben.text.insert(0, "!");
  await until(() => ann.text.toJSON().startsWith("!"));

  expect(server.homes.submitted.length).toBe(countBefore + 1);
});
