/** The wire of y-websocket: one room for each socket, named by the path. */
import { createEncoder, toUint8Array, writeVarString, writeVarUint } from "lib0/encoding";
import { cursorOf, takeBytes, takeNumber } from "../load/cursor.ts";
import { createDeferred } from "../load/deferred.ts";
import { maskedFrame, openWebSocket } from "../load/web-socket.ts";
import { AUTHOR } from "../workload/keystrokes.ts";
import type { LoadPresence, Wire } from "./wire.ts";

/** Numbers of messages, which the wire of Hocuspocus has, too. */
export const kinds = { sync: 0, awareness: 1 } as const;
/** Numbers of the steps of a synchronisation. */
export const steps = { step1: 0, step2: 1, update: 2 } as const;

const step1 = maskedFrame(Uint8Array.of(kinds.sync, steps.step1, 1, 0));
/** The frame of a client that has nothing which the server lacks. */
export const emptyStep2: Buffer = maskedFrame(Uint8Array.of(kinds.sync, steps.step2, 2, 0, 0));

/** The wire of y-websocket. */
export const yWebsocketWire: Wire = {
  name: "y-websocket",
  isAcknowledgedByEcho: true,
  join: (target, url, room, handlers) => {
    const { promise, resolve, reject } = createDeferred();
    const socket = openWebSocket(`${url}/${room}`, null, {
      message: (bytes) => {
        const cursor = cursorOf(bytes);
        const kind = takeNumber(cursor);
        if (kind === kinds.awareness) return handlers.presence(takeBytes(cursor));
        if (kind !== kinds.sync) return;
        const step = takeNumber(cursor);
        if (step === steps.update) return handlers.update(takeBytes(cursor));
        if (step === steps.step1) return void socket.then((open) => open.send(emptyStep2));
        handlers.state(takeBytes(cursor));
        handlers.caughtUp();
        resolve();
      },
      closed: (code) => {
        reject(new Error(`${url}: closed with ${code}`));
        handlers.closed(code);
      },
    });
    return socket.then(async (open) => {
      if (target.isCopying) return { socket: open };
      open.send(step1);
      await promise;
      return { socket: open };
    });
  },
  updateFrames: (_room, updates) =>
    updates.map((update) => maskedFrame(Buffer.concat([prefixOf(update), update]))),
  presenceFrame: (_room, presence) => maskedFrame(awarenessMessage(presence)),
};

/** The state vector of one who has the author's items before this one, and nothing of anybody else. */
export const stateVectorOf = (clock: number): Uint8Array => {
  const encoder = createEncoder();
  writeVarUint(encoder, clock === 0 ? 0 : 1);
  if (clock > 0) {
    writeVarUint(encoder, AUTHOR);
    writeVarUint(encoder, clock);
  }
  return toUint8Array(encoder);
};

const prefixOf = (update: Uint8Array): Uint8Array => {
  const encoder = createEncoder();
  writeVarUint(encoder, kinds.sync);
  writeVarUint(encoder, steps.update);
  writeVarUint(encoder, update.length);
  return toUint8Array(encoder);
};

/** The message of one presence. */
const awarenessMessage = (presence: LoadPresence): Uint8Array => {
  const encoder = createEncoder();
  writeVarUint(encoder, kinds.awareness);
  const entry = awarenessEntry(presence);
  writeVarUint(encoder, entry.length);
  return Buffer.concat([toUint8Array(encoder), entry]);
};

/** An awareness update of one client. */
export const awarenessEntry = ({ client, clock, state }: LoadPresence): Uint8Array => {
  const encoder = createEncoder();
  writeVarUint(encoder, 1);
  writeVarUint(encoder, client);
  writeVarUint(encoder, clock);
  writeVarString(encoder, state);
  return toUint8Array(encoder);
};
