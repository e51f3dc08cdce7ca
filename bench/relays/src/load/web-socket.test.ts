import { once } from "node:events";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { createDeferred } from "./deferred.ts";
import { createFrameReader, maskedFrame, openWebSocket } from "./web-socket.ts";

/** A frame as a server sends it: without a mask. */
const serverFrame = (payload: Uint8Array, first = 0x82): Buffer => {
  const masked = maskedFrame(payload);
  const header = masked.subarray(0, masked.length - payload.length - 4);
  const head = Buffer.from(header);
  head[0] = first;
  head[1] = (head[1] ?? 0) & 127;
  return Buffer.concat([head, payload]);
};

const payloadSizes = fc.array(fc.oneof(fc.nat(300), fc.constantFrom(125, 126, 65_535, 65_536)), {
  minLength: 1,
  maxLength: 4,
});

describe("a frame reader", () => {
  test("gives the same messages wherever the stream is cut", () => {
    fc.assert(
      fc.property(
        payloadSizes,
        fc.array(fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 70_000 })), {
          minLength: 1,
        }),
        (byteCounts, cuts) => {
          const payloads = byteCounts.map((size, index) => Buffer.alloc(size, index + 1));
          const stream = Buffer.concat(payloads.map((payload) => serverFrame(payload)));
          const taken: Buffer[] = [];
          const read = createFrameReader((_, payload) => taken.push(Buffer.from(payload)));

          for (let at = 0, turn = 0; at < stream.length; turn += 1) {
            const end = at + (cuts[turn % cuts.length] ?? 1);
            read(stream.subarray(at, end));
            at = end;
          }

          expect(taken.map((bytes) => bytes.length)).toEqual(byteCounts);
          expect(Buffer.concat(taken).equals(Buffer.concat(payloads))).toBe(true);
        },
      ),
      { numRuns: 40 },
    );
  });

  test("joins fragments, between which a ping may stand", () => {
    const taken: [number, string][] = [];
    const read = createFrameReader((opcode, payload) =>
      taken.push([opcode, Buffer.from(payload).toString()]),
    );

    read(
      Buffer.concat([
        serverFrame(Buffer.from("one "), 0x02),
        serverFrame(Buffer.from("ping"), 0x89),
        serverFrame(Buffer.from("two "), 0x00),
        serverFrame(Buffer.from("three"), 0x80),
      ]),
    );

    expect(taken).toEqual([
      [9, "ping"],
      [2, "one two three"],
    ]);
  });
});

describe("a socket", () => {
  let server: WebSocketServer | null = null;

  afterEach(() => server?.close());

  const listen = async (accept: (socket: WebSocket) => void): Promise<string> => {
    server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    server.on("connection", accept);
    await once(server, "listening");
    return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };

  test("is understood by a server that checks everything", async () => {
    const url = await listen((socket) => socket.on("message", (data: Buffer) => socket.send(data)));
    const payloads = [0, 1, 125, 126, 65_535, 65_536, 1_000_000].map((size) =>
      Buffer.alloc(size, 7),
    );
    const echoes: Buffer[] = [];
    const done = createDeferred();
    const socket = await openWebSocket(`${url}/room`, null, {
      message: (bytes) => {
        echoes.push(Buffer.from(bytes));
        if (echoes.length === payloads.length) done.resolve();
      },
      closed: () => done.reject(new Error("closed")),
    });

    for (const payload of payloads) socket.send(maskedFrame(payload));
    await done.promise;

    expect(echoes.map((echo) => echo.length)).toEqual(payloads.map((payload) => payload.length));
    expect([socket.messagesWritten, socket.messagesRead]).toEqual([7, 7]);
    socket.close();
  });

  test("gives what comes with the handshake before anything else", async () => {
    const url = await listen((socket) => {
      socket.send("first");
      setTimeout(() => socket.send("second"), 1);
    });
    const taken: string[] = [];
    const done = createDeferred();

    const socket = await openWebSocket(url, null, {
      message: (bytes) => {
        taken.push(Buffer.from(bytes).toString());
        if (taken.length === 2) done.resolve();
      },
      closed: () => {},
    });
    await done.promise;

    expect(taken).toEqual(["first", "second"]);
    socket.close();
  });

  test("tells with which code it was closed", async () => {
    const url = await listen((socket) => socket.close(4400, "no"));
    const codes: number[] = [];
    const done = createDeferred();
    await openWebSocket(url, null, {
      message: () => {},
      closed: (code) => {
        codes.push(code);
        done.resolve();
      },
    });
    await done.promise;

    expect(codes).toEqual([4400]);
  });

  test("counts a round trip for the handshake and for each answer that was waited for", async () => {
    const url = await listen((socket) => socket.on("message", (data: Buffer) => socket.send(data)));
    let answered = createDeferred();
    const socket = await openWebSocket(url, null, {
      message: () => answered.resolve(),
      closed: () => {},
    });

    for (let turn = 0; turn < 2; turn += 1) {
      answered = createDeferred();
      socket.send(maskedFrame(Uint8Array.of(turn)));
      await answered.promise;
    }

    expect(socket.roundTrips).toBe(3);
    socket.close();
  });
});
