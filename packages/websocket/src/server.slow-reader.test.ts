/** Peers that read slowly, or not at all. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { createMailbox, type Mailbox } from "../test/mailbox.ts";
import { closeCodeIn, opcode, openRawPeer, type RawPeer } from "../test/raw-peer.ts";
import { type Connection, listen, type ListenOptions } from "./server.ts";

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

const frameBytes = 64 * 1024;
const highWaterBytes = 1024 * 1024;

interface Pair {
  readonly peer: RawPeer;
  readonly connection: Connection;
  readonly events: Mailbox<string>;
  /** What the events have been so far, whoever has read them. */
  readonly past: readonly string[];
}

/** A connection to a peer that has stopped reading. */
const openPausedPair = async (options: Partial<ListenOptions> = {}): Promise<Pair> => {
  const events = createMailbox<string>();
  const past: string[] = [];
  const note = (event: string): void => {
    past.push(event);
    events.put(event);
  };
  const connections = createMailbox<Connection>();
  const server = await listen({
    host: "127.0.0.1",
    port: 0,
    protocols: [],
    closeGraceMs: 100,
    accept: (connection) => {
      connections.put(connection);
      return {
        frame: () => {},
        congested: () => note("congested"),
        drained: () => note("drained"),
        closed: (code) => note(`closed ${code}`),
      };
    },
    ...options,
  });
  cleanups.push(() => server.close());
  const peer = await openRawPeer(server.port);
  cleanups.push(() => peer.socket.destroy());
  peer.socket.pause();
  return { peer, connection: await connections.next(), events, past };
};

/** Sends frames until the connection says that it is congested: the system's own buffers take several megabytes before. */
const fill = async ({ connection, past }: Pair): Promise<number> => {
  const frame = new Uint8Array(frameBytes);
  let frameCount = 0;
  while (past.length === 0) {
    connection.send(frame);
    frameCount += 1;
    await nextTurn();
  }
  return frameCount;
};

test("a reader that stops makes the connection congested, and drained when it reads on", async () => {
  const pair = await openPausedPair();

  const frameCount = await fill(pair);
  const bufferedBytes = pair.connection.bufferedBytes;
  pair.peer.socket.resume();

  expect(await pair.events.next()).toBe("congested");
  expect(bufferedBytes).toBeGreaterThan(highWaterBytes);
  expect(bufferedBytes).toBeLessThan(highWaterBytes + 2 * frameBytes);
  expect(await pair.events.next()).toBe("drained");
  for (let index = 0; index < frameCount; index += 1) {
    expect((await pair.peer.frames.next()).payload.length).toBe(frameBytes);
  }
  expect(pair.connection.bufferedBytes).toBe(0);
});

test("congestion that accept itself brought about is told too", async () => {
  const events = createMailbox<string>();
  const server = await listen({
    host: "127.0.0.1",
    port: 0,
    protocols: [],
    accept: (connection) => {
      connection.send(new Uint8Array(4 * highWaterBytes));
      return {
        frame: () => {},
        congested: () => events.put("congested"),
        drained: () => events.put("drained"),
        closed: () => {},
      };
    },
  });
  cleanups.push(() => server.close());

  const peer = await openRawPeer(server.port);
  cleanups.push(() => peer.socket.destroy());

  expect(await events.next()).toBe("congested");
  expect(await events.next()).toBe("drained");
});

test("a reader that stays stopped is closed with 1013", async () => {
  const pair = await openPausedPair({ stuckMs: 50 });

  await fill(pair);

  expect(await pair.events.next()).toBe("congested");
  expect(await pair.events.next()).toBe("closed 1013");
  expect(pair.connection.bufferedBytes).toBe(0);
});

test("a sender that goes on all the same is closed with 1013, its buffer bounded", async () => {
  const stuckBytes = 2 * highWaterBytes;
  const pair = await openPausedPair({ stuckBytes });
  const frame = new Uint8Array(frameBytes);
  let bufferedBytesMax = 0;

  while (!pair.past.includes("closed 1013")) {
    pair.connection.send(frame);
    bufferedBytesMax = Math.max(bufferedBytesMax, pair.connection.bufferedBytes);
    await nextTurn();
  }

  // Beyond the limit: one frame, and the pieces that the system has been given.
  expect(bufferedBytesMax).toBeLessThan(stuckBytes + 2 * frameBytes + 512 * 1024);
});

test("a closing code overtakes what a stuck reader never took", async () => {
  const pair = await openPausedPair({ stuckMs: 50, closeGraceMs: 60_000 });
  await fill(pair);
  const bytesBefore = pair.connection.bufferedBytes;
  while (pair.connection.bufferedBytes > bytesBefore / 2) await nextTurn();

  pair.peer.socket.resume();
  let frame = await pair.peer.frames.next();
  while (frame.opcode !== opcode.close) frame = await pair.peer.frames.next();
  pair.peer.socket.end();

  expect(closeCodeIn(frame)).toBe(1013);
});

test("a close waits for a reader that does not read no longer than the grace time", async () => {
  const pair = await openPausedPair({ stuckMs: 60_000 });
  await fill(pair);

  pair.connection.close(4000, "");

  expect(await pair.events.next()).toBe("congested");
  expect(await pair.events.next()).toBe("closed 4000");
  pair.peer.socket.resume();
  await pair.peer.ended;
});

test("a slow reader gets a document of 16 MiB whole, though it takes several times the limit for stuck ones", async () => {
  const pair = await openPausedPair({ stuckMs: 300 });
  const { socket, frames } = pair.peer;
  const document = new Uint8Array(16 * 1024 * 1024).fill(7);

  pair.connection.send(document);
  const begunMs = performance.now();
  let arrivedBytes = 0;
  const sip = (): void => {
    socket.resume();
    socket.once("data", (chunk: Buffer) => {
      arrivedBytes += chunk.length;
      socket.pause();
      if (arrivedBytes < document.length) setTimeout(sip, 4);
    });
  };
  sip();
  let receivedBytes = 0;
  for (let isLast = false; !isLast;) {
    const frame = await frames.next();
    receivedBytes += frame.payload.length;
    isLast = frame.isLast;
  }

  expect(receivedBytes).toBe(document.length);
  expect(performance.now() - begunMs).toBeGreaterThan(600);
  expect(pair.past).toEqual(["congested", "drained"]);
});
