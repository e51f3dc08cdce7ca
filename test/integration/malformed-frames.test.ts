/** Nonsense on the wire ends one connection at most; the relay goes on. */
import { once } from "node:events";
import {
  createLinkWriter,
  createSpaceWriter,
  greetFrame,
  type SpaceMessage,
  SUBPROTOCOL,
  WIRE_VERSION,
} from "@syncline/gossip";
import { seededRandom } from "@syncline/machine";
import { connect } from "syncline";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import * as Y from "yjs";
import { type Cluster, startCluster } from "./relay-process.ts";

let cluster: Cluster;
let url: string;

beforeAll(async () => {
  cluster = await startCluster(1, ["--log-level", "silent"]);
  url = cluster.relays[0]?.url ?? "";
});

afterAll(() => cluster.close());

const greeting = greetFrame({
  version: WIRE_VERSION,
  role: "edge",
  home: "",
  incarnation: null,
  token: "",
});

const update = (): Uint8Array => {
  const doc = new Y.Doc();
  doc.getText("body").insert(0, "a valid update");
  return Y.encodeStateAsUpdate(doc);
};

const messages: readonly SpaceMessage[] = [
  { kind: "join", edge: "00112233445566aa", vector: new Map([["0123456789abcdef", 7]]) },
  { kind: "submit", firstNumber: 1, batches: [{ document: "d", type: "yjs", payload: update() }] },
  {
    kind: "carry",
    batches: [
      {
        incarnation: "0123456789abcdef",
        number: 9,
        batch: { document: "d", type: "yjs", payload: update() },
      },
    ],
  },
  { kind: "presence", key: 5, bytes: Uint8Array.of(1, 5, 1, 2, 123, 125) },
];

/** Good frames of an edge's session, and every way to spoil them by a byte or a bit. */
const nativeCorpus = (): readonly Uint8Array[] => {
  const writer = createLinkWriter();
  const space = createSpaceWriter("corpus", 1);
  const frames = messages.map((message) => writer.message(space, message));
  const whole = Buffer.concat([greeting, ...frames]);
  const spoiled: Uint8Array[] = [
    new Uint8Array(),
    Uint8Array.of(99),
    Buffer.alloc(11, 0x80),
    Buffer.concat([whole, Buffer.from("tail")]),
  ];
  for (let length = 1; length < whole.length; length += 1) spoiled.push(whole.subarray(0, length));
  for (let bit = 0; bit < whole.length * 8; bit += 1) {
    const copy = Uint8Array.from(whole);
    copy[bit >>> 3] = (copy[bit >>> 3] ?? 0) ^ (1 << (bit & 7));
    spoiled.push(copy);
  }
  for (const count of [
    [0xff, 0xff, 0xff, 0xff, 0x0f],
    [0x80, 0x80, 0x80, 0x80, 0x80, 0x10],
  ]) {
    spoiled.push(
      Buffer.concat([greeting, frames[0] ?? greeting, Uint8Array.of(17, 1, 1, ...count)]),
    );
  }
  return spoiled;
};

/** The same for the y-websocket wire: sync steps, an update, awareness, a query. */
const stockCorpus = (): readonly Uint8Array[] => {
  const good = [
    Uint8Array.of(0, 0, 1, 0),
    Uint8Array.of(0, 2, update().length, ...update()),
    Uint8Array.of(0, 1, 2, 0, 0),
    Uint8Array.of(1, 6, 1, 5, 1, 2, 123, 125),
    Uint8Array.of(3),
  ];
  const spoiled: Uint8Array[] = [
    new Uint8Array(),
    Uint8Array.of(77, 1, 2),
    Uint8Array.of(0, 0, 5, 0x80, 0x80, 0x80, 0x80, 0x0f),
  ];
  // The update that makes an unguarded decoder allocate by a count from the wire.
  spoiled.push(
    Uint8Array.from(
      Buffer.from("00021c00010000000001000100010200001602000001fdffffffff7f0000", "hex"),
    ),
  );
  for (const frame of good) {
    for (let length = 0; length < frame.length; length += 1) {
      spoiled.push(frame.subarray(0, length));
    }
    for (let bit = 0; bit < frame.length * 8; bit += 1) {
      const copy = Uint8Array.from(frame);
      copy[bit >>> 3] = (copy[bit >>> 3] ?? 0) ^ (1 << (bit & 7));
      spoiled.push(copy);
    }
  }
  return spoiled;
};

/** Sends a frame on a connection of its own and waits until the relay closed it, or answered a ping: then it was taken or dropped. */
const send = async (
  path: string,
  protocol: string | undefined,
  frame: Uint8Array | string,
): Promise<number | null> => {
  const socket = new WebSocket(`${url}${path}`, protocol === undefined ? [] : [protocol]);
  await once(socket, "open");
  const ended = new Promise<number | null>((resolve) => {
    socket.once("close", resolve);
    socket.once("pong", () => resolve(null));
  });
  socket.send(frame);
  socket.ping();
  const code = await ended;
  socket.terminate();
  return code;
};

const sendAll = async (
  path: string,
  protocol: string | undefined,
  frames: readonly (Uint8Array | string)[],
): Promise<Map<number | null, number>> => {
  const counts = new Map<number | null, number>();
  const queue = [...frames];
  const work = async (): Promise<void> => {
    for (let frame = queue.pop(); frame !== undefined; frame = queue.pop()) {
      const code = await send(path, protocol, frame);
      counts.set(code, (counts.get(code) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: 16 }, work));
  return counts;
};

const isWell = async (): Promise<void> => {
  const health = (await (await fetch(`${url.replace("ws:", "http:")}/health`)).json()) as {
    status: string;
  };
  expect(health.status).toBe("healthy");
  expect(cluster.relays[0]?.child?.exitCode).toBe(null);
  const client = connect(url);
  const space = client.space("still/works");
  (await space.doc()).getMap("m").set("k", Math.random());
  await space.settled("all", { timeoutMs: 10_000 });
  client.close();
};

test("each spoiled frame of the native wire ends its connection with a code or is taken; the relay goes on", async () => {
  const counts = await sendAll("/", SUBPROTOCOL, nativeCorpus());

  expect(
    [...counts.keys()].every(
      (code) => code === null || code === 4400 || code === 4403 || code === 4426 || code === 1012,
    ),
  ).toBe(true);
  expect(counts.get(4400)).toBeGreaterThan(100);
  await isWell();
}, 60_000);

test("each spoiled frame of the y-websocket wire ends its connection with a code or is dropped; the relay goes on", async () => {
  const counts = await sendAll("/stock-corpus", undefined, stockCorpus());

  expect([...counts.keys()].every((code) => code === null || (code >= 4400 && code < 4500))).toBe(
    true,
  );
  await isWell();
}, 60_000);

test("random bytes likewise, on both wires", async () => {
  const random = seededRandom(3);
  const frames = Array.from({ length: 400 }, () => random.bytes(random.integer(0, 200)));

  await sendAll(
    "/",
    SUBPROTOCOL,
    frames.map((frame) => Buffer.concat([greeting, frame])),
  );
  const counts = await sendAll("/random", undefined, frames);

  expect([...counts.values()].reduce((sum, count) => sum + count, 0)).toBe(frames.length);
  await isWell();
}, 60_000);

test("a text frame, an oversized frame, an unknown version and a stranger that calls itself a relay get a close code", async () => {
  const version = greetFrame({ version: 2, role: "edge", home: "", incarnation: null, token: "" });
  const stranger = greetFrame({
    version: 1,
    role: "home",
    home: "z",
    incarnation: "0123456789abcdef",
    token: "",
  });

  expect(await send("/", SUBPROTOCOL, "text")).toBe(1003);
  expect(await send("/", SUBPROTOCOL, Buffer.alloc(16 * 1024 * 1024 + 1))).toBe(1009);
  expect(await send("/", SUBPROTOCOL, version)).toBe(4426);
  expect(await send("/", SUBPROTOCOL, stranger)).toBe(4403);
  await isWell();
}, 60_000);
