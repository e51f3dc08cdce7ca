/** Stock clients see who is there, in the room and elsewhere in the space. */
import { createEdge, type EdgeOutput, type EdgeProtocol } from "@syncline/gossip";
import { type Runtime, startRuntime } from "@syncline/machine";
import { describe, expect, test } from "vitest";
import { applyAwarenessUpdate, Awareness, encodeAwarenessUpdate } from "y-protocols/awareness";
import * as Y from "yjs";
import type { MemoryHomes } from "./memory-homes.ts";
import {
  patience,
  settle,
  startStockServer,
  type StockClient,
  type StockServer,
  until,
} from "./stock-server.ts";

/** A client that others can see: y-protocols takes no state at the clock 0, with which every client begins. */
const visible = (server: StockServer): StockClient => {
  const client = server.client("notes");
  client.provider.awareness.setLocalState({ name: "visible" });
  return client;
};

/** A client of another wire in the same space. */
const joinSpace = (homes: MemoryHomes, space: string) => {
  const outputs: EdgeOutput[] = [];
  const runtime: Runtime<EdgeProtocol> = startRuntime(createEdge("00000000000000aa"), [], {
    now: () => 0,
    append: (_records, done) => done(null),
    load: () => {},
    send: (_to, message) => link.send(message as Parameters<typeof link.send>[0]),
    deliver: (output) => outputs.push(output),
    wake: () => {},
    failed: (error) => {
      throw error;
    },
  });
  const link = homes.port.open(space, {
    message: (message) => runtime.received("home", message),
    closed: () => {},
  });
  runtime.submitted({ kind: "connected" });
  return { runtime, link, outputs };
};

describe("two stock clients", () => {
  test("see each other's states", async () => {
    await using server = await startStockServer();
    const ann = visible(server);
    const ben = server.client("notes");

    ann.provider.awareness.setLocalStateField("user", { name: "Ann" });

    const seen = () => ben.provider.awareness.getStates().get(ann.doc.clientID)?.["user"];
    await until(() => seen() !== undefined);
    expect(seen()).toEqual({ name: "Ann" });
  });

  test("see it when the other closes", async () => {
    await using server = await startStockServer();
    const ann = visible(server);
    const ben = server.client("notes");
    await until(() => ben.provider.awareness.getStates().has(ann.doc.clientID));

    ann.provider.destroy();

    await expect
      .poll(() => ben.provider.awareness.getStates().has(ann.doc.clientID), patience)
      .toBe(false);
  });

  test("see it when the other's connection breaks", async () => {
    await using server = await startStockServer();
    const ann = visible(server);
    const ben = server.client("notes");
    await until(() => ben.provider.awareness.getStates().has(ann.doc.clientID));
    ann.provider.shouldConnect = false;

    (ann.provider.ws as unknown as { terminate(): void }).terminate();

    await expect
      .poll(() => ben.provider.awareness.getStates().has(ann.doc.clientID), patience)
      .toBe(false);
  });

  test("see each other again at once after a broken connection", async () => {
    await using server = await startStockServer();
    const ann = visible(server);
    const ben = server.client("notes");
    await until(() => ben.provider.awareness.getStates().has(ann.doc.clientID));

    (ann.provider.ws as unknown as { terminate(): void }).terminate();
    await until(() => !ben.provider.awareness.getStates().has(ann.doc.clientID));

    await expect
      .poll(() => ben.provider.awareness.getStates().has(ann.doc.clientID), patience)
      .toBe(true);
  });
});

test("a late joiner sees who is there", async () => {
  await using server = await startStockServer();
  const ann = visible(server);
  await until(() => ann.provider.synced);
  await settle(50);

  const ben = server.client("notes");

  await expect
    .poll(() => ben.provider.awareness.getStates().has(ann.doc.clientID), patience)
    .toBe(true);
});

test("a client of another wire sees stock clients come and go", async () => {
  await using server = await startStockServer();
  const other = joinSpace(server.homes, "notes");
  const ann = visible(server);
  const isPresence = (output: EdgeOutput): output is Extract<EdgeOutput, { kind: "presence" }> =>
    output.kind === "presence" && output.key === ann.doc.clientID;
  await until(() => other.outputs.some((output) => isPresence(output) && output.bytes.length > 0));
  const awareness = new Awareness(new Y.Doc());
  const shown = other.outputs.find(isPresence)!;
  applyAwarenessUpdate(awareness, shown.bytes, null);
  expect(awareness.getStates().has(ann.doc.clientID)).toBe(true);
  awareness.destroy();

  ann.provider.destroy();

  await until(() =>
    other.outputs.some((output) => isPresence(output) && output.bytes.length === 0),
  );
});

test("stock clients see a client of another wire come and go", async () => {
  await using server = await startStockServer();
  const ann = visible(server);
  await until(() => ann.provider.synced);
  const other = joinSpace(server.homes, "notes");
  const awareness = new Awareness(new Y.Doc());
  awareness.setLocalState({ name: "Native" });
  const key = awareness.clientID;
  const bytes = encodeAwarenessUpdate(awareness, [key]);
  awareness.destroy();
  await until(() => other.outputs.some(({ kind }) => kind === "synced"));

  other.runtime.submitted({ kind: "presence", key, bytes });
  await until(() => ann.provider.awareness.getStates().get(key)?.["name"] === "Native");
  other.link.close();

  await expect.poll(() => ann.provider.awareness.getStates().has(key), patience).toBe(false);
});
