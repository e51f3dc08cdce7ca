/** An author gets its own update back once it is at a quorum, and never before: clients of version 4 take that for "saved". */
import { createEncoder, toUint8Array, writeUint8Array, writeVarUint } from "lib0/encoding";
import { expect, test } from "vitest";
import * as Y from "yjs";
import { updateFrame } from "../../packages/relay/src/stock/stock-frames.ts";
import { createMemoryHomes } from "./memory-homes.ts";
import { patience, type RawClient, settle, startStockServer, until } from "./stock-server.ts";

const updateOf = (text: string): Uint8Array => {
  const doc = new Y.Doc();
  doc.getText("body").insert(0, text);
  return Y.encodeStateAsUpdate(doc);
};

const stateVector = (bytes: readonly number[]): Uint8Array => {
  const encoder = createEncoder();
  writeVarUint(encoder, 0);
  writeVarUint(encoder, 0);
  writeVarUint(encoder, bytes.length);
  writeUint8Array(encoder, Uint8Array.from(bytes));
  return toUint8Array(encoder);
};

const step1 = stateVector([0]);

const has = (client: RawClient, frame: Uint8Array): boolean =>
  client.frames.some((one) => Buffer.compare(one, frame) === 0);

const isAnswered = (client: RawClient): boolean =>
  client.frames.some(([type, step]) => type === 0 && step === 1);

test("with one home the author gets its bytes back", async () => {
  await using server = await startStockServer();
  const ann = await server.raw("notes");
  ann.send(step1);
  await until(() => isAnswered(ann));
  const frame = updateFrame(updateOf("saved"));

  ann.send(frame);

  await expect.poll(() => has(ann, frame), patience).toBe(true);
});

test("others get an update that is at one home of three, and its author gets it when a second has it", async () => {
  const homes = createMemoryHomes({ homeCount: 3, isLinked: false });
  await using server = await startStockServer({ homes });
  const ann = await server.raw("notes");
  const ben = await server.raw("notes");
  ann.send(step1);
  ben.send(step1);
  await until(() => isAnswered(ann) && isAnswered(ben));
  const frame = updateFrame(updateOf("at one of three"));

  ann.send(frame);
  await until(() => has(ben, frame));
  await settle();
  expect(has(ann, frame)).toBe(false);
  homes.setLinked(true);

  await until(() => has(ann, frame));
});

test("an author that has reconnected gets its update back on the new connection", async () => {
  const homes = createMemoryHomes({ homeCount: 3, isLinked: false });
  await using server = await startStockServer({ homes });
  const ann = await server.raw("notes");
  ann.send(step1);
  await until(() => isAnswered(ann));
  const frame = updateFrame(updateOf("not yet"));
  ann.send(frame);
  await settle(50);
  ann.socket.terminate();
  await settle(50);
  const again = await server.raw("notes");
  again.send(step1);
  await until(() => isAnswered(again));
  expect(has(again, frame)).toBe(false);

  homes.setLinked(true);

  await until(() => has(again, frame));
});

test("a room without clients stays until its changes are at a quorum, then ends", async () => {
  const homes = createMemoryHomes({ homeCount: 3, isLinked: false });
  await using server = await startStockServer({ homes });
  const ann = await server.raw("notes");
  ann.send(step1);
  await until(() => isAnswered(ann));
  ann.send(updateFrame(updateOf("not yet")));
  await settle(50);
  ann.socket.terminate();
  await settle();
  expect(server.rooms.roomCount).toBe(1);

  homes.setLinked(true);

  await until(() => server.rooms.roomCount === 0);
});

test("a room whose changes never reach a quorum ends all the same", async () => {
  const homes = createMemoryHomes({ homeCount: 3, isLinked: false });
  await using server = await startStockServer({ homes, limits: { lingerMs: 100 } });
  const ann = await server.raw("notes");
  ann.send(step1);
  await until(() => isAnswered(ann));
  ann.send(updateFrame(updateOf("never")));
  await settle(50);

  ann.socket.terminate();

  await expect.poll(() => server.rooms.roomCount, patience).toBe(0);
});

test("a change beyond the limit closes its author's connection for good, and nobody else's", async () => {
  await using server = await startStockServer({ limits: { batchBytesMax: 1000 } });
  const ann = await server.raw("notes");
  const ben = await server.raw("notes");
  ann.send(step1);
  ben.send(step1);
  await until(() => isAnswered(ann) && isAnswered(ben));

  ann.send(updateFrame(updateOf("x".repeat(2000))));

  const { code, reason } = await ann.closed;
  expect(code).toBe(4413);
  expect(reason).toMatch(/^TOO_LARGE: /u);
  const frame = updateFrame(updateOf("small"));
  ben.send(frame);
  await until(() => has(ben, frame));
});
