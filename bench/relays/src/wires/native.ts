/** Syncline's own wire. Each client has a socket and one space on it; a space has the one document `default`. */
import {
  createLinkWriter,
  createSpaceWriter,
  greetFrame,
  heartbeatFrame,
  SUBPROTOCOL,
  WIRE_VERSION,
} from "@syncline/gossip";
import {
  createEncoder,
  toUint8Array,
  writeVarString,
  writeVarUint,
  writeVarUint8Array,
} from "lib0/encoding";
import { randomBytes } from "node:crypto";
import { createDeferred } from "../load/deferred.ts";
import { maskedFrame, openWebSocket } from "../load/web-socket.ts";
import { itemKinds, type NativeTaker, takeNativeFrame } from "./native-frames.ts";
import type { ClientHandlers, Wire } from "./wire.ts";
import { awarenessEntry } from "./y-websocket.ts";

const CHANNEL = 1;
const DOCUMENT = "default";
const HEARTBEAT_MS = 15_000;

/** Syncline's own wire. */
export const nativeWire: Wire = {
  name: "native",
  isAcknowledgedByEcho: false,
  join: (target, url, room, handlers) => {
    const { promise, resolve, reject } = createDeferred();
    const taker = createTaker(handlers, target.isCopying ? 1 : target.writeQuorum, resolve);
    const path = target.isCopying ? `${url}/${room}` : url;
    let stopHeartbeats = (): void => {};
    const socket = openWebSocket(path, target.isCopying ? null : SUBPROTOCOL, {
      message: (bytes) => takeNativeFrame(bytes, taker),
      closed: (code) => {
        stopHeartbeats();
        reject(new Error(`${url}: closed with ${code}`));
        handlers.closed(code);
      },
    });
    return socket.then(async (open) => {
      if (target.isCopying) return { socket: open };
      open.send(maskedFrame(Buffer.concat([greeting, joinFrame(room)])));
      stopHeartbeats = beatOn(open);
      await promise;
      return { socket: open };
    });
  },
  updateFrames: (_room, updates) =>
    updates.map((update, index) => maskedFrame(submitFrame(update, index + 1))),
  presenceFrame: (_room, presence) => {
    const encoder = createEncoder();
    writeVarUint(encoder, itemKinds.presence);
    writeVarUint(encoder, CHANNEL);
    writeVarUint(encoder, presence.client);
    writeVarUint8Array(encoder, awarenessEntry(presence));
    return maskedFrame(toUint8Array(encoder));
  },
};

/** A relay ends a connection that says nothing for too long, as a reader's does in a run that takes long. */
const beatOn = (socket: { send(frame: Buffer): void }): (() => void) => {
  const timer = setInterval(() => socket.send(maskedFrame(heartbeatFrame)), HEARTBEAT_MS);
  timer.unref();
  return () => clearInterval(timer);
};

/** The item that begins a connection. */
export const greeting: Uint8Array = greetFrame({
  version: WIRE_VERSION,
  role: "edge",
  home: "",
  incarnation: null,
  token: "",
});

/** The items that open a space and join it with nothing. */
export const joinFrame = (space: string, channel: number = CHANNEL): Uint8Array =>
  createLinkWriter().message(createSpaceWriter(space, channel), {
    kind: "join",
    edge: randomBytes(8).toString("hex"),
    vector: new Map(),
  });

/** The item that submits one update as the edge's batch of this number. */
export const submitFrame = (
  update: Uint8Array,
  number: number,
  channel: number = CHANNEL,
): Uint8Array => {
  const encoder = createEncoder();
  writeVarUint(encoder, itemKinds.submit);
  writeVarUint(encoder, channel);
  writeVarUint(encoder, number);
  writeVarUint(encoder, 1);
  writeVarUint(encoder, 1);
  writeVarString(encoder, DOCUMENT);
  writeVarUint8Array(encoder, update);
  return toUint8Array(encoder);
};

const createTaker = (
  handlers: ClientHandlers,
  writeQuorum: number,
  welcomed: () => void,
): NativeTaker => {
  const levels = createLevels(writeQuorum, handlers.acknowledged);
  // What the home had beyond this client: it comes as a group, or, if it is little and new, as updates.
  const lacking = new Map<number, number>();
  const whenReached = (log: number, number: number): void => {
    if (lacking.size === 0 || (lacking.get(log) ?? Number.POSITIVE_INFINITY) > number) return;
    lacking.delete(log);
    if (lacking.size === 0) handlers.caughtUp();
  };
  return {
    welcome: (_home, log, numberByLog) => {
      levels.begin(log);
      for (const [other, number] of numberByLog) lacking.set(other, number);
      if (lacking.size === 0) handlers.caughtUp();
      welcomed();
    },
    batch: (payload, log, number) => {
      handlers.update(payload);
      whenReached(log, number);
    },
    state: handlers.state,
    own: levels.own,
    durable: levels.durable,
    presence: handlers.presence,
    caughtUp: () => {
      if (lacking.size === 0) return;
      lacking.clear();
      handlers.caughtUp();
    },
    refused: (reason) => {
      throw new Error(`the relay refused: ${reason}`);
    },
  };
};

interface Levels {
  readonly begin: (log: number) => void;
  readonly own: (ownNumber: number, number: number) => void;
  readonly durable: (home: string, log: number, number: number) => void;
}

/** Up to which own number enough disks have the client's batches. The home's own disk is the first. */
const createLevels = (writeQuorum: number, acknowledged: (count: number) => void): Levels => {
  const numbers: number[] = [];
  const numberByHome = new Map<string, number>();
  let ownLog = -1;
  let acknowledgedCount = 0;

  const look = (): void => {
    const others = [...numberByHome.values()].sort((a, b) => b - a);
    const covered = writeQuorum === 1 ? Number.POSITIVE_INFINITY : (others[writeQuorum - 2] ?? 0);
    const before = acknowledgedCount;
    while (
      acknowledgedCount < numbers.length &&
      (numbers[acknowledgedCount] ?? Number.POSITIVE_INFINITY) <= covered
    ) {
      acknowledgedCount += 1;
    }
    if (acknowledgedCount > before) acknowledged(acknowledgedCount);
  };

  return {
    begin: (log) => {
      ownLog = log;
    },
    own: (ownNumber, number) => {
      // `admitted` speaks for all numbers up to its own.
      while (numbers.length < ownNumber) numbers.push(number);
      look();
    },
    durable: (home, log, number) => {
      if (log !== ownLog) return;
      numberByHome.set(home, number);
      look();
    },
  };
};
