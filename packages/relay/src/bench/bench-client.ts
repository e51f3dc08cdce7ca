/** A client of the load: one socket in one room, on Syncline's own wire, that types when it is told to and counts what comes. */
import { randomBytes } from "node:crypto";
import {
  createLinkReader,
  createLinkWriter,
  createSpaceWriter,
  greetFrame,
  heartbeatFrame,
  type LinkItem,
  SUBPROTOCOL,
  WIRE_VERSION,
} from "@syncline/gossip";
import { SyncError } from "@syncline/machine";
import { type Connection, openSocket } from "@syncline/websocket";

/** What all clients have counted together. */
export interface LoadCounts {
  deliveryCount: number;
  sentCount: number;
  acknowledgedCount: number;
  /** From sending until the relay said that it is on its disk, one for each acknowledged update. */
  acknowledgeMs: number[];
}

/** A client that was welcomed. */
export interface BenchClient {
  /** Sends one update. */
  type(payload: Uint8Array): void;
  close(): void;
}

const CONNECT_MS = 20_000;

/** Connects and joins; resolves when the relay has welcomed it, rejects with `UNREACHABLE` if that takes too long. */
export const openBenchClient = (
  url: string,
  room: string,
  counts: LoadCounts,
): Promise<BenchClient> =>
  new Promise((resolve, reject) => {
    const reader = createLinkReader(4);
    const writer = createLinkWriter();
    const space = createSpaceWriter(room, 1);
    /** When what is not acknowledged yet was sent; the first is of number `settledNumber` + 1. */
    const sentMs: number[] = [];
    let settledNumber = 0;
    let sentNumber = 0;
    let connection: Connection | null = null;

    const timer = setTimeout(() => {
      socket.close();
      reject(new SyncError("UNREACHABLE", `the relay does not welcome a client of ${room}`));
    }, CONNECT_MS);

    const settle = (number: number): void => {
      const nowMs = performance.now();
      for (; settledNumber < number; settledNumber += 1) {
        counts.acknowledgeMs.push(nowMs - (sentMs.shift() ?? nowMs));
        counts.acknowledgedCount += 1;
      }
    };

    const take = (item: LinkItem): void => {
      if (item.kind !== "space") return;
      const { message } = item;
      if (message.kind === "welcome") {
        clearTimeout(timer);
        resolve({ type, close: () => socket.close() });
      }
      if (message.kind === "admitted") settle(message.number);
      if (message.kind !== "update") return;
      for (const { batch, ownNumber } of message.entries) {
        if (batch === null) settle(ownNumber);
        else counts.deliveryCount += 1;
      }
    };

    const type = (payload: Uint8Array): void => {
      if (connection === null) return;
      sentNumber += 1;
      sentMs.push(performance.now());
      counts.sentCount += 1;
      const batches = [{ document: "default", type: "yjs", payload }];
      const message = { kind: "submit", firstNumber: sentNumber, batches } as const;
      connection.send(writer.message(space, message));
    };

    const socket = openSocket({
      urls: [url],
      protocol: SUBPROTOCOL,
      heartbeat: heartbeatFrame,
      opened: (opened) => {
        // A client that was cut off is not welcomed a second time: what it misses is seen in the counts.
        if (connection !== null) return;
        connection = opened;
        const greeting = { version: WIRE_VERSION, home: "", incarnation: null, token: "" } as const;
        opened.send(greetFrame({ role: "edge", ...greeting }));
        const edge = randomBytes(8).toString("hex");
        opened.send(writer.message(space, { kind: "join", edge, vector: new Map() }));
      },
      frame: (bytes) => {
        for (const item of reader.read(bytes) ?? []) take(item);
      },
      closed: () => {},
    });
  });
