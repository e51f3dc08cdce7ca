/** Replicas that are gone are retired at three relay processes, of which one after the other is killed meanwhile: nothing is counted twice, and nothing is lost. */
import { awSet, decodePayload, foldsAtOnce, joinPayloads, pnCounter } from "@syncline/crdt";
import { type HomeRow, rangeOfQuery, answerOfRow } from "@syncline/gossip";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Client, connect } from "syncline";
import { fileReplicas } from "syncline/node";
import { openLmdbStore } from "@syncline/storage/lmdb";
import { afterEach, expect, test } from "vitest";
import { openDirectory, recordsPrefix } from "../../packages/relay/src/directory.ts";
import { type Cluster, type RelayProcess, startCluster } from "./relay-process.ts";
import { until } from "./until.ts";

let cluster: Cluster | null = null;
const clients: Client[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await cluster?.close();
});

const name = "values/retired";

const open = async (urls: string | readonly string[], profile?: string) => {
  const replicas = profile === undefined ? {} : { replicas: fileReplicas(profile) };
  const client = connect(urls, { baseMs: 20, capMs: 200, ...replicas });
  clients.push(client);
  const space = client.space(name);
  const errors: string[] = [];
  space.on("error", ({ code }) => errors.push(code));
  const likes = await space.value("likes", pnCounter);
  const tags = await space.value("tags", awSet);
  return { client, space, likes, tags, errors };
};

/** What a relay that is down has on its disk of a value that was compacted: its merged states. */
const statesOf = async (relay: RelayProcess, document: string): Promise<readonly Uint8Array[]> => {
  const store = await openLmdbStore(relay.dataDirectory);
  const directory = await openDirectory(store, store.isCopy);
  const number = await directory.numberOf(name);
  const prefix = recordsPrefix(number ?? 0);
  const range = rangeOfQuery(prefix, { kind: "states", document });
  const rows = await store.range({ ...range, rowsMax: 100, bytesMax: 2 ** 30 });
  await store.close();
  return rows
    .map(({ key, value }): HomeRow => answerOfRow(prefix, key, value))
    .flatMap((row) => (row.kind === "state" ? [row.state.payload] : []));
};

/** Counts once, and adds one tag, in each of some tabs that are closed then. */
const useTabs = async (from: number, to: number): Promise<void> => {
  for (let at = from; at < to; at += 20) {
    const indexes = Array.from({ length: Math.min(20, to - at) }, (_, index) => at + index);
    await Promise.all(
      indexes.map(async (index) => {
        const tab = await open(cluster!.urlsFrom(index % 3));
        tab.likes.increment();
        tab.tags.add(index);
        await tab.space.settled("quorum");
        tab.client.close();
      }),
    );
  }
};

test("tabs become one entry at every relay, with each of them killed in between, and a device that was away brings all it did", async () => {
  cluster = await startCluster(3);
  const { relays, directory } = cluster;
  const away = await open(cluster.urlsFrom(1), join(directory, "away"));
  away.likes.increment(1000);
  away.tags.add("away");
  await away.space.settled("all");
  away.space.disconnect();
  away.likes.increment(500);
  away.tags.remove("away");
  away.tags.add("offline");

  await useTabs(0, 24);
  const here = await open(cluster.urlsFrom(2));
  await here.space.whenSynced();
  await until(() => here.likes.value === 1024);
  const ids = here.likes.replicas().map(({ replica }) => replica);
  expect(ids.length).toBe(25);
  for (const value of [here.likes, here.tags]) {
    const retiring = value.retire(ids, { timeoutMs: 60_000 });
    for (const relay of relays) {
      await relay.kill();
      here.likes.increment();
      await relay.start();
    }
    await retiring;
  }
  expect(here.likes.value).toBe(1030);
  expect(pnCounter.stats(here.likes.state).actors).toBe(2);
  expect(awSet.stats(here.tags.state).actors).toBe(1);

  away.space.connect();
  await away.space.settled("all", { timeoutMs: 60_000 });
  await here.space.settled("all", { timeoutMs: 60_000 });
  await until(() => here.likes.value === 1530);
  expect(away.likes.value).toBe(1530);
  expect(away.errors).toEqual(["RETIRED", "RETIRED"]);
  const tags = new Set<number | string>(Array.from({ length: 24 }, (_, index) => index));
  expect(here.tags.value).toEqual(tags.add("offline"));
}, 180_000);

test("what is kept of two hundred tabs goes from every relay's disk", async () => {
  cluster = await startCluster(3);
  await useTabs(0, 200);
  const here = await open(cluster.urlsFrom(2));
  await here.space.whenSynced();
  await until(() => here.likes.value === 200);
  const before = here.likes.replicas().reduce((sum, { byteCount }) => sum + byteCount, 0);

  const ids = here.likes.replicas().map(({ replica }) => replica);
  await here.likes.retire(ids, { timeoutMs: 60_000 });
  await here.space.settled("all");
  // A home merges when it has heard that all have everything, which may be half a second later.
  await delay(3_000);
  for (const client of clients.splice(0)) client.close();
  await Promise.all(cluster.relays.map((relay) => relay.end()));

  for (const relay of cluster.relays) {
    const payload = joinPayloads(pnCounter.name, await statesOf(relay, "likes"))!;
    const { state, heads, fences } = decodePayload(pnCounter, payload)!;
    expect(pnCounter.value(state)).toBe(200);
    // The last folds may not be merged yet when the relay ends.
    expect(fences.epoch).toBeGreaterThanOrEqual(200 - 3 * foldsAtOnce);
    expect(heads.size).toBe(200 - fences.epoch);
    expect(pnCounter.encode(state).length).toBeLessThan(20 + 12 * heads.size);
    expect(payload.length).toBeLessThan(5000);
  }
  expect(before).toBeGreaterThan(5000);
}, 180_000);
