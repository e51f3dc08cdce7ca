import { afterEach, describe, expect, test } from "vitest";
import { createMailbox, type Mailbox } from "../test/mailbox.ts";
import { listenMutely } from "../test/raw-peer.ts";
import { type Connection, listen, type ListenOptions, type WebSocketServer } from "./server.ts";
import type { SocketLoss, SocketOptions } from "./socket-options.ts";
import { openSocket, type ReconnectingSocket } from "./socket.ts";

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

const protocol = "syncline.v1";
const heartbeat = Uint8Array.of(0);

interface Server {
  readonly server: WebSocketServer;
  readonly url: string;
  readonly accepted: Mailbox<Connection>;
}

/** A server that sends every frame back. */
const serveEcho = async (options: Partial<ListenOptions> = {}): Promise<Server> => {
  const accepted = createMailbox<Connection>();
  const server = await listen({
    host: "127.0.0.1",
    port: 0,
    protocols: [protocol],
    closeGraceMs: 100,
    accept: (connection) => {
      accepted.put(connection);
      return {
        frame: (bytes) => {
          connection.send(bytes);
        },
        closed: () => {},
      };
    },
    ...options,
  });
  cleanups.push(() => server.close());
  return { server, url: `ws://127.0.0.1:${server.port}`, accepted };
};

interface Client {
  readonly socket: ReconnectingSocket;
  readonly opened: Mailbox<string>;
  readonly frames: Mailbox<Uint8Array>;
  readonly losses: Mailbox<SocketLoss>;
  readonly refusals: Mailbox<number>;
}

const open = (urls: readonly string[], options: Partial<SocketOptions> = {}): Client => {
  const opened = createMailbox<string>();
  const frames = createMailbox<Uint8Array>();
  const losses = createMailbox<SocketLoss>();
  const refusals = createMailbox<number>();
  const socket = openSocket({
    urls,
    protocol,
    heartbeat,
    baseMs: 20,
    capMs: 100,
    opened: (_, url) => opened.put(url),
    frame: frames.put,
    closed: losses.put,
    refused: refusals.put,
    ...options,
  });
  cleanups.push(() => socket.close());
  return { socket, opened, frames, losses, refusals };
};

/** An address where nobody listens any more. */
const deadUrl = async (): Promise<string> => {
  const { server, url } = await serveEcho();
  await server.close();
  return url;
};

describe("an open socket", () => {
  test("carries frames both ways", async () => {
    const { url } = await serveEcho();
    const { socket, opened, frames } = open([url]);
    expect(socket.state).toBe("connecting");
    expect(await opened.next()).toBe(url);

    socket.send(Uint8Array.of(1, 2, 3));

    expect(await frames.next()).toEqual(Uint8Array.of(1, 2, 3));
    expect([socket.state, socket.url]).toEqual(["open", url]);
  });

  test("carries 16 MiB in one frame, and back", async () => {
    const { url } = await serveEcho();
    const { socket, opened, frames } = open([url]);
    await opened.next();

    socket.send(new Uint8Array(16 * 1024 * 1024));

    expect((await frames.next()).length).toBe(16 * 1024 * 1024);
  });

  test("tells of congestion and of its end", async () => {
    const { url } = await serveEcho({ accept: () => ({ frame: () => {}, closed: () => {} }) });
    const events = createMailbox<string>();
    const { socket, opened } = open([url], {
      congested: () => events.put("congested"),
      drained: () => events.put("drained"),
      pollMs: 5,
    });
    await opened.next();

    for (let count = 0; count < 16; count += 1) socket.send(new Uint8Array(1024 * 1024));

    expect(await events.next()).toBe("congested");
    expect(socket.bufferedBytes).toBeGreaterThan(1024 * 1024);
    expect(await events.next()).toBe("drained");
    expect(socket.bufferedBytes).toBeLessThanOrEqual(256 * 1024);
  });

  test("drops what is sent before it is open", async () => {
    const { url } = await serveEcho();
    const { socket, opened, frames } = open([url]);

    socket.send(Uint8Array.of(1));
    await opened.next();
    socket.send(Uint8Array.of(2));

    expect(await frames.next()).toEqual(Uint8Array.of(2));
  });

  test("ends at a text frame, with a code that pages may send", async () => {
    const mute = await listenMutely({ shakesHands: true, thenSends: Buffer.of(0x81, 0x01, 0x61) });
    cleanups.push(mute.close);
    const { losses } = open([mute.url]);

    expect(await losses.next()).toMatchObject({ code: 1003, wasOpen: true });
  });
});

describe("after a loss", () => {
  test("it connects again", async () => {
    const { url, accepted } = await serveEcho();
    const { opened, losses } = open([url]);
    await opened.next();

    (await accepted.next()).close(1013, "too slow");

    const loss = await losses.next();
    expect(loss).toMatchObject({ code: 1013, reason: "too slow", url, wasOpen: true });
    expect(loss.retryDelayMs).toBeLessThan(20);
    expect(await opened.next()).toBe(url);
  });

  test("it goes on to the next address when the first server dies", async () => {
    const first = await serveEcho();
    const second = await serveEcho();
    const { socket, opened, frames } = open([first.url, second.url]);
    expect(await opened.next()).toBe(first.url);

    await first.server.close();

    expect(await opened.next()).toBe(second.url);
    socket.send(Uint8Array.of(5));
    expect(await frames.next()).toEqual(Uint8Array.of(5));
  });

  test("it tries the addresses in turn until one answers", async () => {
    const urls = [await deadUrl(), await deadUrl(), (await serveEcho()).url];
    const { opened, losses } = open(urls);

    expect(await opened.next()).toBe(urls[2]);
    expect(losses.unread.map(({ url, code, wasOpen }) => ({ url, code, wasOpen }))).toEqual([
      { url: urls[0], code: 1006, wasOpen: false },
      { url: urls[1], code: 1006, wasOpen: false },
    ]);
    expect(losses.unread[0]?.reason).toContain("ECONNREFUSED");
  });

  test("waits grow while attempts fail, and begin again after a stable connection", async () => {
    const { url, accepted } = await serveEcho();
    // At the upper end of chance, waits are as good as their ceilings.
    const random = (): number => 0.999;
    const { opened, losses } = open([url], { baseMs: 4, capMs: 1000, stableMs: 60, random });

    const delays: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      await opened.next();
      (await accepted.next()).close(4000, "");
      delays.push(Math.round((await losses.next()).retryDelayMs ?? 0));
    }
    await opened.next();
    const connection = await accepted.next();
    setTimeout(() => connection.close(4000, ""), 100);

    expect(delays).toEqual([4, 8, 16]);
    expect(Math.round((await losses.next()).retryDelayMs ?? 0)).toBe(4);
  });

  test("codes 4400 to 4499 are final, until it is told to try again", async () => {
    const { url, accepted } = await serveEcho();
    const { socket, opened, losses, refusals } = open([url]);
    await opened.next();

    (await accepted.next()).close(4401, "who are you");

    expect(await losses.next()).toMatchObject({ code: 4401, retryDelayMs: null });
    expect(await refusals.next()).toBe(4401);
    expect(socket.state).toBe("closed");
    socket.reconnect();
    expect(await opened.next()).toBe(url);
  });

  test("an event that tells of the network's return shortens the wait", async () => {
    const events = new EventTarget();
    Object.assign(globalThis, {
      addEventListener: events.addEventListener.bind(events),
      removeEventListener: events.removeEventListener.bind(events),
    });
    cleanups.push(() => {
      Reflect.deleteProperty(globalThis, "addEventListener");
      Reflect.deleteProperty(globalThis, "removeEventListener");
    });
    const { url, accepted } = await serveEcho();
    // The first wait is of an hour's order; the ones after it are nothing.
    const chances = [0.999];
    const { socket, opened, losses } = open([url], {
      baseMs: 3_600_000,
      capMs: 3_600_000,
      random: () => chances.pop() ?? 0,
    });
    await opened.next();
    (await accepted.next()).close(4000, "");
    expect((await losses.next()).retryDelayMs).toBeGreaterThan(3_000_000);
    expect(socket.state).toBe("waiting");

    events.dispatchEvent(new Event("online"));

    expect(await opened.next()).toBe(url);
  });
});

describe("a server that is there but mute", () => {
  test("is given up when it does not shake hands in time", async () => {
    const mute = await listenMutely({ shakesHands: false });
    cleanups.push(mute.close);
    const { url } = await serveEcho();
    const { opened, losses } = open([mute.url, url], { connectTimeoutMs: 50 });

    expect(await losses.next()).toMatchObject({ code: 4101, wasOpen: false });
    expect(await opened.next()).toBe(url);
  });

  test("is given up when it says nothing for too long", async () => {
    const mute = await listenMutely({ shakesHands: true });
    cleanups.push(mute.close);
    const { url } = await serveEcho();
    const { opened, losses } = open([mute.url, url], { heartbeatMs: 20, silenceMs: 100 });
    await opened.next();

    expect(await losses.next()).toMatchObject({ code: 4100, wasOpen: true });
    expect(await opened.next()).toBe(url);
  });
});

describe("heartbeats", () => {
  const mutual = new Map([[protocol, { frame: heartbeat, isMutual: true }]]);
  const quick = { heartbeatMs: 20, silenceMs: 300 };

  test("keep an idle connection open on both sides", async () => {
    const { url } = await serveEcho({
      ...quick,
      heartbeatByProtocol: mutual,
      accept: () => ({ frame: () => {}, closed: () => {} }),
    });
    const { frames, losses } = open([url], quick);

    for (let count = 0; count < 25; count += 1) expect(await frames.next()).toEqual(heartbeat);

    expect(losses.unread).toEqual([]);
  });

  test("are not missed by a process that stood still for longer than the silence", async () => {
    const { url } = await serveEcho({
      ...quick,
      heartbeatByProtocol: mutual,
      accept: () => ({ frame: () => {}, closed: () => {} }),
    });
    const { frames, losses } = open([url], quick);
    await frames.next();

    const untilMs = performance.now() + 400;
    while (performance.now() < untilMs);
    for (let count = 0; count < 5; count += 1) await frames.next();

    expect(losses.unread).toEqual([]);
  });
});

describe("closing", () => {
  test("ends the socket for good", async () => {
    const { server, url } = await serveEcho();
    const { socket, opened, losses } = open([url]);
    await opened.next();

    socket.close();
    socket.close();
    socket.reconnect();

    expect(socket.state).toBe("closed");
    expect(losses.unread).toEqual([
      { code: 1000, reason: "", url, wasOpen: true, retryDelayMs: null },
    ]);
    await server.close();
  });

  test("gives up an attempt", async () => {
    const mute = await listenMutely({ shakesHands: false });
    cleanups.push(mute.close);
    const { socket, losses } = open([mute.url]);

    socket.close();

    expect(losses.unread).toMatchObject([{ wasOpen: false, retryDelayMs: null }]);
  });

  test("ends a wait", async () => {
    const { socket, losses } = open([await deadUrl()], { baseMs: 60_000, capMs: 60_000 });
    await losses.next();
    expect(socket.state).toBe("waiting");

    socket.close();

    expect(socket.state).toBe("closed");
    expect(losses.unread).toEqual([]);
  });

  test("from within the handler of a loss ends the attempts", async () => {
    const { url, accepted } = await serveEcho();
    const losses = createMailbox<SocketLoss>();
    const { socket, opened } = open([url], {
      closed: (loss) => {
        losses.put(loss);
        socket.close();
      },
    });
    await opened.next();

    (await accepted.next()).close(4000, "");
    await losses.next();

    expect(socket.state).toBe("closed");
  });
});

describe("reconnecting", () => {
  test("takes an open socket down and up at the same address", async () => {
    const { url } = await serveEcho();
    const { socket, opened, losses } = open([url, await deadUrl()]);
    await opened.next();

    socket.reconnect();

    expect(await opened.next()).toBe(url);
    expect(losses.unread).toMatchObject([{ code: 1000, retryDelayMs: 0 }]);
  });

  test("skips a wait", async () => {
    const { url } = await serveEcho();
    const { socket, opened, losses } = open([await deadUrl(), url], {
      baseMs: 60_000,
      capMs: 60_000,
      random: () => 0.5,
    });
    await losses.next();

    socket.reconnect();

    expect(await opened.next()).toBe(url);
  });
});

describe("BAD_CONFIG is thrown", () => {
  const base = { heartbeat, protocol, opened: () => {}, frame: () => {}, closed: () => {} };

  test.each([
    { urls: [] },
    { urls: ["localhost:4400"] },
    { urls: ["http://localhost"] },
    { urls: ["ws://localhost/#room"] },
    { urls: ["ws://localhost", "ws://"] },
    { urls: ["ws://localhost"], baseMs: 0 },
    { urls: ["ws://localhost"], heartbeatMs: 50_000 },
    { urls: ["ws://localhost"], silenceMs: Number.NaN },
    { urls: ["ws://localhost"], lowWaterBytes: 2 ** 20 },
  ])("for %o", (options) => {
    expect(() => openSocket({ ...base, ...options })).toThrow(
      expect.objectContaining({ code: "BAD_CONFIG" }),
    );
  });
});

test("a constructor that throws is a failed attempt", async () => {
  const { url } = await serveEcho();
  const insecure = class {
    constructor() {
      throw new Error("insecure");
    }
  } as unknown as NonNullable<SocketOptions["WebSocket"]>;

  const { losses } = open([url], { WebSocket: insecure });

  expect(await losses.next()).toMatchObject({ code: 1006, reason: "insecure", wasOpen: false });
});
