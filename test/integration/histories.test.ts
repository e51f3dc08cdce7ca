/** Real typing through three relay processes: the author and the readers are on different relays, a stock y-websocket provider among them. */
import { seededRandom } from "@syncline/machine";
import { connect } from "syncline";
import { afterEach, expect, test } from "vitest";
import { WebSocket } from "ws";
import { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";
import {
  breathe,
  type ConcurrentHistory,
  readHistory,
  type SequentialHistory,
  typePatches,
} from "./histories.ts";
import { type Cluster, startCluster } from "./relay-process.ts";
import { until } from "./until.ts";

let cluster: Cluster;
const ends: (() => void)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0)) end();
  await cluster.close();
});

/** How many edits are typed between two turns of the event loop: fast, but with batches, acknowledgements and echoes in between. */
const EDITS_PER_TURN = 40;

const openReplica = async (
  urls: string[],
  space: string,
): Promise<{ space: ReturnType<ReturnType<typeof connect>["space"]>; body: Y.Text }> => {
  const client = connect(urls);
  ends.push(() => client.close());
  const opened = client.space(space);
  const doc = await opened.doc("default");
  await opened.whenSynced();
  return { space: opened, body: doc.getText("body") };
};

const openStock = (url: string, room: string): Y.Text => {
  const doc = new Y.Doc();
  const provider = new WebsocketProvider(url, room, doc, {
    WebSocketPolyfill: WebSocket as never,
    disableBc: true,
  });
  ends.push(() => provider.destroy());
  return doc.getText("body");
};

test.each(["sveltecomponent", "automerge-paper"])(
  "%s ends in exactly its end content on every replica",
  async (name) => {
    const history = readHistory<SequentialHistory>(name);
    cluster = await startCluster(3);
    const author = await openReplica(cluster.urlsFrom(0), name);
    const second = await openReplica(cluster.urlsFrom(1), name);
    const third = await openReplica(cluster.urlsFrom(2), name);
    const stock = openStock(cluster.relays[1]?.url ?? "", name);

    author.body.insert(0, history.startContent);
    for (const [index, { patches }] of history.txns.entries()) {
      typePatches(author.body, patches);
      if (index % EDITS_PER_TURN === 0) await breathe();
    }
    await author.space.settled("all");
    const replicas = { second: second.body, third: third.body, stock };
    await until(() =>
      Object.values(replicas).every((body) => body.length === history.endContent.length),
    );

    expect(author.body.toString() === history.endContent).toBe(true);
    for (const body of Object.values(replicas)) {
      expect(body.toString() === history.endContent).toBe(true);
    }
    const late = await openReplica(cluster.urlsFrom(2), name);
    expect(late.body.toString() === history.endContent).toBe(true);
  },
  600_000,
);

test("a history ends in exactly its end content though each relay is killed five times while it is typed", async () => {
  const name = "sveltecomponent";
  const history = readHistory<SequentialHistory>(name);
  const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 1_000_000));
  console.log(`kill -9 while a history is typed: seed ${seed}`);
  const random = seededRandom(seed);
  cluster = await startCluster(3);
  const author = await openReplica(cluster.urlsFrom(0), name);
  const reader = await openReplica(cluster.urlsFrom(1), name);
  const stock = openStock(cluster.relays[2]?.url ?? "", name);
  const victims = cluster.relays.flatMap((relay) => Array.from({ length: 5 }, () => relay));
  let isKilling = true;
  const killing = (async () => {
    for (const relay of victims) {
      await pause(random.integer(10, 200));
      await relay.kill();
      await pause(random.integer(0, 100));
      await relay.start();
    }
    isKilling = false;
  })();

  author.body.insert(0, history.startContent);
  let typedCount = 0;
  for (const { patches } of history.txns) {
    typePatches(author.body, patches);
    typedCount += 1;
    // Slowly while relays die, so that they do so in the middle of it.
    const isInTheMiddle = isKilling && typedCount < history.txns.length - 100;
    if (isInTheMiddle) await pause(typedCount % 20 === 0 ? 10 : 0);
  }
  await killing;
  await author.space.settled("all");
  await until(() =>
    [reader.body, stock].every((body) => body.length === history.endContent.length),
  );

  for (const body of [author.body, reader.body, stock]) {
    expect(body.toString() === history.endContent).toBe(true);
  }
}, 300_000);

test("friendsforever: two people type at once on two relays, and all replicas end equal", async () => {
  const history = readHistory<ConcurrentHistory>("friendsforever");
  cluster = await startCluster(3);
  const name = "friendsforever";
  const agents = await Promise.all(
    Array.from({ length: history.numAgents }, (_, index) =>
      openReplica(cluster.urlsFrom(index), name),
    ),
  );
  const reader = await openReplica(cluster.urlsFrom(2), name);
  const stock = openStock(cluster.relays[2]?.url ?? "", name);

  // Each agent types its own edits at its own pace; what the other typed meanwhile arrives when it does.
  await Promise.all(
    agents.map(async ({ body }, agent) => {
      let count = 0;
      for (const txn of history.txns) {
        if (txn.agent !== agent) continue;
        typePatches(body, txn.patches);
        count += 1;
        if (count % EDITS_PER_TURN === 0) await breathe();
      }
    }),
  );
  await Promise.all(agents.map(({ space }) => space.settled("all")));
  const bodies = [...agents.map(({ body }) => body), reader.body, stock];
  await until(() => new Set(bodies.map((body) => body.toString())).size === 1);

  const [text = ""] = bodies.map((body) => body.toString());
  expect(text.length).toBeGreaterThan(1000);
  expect(reader.body.toString() === text).toBe(true);
  const late = await openReplica(cluster.urlsFrom(1), name);
  expect(late.body.toString() === text).toBe(true);
}, 300_000);

const pause = (delayMs: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, delayMs));
