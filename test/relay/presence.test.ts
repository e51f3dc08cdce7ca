/** Presence in a large space, on real sockets: told together, and in the end as it is. */
import { incarnationOf } from "@syncline/clocks";
import {
  createLinkReader,
  createLinkWriter,
  createSpaceWriter,
  type EdgeMessage,
  greetFrame,
  SUBPROTOCOL,
  WIRE_VERSION,
} from "@syncline/gossip";
import { afterEach, expect, test } from "vitest";
import { WebSocket } from "ws";
import { createRelayCluster, type RelayCluster } from "./cluster.ts";
import { untilTrue } from "./wire-client.ts";

const CLIENT_COUNT = 100;
const MOVE_COUNT = 20;

let cluster: RelayCluster;
let clients: Client[] = [];
afterEach(async () => {
  for (const client of clients) client.close();
  clients = [];
  await cluster.close();
});

interface Client {
  readonly key: number;
  /** The state of each other client, by key. */
  readonly seen: ReadonlyMap<number, number>;
  /** An older state came after a newer one of the same key. */
  readonly wentBack: boolean;
  readonly wasWelcomed: boolean;
  /** Frames with presence in them. */
  readonly frameCount: number;
  show(state: number): void;
  close(): void;
}

const openClient = async (url: string, key: number): Promise<Client> => {
  const socket = new WebSocket(url, SUBPROTOCOL);
  const reader = createLinkReader(2);
  const writer = createLinkWriter();
  const space = createSpaceWriter("hall", 1);
  const seen = new Map<number, number>();
  const facts = { wentBack: false, wasWelcomed: false, frameCount: 0 };
  const take = (other: number, bytes: Uint8Array): void => {
    const [state] = bytes;
    if (state === undefined) return void seen.delete(other);
    if (state < (seen.get(other) ?? 0)) facts.wentBack = true;
    seen.set(other, state);
  };
  socket.on("message", (data: Buffer) => {
    const items = reader.read(new Uint8Array(data));
    if (items === null) throw new Error("a malformed frame");
    let hasPresence = false;
    for (const item of items) {
      if (item.kind !== "space") continue;
      if (item.message.kind === "welcome") facts.wasWelcomed = true;
      if (item.message.kind !== "presence") continue;
      hasPresence = true;
      take(item.message.key, item.message.bytes);
    }
    if (hasPresence) facts.frameCount += 1;
  });
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  const say = (message: EdgeMessage): void => socket.send(writer.message(space, message));
  const greeting = { version: WIRE_VERSION, home: "", incarnation: null, token: "" } as const;
  socket.send(greetFrame({ role: "edge", ...greeting }));
  const edge = incarnationOf(new TextEncoder().encode(String(key).padEnd(8)));
  say({ kind: "join", edge, vector: new Map() });
  return {
    key,
    seen,
    get wentBack() {
      return facts.wentBack;
    },
    get wasWelcomed() {
      return facts.wasWelcomed;
    },
    get frameCount() {
      return facts.frameCount;
    },
    show: (state) => say({ kind: "presence", key, bytes: Uint8Array.of(state) }),
    close: () => socket.close(),
  };
};

const openClients = async (urls: readonly string[]): Promise<void> => {
  for (let key = 1; key <= CLIENT_COUNT; key += 1) {
    clients.push(await openClient(urls[key % urls.length] ?? "", key));
  }
  await untilTrue(() => clients.every(({ wasWelcomed }) => wasWelcomed));
};

/** Each of these is here in this state, and nobody else, at everybody. */
const areAllSeen = (here: readonly Client[], state: number): boolean =>
  here.every(({ key, seen }) => {
    const others = here.filter((other) => other.key !== key);
    return seen.size === others.length && others.every((other) => seen.get(other.key) === state);
  });

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));

test("a hundred see each other's newest state, in few frames, and who has left is gone", async () => {
  cluster = await createRelayCluster(["a"]);
  await cluster.start("a");
  await openClients([cluster.urlOf("a")]);

  for (let move = 1; move <= MOVE_COUNT; move += 1) {
    for (const client of clients) client.show(move);
    await turn();
  }
  await untilTrue(() => areAllSeen(clients, MOVE_COUNT));
  const frameCount = clients.reduce((sum, client) => sum + client.frameCount, 0);
  const [leaving, staying] = [clients.slice(0, 50), clients.slice(50)];
  // The last word of those that leave is on its way when they do.
  for (const client of leaving) client.show(MOVE_COUNT + 1);
  for (const client of leaving) client.close();
  for (const client of staying) client.show(MOVE_COUNT + 2);
  await untilTrue(() => areAllSeen(staying, MOVE_COUNT + 2));

  const deliveryCount = CLIENT_COUNT * (CLIENT_COUNT - 1) * MOVE_COUNT;
  expect(frameCount).toBeLessThan(deliveryCount / 20);
  expect(clients.some(({ wentBack }) => wentBack)).toBe(false);
}, 60_000);

test("the same at two relays", async () => {
  cluster = await createRelayCluster(["a", "b"]);
  await Promise.all([cluster.start("a"), cluster.start("b")]);
  await openClients([cluster.urlOf("a"), cluster.urlOf("b")]);

  for (const state of [1, 2, 3]) for (const client of clients) client.show(state);
  await untilTrue(() => areAllSeen(clients, 3));
  const [leaving, staying] = [clients.slice(0, 50), clients.slice(50)];
  for (const client of leaving) client.close();
  await untilTrue(() => areAllSeen(staying, 3));

  expect(clients.some(({ wentBack }) => wentBack)).toBe(false);
}, 60_000);
