/** What goes with a server's own life: HTTP beside the sockets, its places, its start and its end. */
import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { closeCodeIn, opcode } from "../test/raw-peer.ts";
import { cleanups, rawPeerOf, serve, statusOf } from "../test/server-world.ts";
import { listen } from "./server.ts";

describe("HTTP", () => {
  test("requests go to the handler", async () => {
    const { server } = await serve({
      request: (request, response) =>
        response.writeHead(request.url === "/health" ? 200 : 404).end(),
    });

    expect(await statusOf(server.port, "/health")).toBe(200);
  });

  test("requests get 426 where there is no handler", async () => {
    const { server } = await serve();

    expect(await statusOf(server.port)).toBe(426);
  });

  test("a connection that never finishes its headers gets 408", async () => {
    const { server } = await serve({ headersTimeoutMs: 50 });
    const socket = connect(server.port, "127.0.0.1");
    cleanups.push(() => socket.destroy());
    socket.write("GET / HTTP/1.1\r\nHost:");

    const [answer] = (await once(socket, "data")) as [Buffer];

    expect(answer.toString().split("\r\n")[0]).toBe("HTTP/1.1 408 Request Timeout");
  });

  test("an upgrade to something else gets 400", async () => {
    const { server } = await serve();

    const peer = await rawPeerOf(server.port, ["Sec-WebSocket-Version: 12"]);

    expect(peer.status).toBe("HTTP/1.1 400 Bad Request");
  });
});

test("one connection too many gets 503, and a place that became free is given away again", async () => {
  const { server, accepted } = await serve({ connectionsMax: 1 });
  const first = await rawPeerOf(server.port);
  const { closed } = await accepted.next();

  const second = await rawPeerOf(server.port);
  first.socket.destroy();
  await closed.next();
  const third = await rawPeerOf(server.port);

  expect([first.status, second.status, third.status]).toEqual([
    "HTTP/1.1 101 Switching Protocols",
    "HTTP/1.1 503 Service Unavailable",
    "HTTP/1.1 101 Switching Protocols",
  ]);
  await second.ended;
});

describe("listening fails", () => {
  const base = {
    host: "127.0.0.1",
    protocols: [],
    accept: () => ({ frame: () => {}, closed: () => {} }),
  };

  test("with PORT_IN_USE on a port that is taken", async () => {
    const { server } = await serve();

    await expect(listen({ ...base, port: server.port })).rejects.toMatchObject({
      code: "PORT_IN_USE",
    });
  });

  test("with BAD_CONFIG on an address that is not this machine's", async () => {
    await expect(listen({ ...base, host: "192.0.2.1", port: 0 })).rejects.toMatchObject({
      code: "BAD_CONFIG",
    });
  });

  test.each([
    { port: 70_000 },
    { port: -1 },
    { port: Number.NaN },
    { port: 0, heartbeatMs: 50_000 },
    { port: 0, stuckMs: 0 },
    { port: 0, maxPayloadBytes: Number.NaN },
    { port: 0, lowWaterBytes: 2 ** 20 },
    { port: 0, headersTimeoutMs: 1.5 },
  ])("with BAD_CONFIG for %o", async (options) => {
    await expect(listen({ ...base, ...options })).rejects.toMatchObject({ code: "BAD_CONFIG" });
  });
});

describe("closing the server", () => {
  test("closes its connections with 1012", async () => {
    const { server, accepted } = await serve();
    const peer = await rawPeerOf(server.port);
    const { closed } = await accepted.next();

    const done = server.close();
    const frame = await peer.frames.next();
    peer.send(opcode.close, frame.payload);
    peer.socket.end();
    await done;

    expect(closeCodeIn(frame)).toBe(1012);
    expect(await closed.next()).toBe("1012 restart");
  });

  test("ends in bounded time when peers do not answer", async () => {
    const { server, accepted } = await serve({ closeGraceMs: 50 });
    await rawPeerOf(server.port);
    await accepted.next();
    const idle = connect(server.port, "127.0.0.1");
    await once(idle, "connect");
    idle.on("error", () => {});

    await server.close();
    await server.close();

    expect(server.connectionCount).toBe(0);
  });

  test("refuses new connections", async () => {
    const { server } = await serve();

    await server.close();

    await expect(statusOf(server.port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });
});
