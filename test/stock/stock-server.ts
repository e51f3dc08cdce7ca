/** A server of stock rooms on loopback, with real y-websocket clients. */
import { listen, type WebSocketServer } from "@syncline/websocket/server";
import { WebSocket } from "ws";
import { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";
import { createDocuments, type Documents } from "../../packages/relay/src/documents.ts";
import type { StockLimits } from "../../packages/relay/src/stock/stock-limits.ts";
import { createStockRooms, type StockRooms } from "../../packages/relay/src/stock/stock-rooms.ts";
import { createMemoryHomes, type MemoryHomes } from "./memory-homes.ts";

export interface StockServer extends AsyncDisposable {
  readonly url: string;
  readonly homes: MemoryHomes;
  readonly rooms: StockRooms;
  /** A y-websocket client; ended with the server. */
  client(room: string, doc?: Y.Doc): StockClient;
  /** A bare WebSocket; ended with the server. */
  raw(room: string): Promise<RawClient>;
}

export interface StockClient {
  readonly doc: Y.Doc;
  readonly text: Y.Text;
  readonly provider: WebsocketProvider;
}

export interface RawClient {
  readonly socket: WebSocket;
  readonly frames: Uint8Array[];
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  send(...bytes: readonly (number | Uint8Array)[]): void;
}

export interface StockServerOptions {
  readonly homes?: MemoryHomes;
  readonly limits?: Partial<StockLimits>;
  readonly documents?: Documents;
  readonly highWaterBytes?: number;
}

export const startStockServer = async (options: StockServerOptions = {}): Promise<StockServer> => {
  const homes = options.homes ?? createMemoryHomes();
  const documents = options.documents ?? createDocuments({ worker: null });
  const rooms = createStockRooms({
    port: homes.port,
    documents,
    now: () => performance.now(),
    mayRest: true,
    log: { warn: () => {} },
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
  const highWaterBytes = options.highWaterBytes ?? 1024 * 1024;
  const failures: unknown[] = [];
  const server: WebSocketServer = await listen({
    host: "127.0.0.1",
    port: 0,
    protocols: [],
    highWaterBytes,
    lowWaterBytes: highWaterBytes / 4,
    accept: (connection, request) => rooms.accept(connection, request.url),
    failed: (error) => failures.push(error),
  });
  const url = `ws://127.0.0.1:${server.port}`;
  const providers: WebsocketProvider[] = [];
  const sockets: WebSocket[] = [];
  return {
    url,
    homes,
    rooms,
    client: (room, doc = new Y.Doc()) => {
      const provider = new WebsocketProvider(url, room, doc, {
        WebSocketPolyfill: WebSocket as unknown as typeof globalThis.WebSocket,
        disableBc: true,
      });
      providers.push(provider);
      return { doc, text: doc.getText("body"), provider };
    },
    raw: (room) => openRaw(`${url}/${room}`, sockets),
    [Symbol.asyncDispose]: async () => {
      for (const provider of providers) {
        provider.awareness.destroy();
        provider.destroy();
      }
      for (const socket of sockets) socket.terminate();
      rooms.close();
      await server.close();
      await documents.close();
      if (failures.length > 0) throw new AggregateError(failures, "a handler threw");
    },
  };
};

const openRaw = async (url: string, sockets: WebSocket[]): Promise<RawClient> => {
  const socket = new WebSocket(url);
  sockets.push(socket);
  const frames: Uint8Array[] = [];
  socket.on("message", (data: Buffer) => frames.push(new Uint8Array(data)));
  socket.on("error", () => {});
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on("close", (code, reason) => resolve({ code, reason: reason.toString() }));
  });
  await new Promise((resolve) => socket.on("open", resolve));
  return {
    socket,
    frames,
    closed,
    send: (...parts) => {
      socket.send(
        Buffer.concat(parts.map((part) => (typeof part === "number" ? Buffer.of(part) : part))),
      );
    },
  };
};

/** How long `expect.poll` waits on a busy machine. */
export const patience = { timeout: 4000, interval: 5 };

/** Resolves once the claim holds; the test's own time limit ends the wait. */
export const until = async (claim: () => boolean): Promise<void> => {
  while (!claim()) await new Promise((resolve) => setTimeout(resolve, 5));
};

/** Time enough for what must not happen. */
export const settle = (ms = 150): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));
