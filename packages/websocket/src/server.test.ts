import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { createMailbox } from "../test/mailbox.ts";
import { closeCodeIn, opcode, openRawPeer, type RawPeer } from "../test/raw-peer.ts";
import { cleanups, rawPeerOf, serve, statusOf } from "../test/server-world.ts";
import type { ListenOptions } from "./server.ts";

describe("an open connection", () => {
  test("carries frames both ways", async () => {
    const { server, accepted } = await serve();
    const peer = await rawPeerOf(server.port);
    const { connection, frames } = await accepted.next();

    peer.send(opcode.binary, Uint8Array.of(1, 2, 3));
    connection.send(Uint8Array.of(4, 5));

    expect(await frames.next()).toEqual(Uint8Array.of(1, 2, 3));
    expect(await peer.frames.next()).toEqual({
      opcode: opcode.binary,
      isLast: true,
      payload: Buffer.of(4, 5),
    });
  });

  test("carries an empty frame", async () => {
    const { server, accepted } = await serve();
    const peer = await rawPeerOf(server.port);
    const { connection, frames } = await accepted.next();

    peer.send(opcode.binary, new Uint8Array());
    connection.send(new Uint8Array());

    expect(await frames.next()).toEqual(new Uint8Array());
    expect((await peer.frames.next()).payload.length).toBe(0);
  });

  test("says how it was asked for", async () => {
    const { server, accepted } = await serve();
    await rawPeerOf(server.port, ["Origin: https://example.com"]);

    const { request } = await accepted.next();

    expect(request).toEqual({
      protocol: "",
      url: "/room?x=1",
      address: "127.0.0.1",
      origin: "https://example.com",
    });
  });

  test("sends from within accept", async () => {
    const { server } = await serve({
      accept: (connection) => {
        connection.send(Uint8Array.of(7));
        return { frame: () => {}, closed: () => {} };
      },
    });

    const peer = await rawPeerOf(server.port);

    expect((await peer.frames.next()).payload).toEqual(Buffer.of(7));
  });

  test("sends what was sent before its close, then the code", async () => {
    const { server, accepted } = await serve();
    const peer = await rawPeerOf(server.port);
    const { connection, closed } = await accepted.next();
    const large = new Uint8Array(3_000_000).fill(9);

    connection.send(large);
    connection.close(4403, "not you");
    connection.close(1000, "twice");
    connection.send(Uint8Array.of(1));

    const pieces: Buffer[] = [];
    let frame = await peer.frames.next();
    while (frame.opcode !== opcode.close) {
      pieces.push(frame.payload);
      frame = await peer.frames.next();
    }
    expect(Buffer.concat(pieces).equals(large)).toBe(true);
    expect(closeCodeIn(frame)).toBe(4403);
    expect(await closed.next()).toBe("4403 not you");
  });

  test("delivers nothing after its close", async () => {
    const { server, accepted } = await serve();
    const peer = await rawPeerOf(server.port);
    const { connection, frames, closed } = await accepted.next();

    connection.close(1000, "");
    peer.send(opcode.binary, Uint8Array.of(1));
    await closed.next();

    expect(frames.unread).toEqual([]);
    expect(closed.unread).toEqual([]);
  });

  test("reports the other side's code and reason", async () => {
    const { server, accepted } = await serve();
    const peer = await rawPeerOf(server.port);
    const { closed } = await accepted.next();

    peer.send(opcode.close, Buffer.concat([Buffer.of(0x0f, 0xa0), Buffer.from("bye")]));

    expect(await closed.next()).toBe("4000 bye");
  });

  test("reports an end without a word as 1006", async () => {
    const { server, accepted } = await serve();
    const peer = await rawPeerOf(server.port);
    const { closed } = await accepted.next();

    peer.socket.resetAndDestroy();

    expect(await closed.next()).toBe("1006 ");
    expect(server.connectionCount).toBe(0);
  });
});

describe("the protocol agreed on", () => {
  const protocolFor = async (offered: string[]): Promise<string | undefined> => {
    const { server, accepted } = await serve({ protocols: ["syncline.v2", "syncline.v1"] });
    await rawPeerOf(
      server.port,
      offered.map((name) => `Sec-WebSocket-Protocol: ${name}`),
    );
    return (await accepted.next()).request.protocol;
  };

  test("is the first offered that the server speaks", async () => {
    expect(await protocolFor(["other", "syncline.v1", "syncline.v2"])).toBe("syncline.v1");
  });

  test("is none when none is offered", async () => {
    expect(await protocolFor([])).toBe("");
  });

  test("is none when only unknown ones are offered", async () => {
    expect(await protocolFor(["constructor", "graphql-ws"])).toBe("");
  });
});

describe("a peer that breaks a rule is closed", () => {
  const codesAfter = async (
    act: (peer: RawPeer) => void,
    options: Partial<ListenOptions> = {},
  ): Promise<string[]> => {
    const { server, accepted } = await serve(options);
    const peer = await rawPeerOf(server.port);
    const { closed } = await accepted.next();
    act(peer);
    const onWire = closeCodeIn(await peer.frames.next());
    peer.socket.end();
    return [`${onWire}`, (await closed.next()).slice(0, 4)];
  };

  test("1003 for a text frame", async () => {
    const codes = await codesAfter((peer) => peer.send(opcode.text, Buffer.from("hello")));
    expect(codes).toEqual(["1003", "1003"]);
  });

  test("1009 for a frame over the limit", async () => {
    const codes = await codesAfter((peer) => peer.send(opcode.binary, new Uint8Array(1001)), {
      maxPayloadBytes: 1000,
    });
    expect(codes).toEqual(["1009", "1009"]);
  });

  test("1008 for endless fragments", async () => {
    const codes = await codesAfter((peer) => {
      peer.send(opcode.binary, new Uint8Array(), false);
      for (let count = 0; count < 5000; count += 1) {
        peer.send(opcode.continuation, new Uint8Array(), false);
      }
    });
    expect(codes).toEqual(["1008", "1008"]);
  });

  test("1002 for an unmasked frame", async () => {
    const codes = await codesAfter((peer) => peer.socket.write(Buffer.of(0x82, 0x01, 0x00)));
    expect(codes).toEqual(["1002", "1002"]);
  });

  test("1007 for text that is no UTF-8", async () => {
    const codes = await codesAfter((peer) => peer.send(opcode.text, Uint8Array.of(0xff)));
    expect(codes).toEqual(["1007", "1007"]);
  });
});

test("a frame at the limit is delivered", async () => {
  const { server, accepted } = await serve({ maxPayloadBytes: 1000 });
  const peer = await rawPeerOf(server.port);
  const { frames } = await accepted.next();

  peer.send(opcode.binary, new Uint8Array(1000));

  expect((await frames.next()).length).toBe(1000);
});

test("a message of 16 MiB in 1,000 fragments is delivered", async () => {
  const { server, accepted } = await serve();
  const peer = await rawPeerOf(server.port);
  const { frames } = await accepted.next();
  const fragmentCount = 1024;

  for (let index = 0; index < fragmentCount; index += 1) {
    const code = index === 0 ? opcode.binary : opcode.continuation;
    peer.send(code, new Uint8Array(16 * 1024), index === fragmentCount - 1);
  }

  expect((await frames.next()).length).toBe(16 * 1024 * 1024);
});

test("a text frame goes to its handler where there is one", async () => {
  const texts = createMailbox<string>();
  const { server } = await serve({}, { text: () => texts.put("text") });
  const peer = await rawPeerOf(server.port);

  peer.send(opcode.text, Buffer.from("hello"));

  expect(await texts.next()).toBe("text");
});

describe("an exception closes one connection with 1011 and goes to `failed`", () => {
  const trouble = new Error("a bug");
  const fail = (): never => {
    throw trouble;
  };

  test("out of accept", async () => {
    const failures = createMailbox<unknown>();
    const { server } = await serve({ accept: fail, failed: failures.put });

    const peer = await rawPeerOf(server.port);

    expect(closeCodeIn(await peer.frames.next())).toBe(1011);
    expect(await failures.next()).toBe(trouble);
  });

  test("out of a frame's handler", async () => {
    const failures = createMailbox<unknown>();
    const { server, accepted } = await serve({ failed: failures.put }, { frame: fail });
    const peer = await rawPeerOf(server.port);
    const other = await rawPeerOf(server.port);
    const { closed } = await accepted.next();
    await accepted.next();

    peer.send(opcode.binary, Uint8Array.of(1));
    peer.send(opcode.binary, Uint8Array.of(2));

    expect(closeCodeIn(await peer.frames.next())).toBe(1011);
    expect(await failures.next()).toBe(trouble);
    peer.socket.end();
    expect(await closed.next()).toBe("1011 internal error");
    expect(failures.unread).toEqual([]);
    expect(other.socket.destroyed).toBe(false);
  });

  test("out of closed", async () => {
    const failures = createMailbox<unknown>();
    const { server, accepted } = await serve({ failed: failures.put }, { closed: fail });
    const peer = await rawPeerOf(server.port);
    await accepted.next();

    peer.socket.destroy();

    expect(await failures.next()).toBe(trouble);
  });

  test("or with 500 out of an HTTP request's", async () => {
    const failures = createMailbox<unknown>();
    const { server } = await serve({ request: fail, failed: failures.put });

    expect(await statusOf(server.port)).toBe(500);
    expect(await failures.next()).toBe(trouble);
  });
});

describe("a silent peer", () => {
  const heartbeat = { frame: Uint8Array.of(0), isMutual: true };

  test("is closed when its protocol has heartbeats", async () => {
    const { server, accepted } = await serve({
      heartbeatByProtocol: new Map([["", heartbeat]]),
      heartbeatMs: 10,
      silenceMs: 60,
    });
    const peer = await rawPeerOf(server.port);
    const { closed } = await accepted.next();

    expect((await peer.frames.next()).payload).toEqual(Buffer.of(0));
    expect(await closed.next()).toBe("4100 nothing received for too long");
  });

  test("is pinged and closed without a pong when its protocol has none", async () => {
    const { server, accepted } = await serve({ pingMs: 20 });
    const peer = await rawPeerOf(server.port);
    const { closed } = await accepted.next();

    expect((await peer.frames.next()).opcode).toBe(opcode.ping);
    expect(await closed.next()).toBe("4100 nothing received for too long");
  });

  test("is cut when it does not even end the connection", async () => {
    const { server, accepted } = await serve({ pingMs: 20, closeGraceMs: 30 });
    const peer = await openRawPeer(server.port);
    const { closed } = await accepted.next();

    await closed.next();
    await peer.ended;

    expect(server.connectionCount).toBe(0);
  });
});

test("a peer that only answers pings stays", async () => {
  const { server, accepted } = await serve({
    heartbeatByProtocol: new Map([["", { frame: Uint8Array.of(0), isMutual: false }]]),
    heartbeatMs: 20,
    pingMs: 100,
  });
  const webSocket = new WebSocket(`ws://127.0.0.1:${server.port}`);
  cleanups.push(() => webSocket.terminate());
  const { closed } = await accepted.next();

  let beatCount = 0;
  let pingCount = 0;
  webSocket.on("message", () => (beatCount += 1));
  while (pingCount < 4) {
    await once(webSocket, "ping");
    pingCount += 1;
  }

  expect(beatCount).toBeGreaterThan(0);
  expect(closed.unread).toEqual([]);
});
