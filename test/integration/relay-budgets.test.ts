/**
 * What one keystroke may cost a relay, in frames, bytes and flushes: of real sockets and a real disk, and without a word about time. The numbers are
 * a little above what it is, so that a few bytes or flushes more are noticed.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Relay, startRelay } from "@syncline/relay";
import { afterEach, expect, test } from "vitest";
import * as Y from "yjs";
import { type CountingClient, openNativeClient, openStockClient } from "./counting-client.ts";
import { readHistory, type SequentialHistory, typePatches } from "./histories.ts";
import { until } from "./until.ts";

const history = readHistory<SequentialHistory>("automerge-paper");

let folder = "";
let relay: Relay;
let clients: CountingClient[] = [];

afterEach(async () => {
  for (const client of clients) client.close();
  clients = [];
  await relay.close();
  rmSync(folder, { recursive: true, force: true });
});

const start = async (): Promise<void> => {
  folder = mkdtempSync(join(tmpdir(), "syncline-budgets-"));
  relay = await startRelay({ listen: "127.0.0.1:0", data: folder, logLevel: "silent" });
};

const wires = { native: openNativeClient, stock: openStockClient } as const;

const open = async (wire: keyof typeof wires, space: string): Promise<CountingClient> => {
  const client = await wires[wire](relay.url, space);
  clients.push(client);
  return client;
};

/** The first keystrokes of a real history, one update each, by an author with this client id. */
const keystrokes = (count: number, clientId: number): readonly Uint8Array[] => {
  const doc = new Y.Doc();
  doc.clientID = clientId;
  const updates: Uint8Array[] = [];
  doc.on("update", (update: Uint8Array) => updates.push(update));
  for (const { patches } of history.txns.slice(0, count)) {
    doc.transact(() => typePatches(doc.getText("body"), patches));
  }
  return updates;
};

const bytesOf = (updates: readonly Uint8Array[]): number =>
  updates.reduce((sum, { length }) => sum + length, 0);

/** A record of the log has whole blocks of these. */
const BLOCK_BYTES = 4096;

interface Author {
  readonly client: CountingClient;
  readonly updates: readonly Uint8Array[];
}

interface DiskUse {
  readonly flushes: number;
  readonly logBytes: number;
}

/** What the relay says that it has asked of its disk. */
const diskUse = async (): Promise<DiskUse> => {
  const answer = await fetch(`${relay.url.replace("ws:", "http:")}/health`);
  return ((await answer.json()) as { readonly disk: DiskUse }).disk;
};

/** Types, so many updates in one turn, the next when all of those are acknowledged. Returns what the disk was asked for meanwhile. */
const typeInGroups = async (authors: readonly Author[], groupSize: number): Promise<DiskUse> => {
  const before = await diskUse();
  const count = authors[0]?.updates.length ?? 0;
  for (let index = 0; index < count; index += groupSize) {
    for (const { client, updates } of authors) client.type(updates.slice(index, index + groupSize));
    const typedCount = Math.min(index + groupSize, count);
    await until(() => authors.every(({ client }) => client.acknowledgedCount >= typedCount));
  }
  const after = await diskUse();
  return {
    flushes: after.flushes - before.flushes,
    logBytes: after.logBytes - before.logBytes,
  };
};

const openMany = async (
  wire: keyof typeof wires,
  space: string,
  count: number,
): Promise<readonly CountingClient[]> => {
  const many: CountingClient[] = [];
  for (let index = 0; index < count; index += 1) many.push(await open(wire, space));
  for (const client of clients) client.reset();
  return many;
};

/** Everything that each of the readers has must be there before it is counted. */
const untilRead = (readers: readonly CountingClient[], count: number): Promise<void> =>
  until(() => readers.every(({ payloads }) => bytesOf(payloads) >= count));

test("on the native wire a reader gets one frame for each flush, 15 bytes around a keystroke, and its author 6", async () => {
  await start();
  const updates = keystrokes(1000, 1_234_567_890);
  const author = await open("native", "budgets");
  const readers = await openMany("native", "budgets", 10);

  const { flushes, logBytes } = await typeInGroups([{ client: author, updates }], 8);
  await untilRead(readers, bytesOf(updates));

  // 125 groups; now and then one is read in two parts. Some ten flushes are for the log's other file, which grows in pieces.
  expect(flushes).toBeLessThanOrEqual(145);
  expect(logBytes).toBeLessThanOrEqual(135 * BLOCK_BYTES);
  for (const reader of readers) {
    expect(reader.frameCount).toBeLessThanOrEqual(flushes);
    expect(reader.payloads).toHaveLength(1000);
    expect(reader.byteCount).toBeLessThanOrEqual(bytesOf(updates) + 1000 * 15);
  }
  expect(author.byteCount).toBeLessThanOrEqual(1000 * 6);
});

test("on the stock wire all get one frame for each flush, with fewer bytes than the keystrokes have", async () => {
  await start();
  const updates = keystrokes(1000, 1_234_567_890);
  const author = await open("stock", "budgets");
  const readers = await openMany("stock", "budgets", 10);

  const { flushes, logBytes } = await typeInGroups([{ client: author, updates }], 8);
  await untilRead(readers, 0.6 * bytesOf(updates));

  expect(flushes).toBeLessThanOrEqual(145);
  expect(logBytes).toBeLessThanOrEqual(135 * BLOCK_BYTES);
  for (const { frameCount, byteCount } of [author, ...readers]) {
    expect(frameCount).toBeLessThanOrEqual(flushes);
    expect(byteCount).toBeLessThanOrEqual(0.75 * bytesOf(updates));
  }
});

test("what several writers of a room send in one turn is one flush and one frame for each reader", async () => {
  await start();
  const authors: Author[] = [];
  for (let index = 0; index < 4; index += 1) {
    authors.push({ client: await open("native", "budgets"), updates: keystrokes(250, index + 1) });
  }
  const readers = await openMany("native", "budgets", 2);

  const { flushes } = await typeInGroups(authors, 2);
  await untilRead(
    readers,
    authors.reduce((sum, { updates }) => sum + bytesOf(updates), 0),
  );

  expect(flushes).toBeLessThanOrEqual(145);
  for (const { frameCount } of readers) expect(frameCount).toBeLessThanOrEqual(flushes);
});

test("1,000 updates in 50 rooms, one in flight in each, take one flush for each round", async () => {
  await start();
  const authors: Author[] = [];
  const updates = keystrokes(20, 1);
  for (let index = 0; index < 50; index += 1) {
    authors.push({ client: await open("native", `budgets-${index}`), updates });
  }

  const { flushes, logBytes } = await typeInGroups(authors, 1);

  expect(flushes).toBeLessThanOrEqual(26);
  // Each room has three rows of its own in each record: the entry, the author's number, the head.
  expect(logBytes).toBeLessThanOrEqual(1000 * 180);
});

test("in the log a keystroke has 51 bytes beside its update", async () => {
  await start();
  // Fewer than are compacted: that puts a second row into the log for each.
  const updates = keystrokes(900, 1_234_567_890);
  const author = await open("native", "budgets");

  const { flushes, logBytes } = await typeInGroups([{ client: author, updates }], 900);

  // Beside full blocks, each record has one that is full in part.
  expect(flushes).toBeLessThanOrEqual(8);
  expect(logBytes).toBeLessThanOrEqual(bytesOf(updates) + 900 * 51 + flushes * BLOCK_BYTES);
});
