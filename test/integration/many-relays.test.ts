/** More relays than homes: three of five keep a space, and the others pass their clients' streams on. */
import { homesOf } from "@syncline/quorum";
import { connect } from "syncline";
import { afterEach, expect, test } from "vitest";
import { WebSocket } from "ws";
import { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";
import { type Cluster, startCluster } from "./relay-process.ts";
import { until } from "./until.ts";

let cluster: Cluster;
const ends: (() => void)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0)) end();
  await cluster.close();
});

test("clients at any relay share a space that three of the five keep, also while one of those is down", async () => {
  cluster = await startCluster(5);
  const name = "many-relays";
  const ids = cluster.relays.map((relay) => relay.id);
  const homes = homesOf(name, ids, 3);
  const people = await Promise.all(
    cluster.relays.map(async (relay) => {
      const client = connect(relay.url);
      ends.push(() => client.close());
      const space = client.space(name);
      return { id: relay.id, space, text: (await space.doc()).getText("body") };
    }),
  );
  const stranger = cluster.relays.find(({ id }) => !homes.includes(id));
  const doc = new Y.Doc();
  const stock = new WebsocketProvider(stranger?.url ?? "", name, doc, {
    WebSocketPolyfill: WebSocket as never,
    disableBc: true,
  });
  ends.push(() => stock.destroy());

  for (const { id, text } of people) text.insert(0, id);
  await Promise.all(people.map(({ space }) => space.settled("all", { timeoutMs: 20_000 })));
  await until(
    () => people.every(({ text }) => text.length === 5) && doc.getText("body").length === 5,
  );
  const kept = await Promise.all(
    cluster.relays.map(async ({ id, url }) => {
      const answer = await fetch(`${url.replace("ws:", "http:")}/status?space=${name}`);
      return ((await answer.json()) as { space: unknown }).space === null ? [] : [id];
    }),
  );
  expect(kept.flat().toSorted()).toEqual([...homes].toSorted());
  expect(people[0]?.space.status.homeCount).toBe(3);

  await cluster.relays.find(({ id }) => id === homes[0])?.kill();
  const alive = people.filter(({ id }) => id !== homes[0]);
  for (const { text } of alive) text.insert(0, "x");
  await Promise.all(alive.map(({ space }) => space.settled("quorum", { timeoutMs: 20_000 })));
  await until(
    () => alive.every(({ text }) => text.length === 9) && doc.getText("body").length === 9,
  );

  expect(
    new Set([...alive.map(({ text }) => text.toString()), doc.getText("body").toString()]).size,
  ).toBe(1);
}, 90_000);
