/** Clients of a relay that count what their sockets bring, on both wires, and send what was prepared before. */
import { randomBytes } from "node:crypto";
import {
  createLinkReader,
  createLinkWriter,
  createSpaceWriter,
  greetFrame,
  SUBPROTOCOL,
  WIRE_VERSION,
} from "@syncline/gossip";
import { createDecoder, readVarUint, readVarUint8Array } from "lib0/decoding";
import { createEncoder, toUint8Array, writeVarUint, writeVarUint8Array } from "lib0/encoding";
import { WebSocket } from "ws";
import * as Y from "yjs";

/** A client in one space. Counts begin anew with `reset`. */
export interface CountingClient {
  /** Messages with updates in them. */
  readonly frameCount: number;
  /** All bytes of all messages, with their headers. */
  readonly byteCount: number;
  /** Updates of others that came, merged ones as one. */
  readonly payloads: readonly Uint8Array[];
  /** How many of its own updates are on disk, as it was told. */
  readonly acknowledgedCount: number;
  /** Sends one message for each update, all in this turn. */
  type(updates: readonly Uint8Array[]): void;
  reset(): void;
  close(): void;
}

interface Counts {
  frameCount: number;
  byteCount: number;
  payloads: Uint8Array[];
  acknowledgedCount: number;
}

const noCounts = (): Counts => ({
  frameCount: 0,
  byteCount: 0,
  payloads: [],
  acknowledgedCount: 0,
});

/** The bytes of a server's header before so many bytes (RFC 6455, §5.2). */
const headerBytesOf = (length: number): number => (length < 126 ? 2 : length < 65_536 ? 4 : 10);

const openSocket = async (
  url: string,
  protocols: readonly string[],
  counts: Counts,
  message: (bytes: Uint8Array) => boolean,
): Promise<WebSocket> => {
  const socket = new WebSocket(url, [...protocols]);
  socket.on("message", (data: Buffer) => {
    counts.byteCount += data.length + headerBytesOf(data.length);
    if (message(new Uint8Array(data))) counts.frameCount += 1;
  });
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  return socket;
};

const clientOf = (
  counts: Counts,
  socket: WebSocket,
  frameOf: (update: Uint8Array) => Uint8Array,
): CountingClient => ({
  get frameCount() {
    return counts.frameCount;
  },
  get byteCount() {
    return counts.byteCount;
  },
  get payloads() {
    return counts.payloads;
  },
  get acknowledgedCount() {
    return counts.acknowledgedCount;
  },
  type: (updates) => {
    for (const update of updates) socket.send(frameOf(update));
  },
  reset: () => void Object.assign(counts, noCounts()),
  close: () => socket.close(),
});

/** A client of Syncline's own wire; resolves when it was welcomed. */
export const openNativeClient = async (url: string, space: string): Promise<CountingClient> => {
  const counts = noCounts();
  const reader = createLinkReader(10);
  const writer = createLinkWriter();
  const spaceWriter = createSpaceWriter(space, 1);
  let welcomed: () => void = () => {};
  const isWelcome = new Promise<void>((resolve) => (welcomed = resolve));
  let settledNumber = 0;

  const settle = (number: number): void => {
    counts.acknowledgedCount += Math.max(0, number - settledNumber);
    settledNumber = Math.max(settledNumber, number);
  };

  const take = (bytes: Uint8Array): boolean => {
    let hasUpdate = false;
    for (const item of reader.read(bytes) ?? []) {
      if (item.kind !== "space") continue;
      if (item.message.kind === "welcome") welcomed();
      if (item.message.kind === "admitted") settle(item.message.number);
      if (item.message.kind !== "update") continue;
      hasUpdate = true;
      for (const { batch, ownNumber } of item.message.entries) {
        if (batch === null) settle(ownNumber);
        else counts.payloads.push(batch.payload);
      }
    }
    return hasUpdate;
  };

  const socket = await openSocket(url, [SUBPROTOCOL], counts, take);
  const greeting = { version: WIRE_VERSION, home: "", incarnation: null, token: "" } as const;
  socket.send(greetFrame({ role: "edge", ...greeting }));
  const edge = randomBytes(8).toString("hex");
  socket.send(writer.message(spaceWriter, { kind: "join", edge, vector: new Map() }));
  await isWelcome;
  let sentNumber = 0;
  return clientOf(counts, socket, (payload) => {
    sentNumber += 1;
    const batches = [{ document: "default", type: "yjs", payload }];
    return writer.message(spaceWriter, { kind: "submit", firstNumber: sentNumber, batches });
  });
};

/** A client of the y-websocket wire, the only author of its room if it is one; resolves when it was told what the room has. */
export const openStockClient = async (url: string, room: string): Promise<CountingClient> => {
  const counts = noCounts();
  /** How far the client's document had come with each update that it sent. */
  const sent: Extent[] = [];
  let echoed: Extent = { toClock: 0, deletedCount: 0 };
  let begun: () => void = () => {};
  const hasBegun = new Promise<void>((resolve) => (begun = resolve));

  const take = (bytes: Uint8Array): boolean => {
    const decoder = createDecoder(bytes);
    if (readVarUint(decoder) !== 0) return false;
    const step = readVarUint(decoder);
    const payload = readVarUint8Array(decoder);
    if (step === 1) begun();
    if (step !== 2) return false;
    // An author's own updates come back once they are settled, joined or not: that is their acknowledgement.
    if (sent.length === 0) counts.payloads.push(payload.slice());
    else {
      echoed = beyond(echoed, payload);
      counts.acknowledgedCount = sent.filter((extent) => isWithin(extent, echoed)).length;
    }
    return true;
  };

  const socket = await openSocket(`${url}/${room}`, [], counts, take);
  socket.send(stockMessage(0, Uint8Array.of(0)));
  await hasBegun;
  return clientOf(counts, socket, (payload) => {
    sent.push(beyond(sent.at(-1) ?? { toClock: 0, deletedCount: 0 }, payload));
    return stockMessage(2, payload);
  });
};

/** Of one author's updates: the clock after the newest item, and how many items were deleted, each once. */
interface Extent {
  readonly toClock: number;
  readonly deletedCount: number;
}

const beyond = (extent: Extent, payload: Uint8Array): Extent => {
  const { structs, ds } = Y.decodeUpdate(payload);
  const ends = structs.map(({ id, length }) => id.clock + length);
  const lengths = [...ds.clients.values()].flat().map(({ len }) => len);
  return {
    toClock: Math.max(extent.toClock, ...ends),
    deletedCount: lengths.reduce((sum, length) => sum + length, extent.deletedCount),
  };
};

const isWithin = (extent: Extent, limit: Extent): boolean =>
  extent.toClock <= limit.toClock && extent.deletedCount <= limit.deletedCount;

const stockMessage = (step: number, bytes: Uint8Array): Uint8Array => {
  const encoder = createEncoder();
  writeVarUint(encoder, 0);
  writeVarUint(encoder, step);
  writeVarUint8Array(encoder, bytes);
  return toUint8Array(encoder);
};
