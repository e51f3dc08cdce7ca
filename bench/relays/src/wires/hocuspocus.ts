/** The wire of Hocuspocus: many documents on a socket, each message under its document's name. */
import {
  createEncoder,
  toUint8Array,
  writeUint8Array,
  writeVarString,
  writeVarUint,
  writeVarUint8Array,
} from "lib0/encoding";
import { cursorOf, skipBytes, takeBytes, takeNumber } from "../load/cursor.ts";
import { createDeferred } from "../load/deferred.ts";
import { maskedFrame, openWebSocket } from "../load/web-socket.ts";
import type { Wire } from "./wire.ts";
import { awarenessEntry, kinds, steps } from "./y-websocket.ts";

/** Numbers of messages. */
export const hocuspocusKinds = { ...kinds, auth: 2, syncStatus: 8 } as const;

/** The wire of Hocuspocus; here each client has a socket and one document on it. */
export const hocuspocusWire: Wire = {
  name: "hocuspocus",
  isAcknowledgedByEcho: false,
  join: (_target, url, room, handlers) => {
    const { promise, resolve, reject } = createDeferred();
    let acceptedCount = 0;
    const socket = openWebSocket(url, null, {
      message: (bytes) => {
        const cursor = cursorOf(bytes);
        skipBytes(cursor);
        const kind = takeNumber(cursor);
        if (kind === hocuspocusKinds.awareness) return handlers.presence(takeBytes(cursor));
        if (kind === hocuspocusKinds.syncStatus) {
          // The first is for the handshake's second step, which had nothing in it.
          if (takeNumber(cursor) === 1) acceptedCount += 1;
          if (acceptedCount > 1) handlers.acknowledged(acceptedCount - 1);
          else resolve();
          return;
        }
        if (kind !== hocuspocusKinds.sync) return;
        const step = takeNumber(cursor);
        if (step === steps.update) return handlers.update(takeBytes(cursor));
        if (step === steps.step2) {
          handlers.state(takeBytes(cursor));
          return handlers.caughtUp();
        }
        void socket.then((open) => open.send(syncFrame(room, steps.step2, Uint8Array.of(0, 0))));
      },
      closed: (code) => {
        reject(new Error(`${url}: closed with ${code}`));
        handlers.closed(code);
      },
    });
    return socket.then(async (open) => {
      open.send(authFrame(room));
      open.send(syncFrame(room, steps.step1, Uint8Array.of(0)));
      await promise;
      return { socket: open };
    });
  },
  updateFrames: (room, updates) => updates.map((update) => syncFrame(room, steps.update, update)),
  presenceFrame: (room, presence) =>
    frameOf(room, hocuspocusKinds.awareness, (encoder) =>
      writeVarUint8Array(encoder, awarenessEntry(presence)),
    ),
};

type Encoder = ReturnType<typeof createEncoder>;

const frameOf = (room: string, kind: number, write: (encoder: Encoder) => void): Buffer => {
  const encoder = createEncoder();
  writeVarString(encoder, room);
  writeVarUint(encoder, kind);
  write(encoder);
  return maskedFrame(toUint8Array(encoder));
};

/** A step of a synchronisation. */
export const syncFrame = (room: string, step: number, body: Uint8Array): Buffer =>
  frameOf(room, hocuspocusKinds.sync, (encoder) => {
    writeVarUint(encoder, step);
    writeVarUint8Array(encoder, body);
  });

/** Asks to be let in to a document. */
export const authFrame = (room: string): Buffer =>
  frameOf(room, hocuspocusKinds.auth, (encoder) => {
    writeUint8Array(encoder, Uint8Array.of(0));
    writeVarString(encoder, "token");
    writeVarString(encoder, "4.7.0");
  });
