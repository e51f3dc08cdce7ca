/** Coming back on the wire of Hocuspocus: all documents on one socket, each asked for by itself. */
import { cursorOf, takeBytes, takeNumber } from "../load/cursor.ts";
import { createDeferred } from "../load/deferred.ts";
import type { Job } from "../load/job.ts";
import { openWebSocket } from "../load/web-socket.ts";
import { authFrame, hocuspocusKinds, syncFrame } from "../wires/hocuspocus.ts";
import { urlOf } from "../wires/wire.ts";
import { stateVectorOf, steps } from "../wires/y-websocket.ts";
import { AUTHOR } from "../workload/keystrokes.ts";
import { extentOf } from "../workload/update-extent.ts";
import type { Visitor } from "./reconnect.ts";

/** A client that has, of each document, what came in its last visit. */
export const createHocuspocusVisitor = (job: Job, names: readonly string[]): Visitor => {
  const clockByName = new Map(names.map((name) => [name, 0]));
  const decoder = new TextDecoder();
  return {
    visit: async () => {
      const before = new Map(clockByName);
      const missing = new Set(names);
      const done = createDeferred();
      const startMs = performance.now();
      const socket = openWebSocket(urlOf(job.target, 0), null, {
        message: (bytes) => {
          const cursor = cursorOf(bytes);
          const name = decoder.decode(takeBytes(cursor));
          if (takeNumber(cursor) !== hocuspocusKinds.sync) return;
          const step = takeNumber(cursor);
          if (step === steps.step1) {
            const nothing = syncFrame(name, steps.step2, Uint8Array.of(0, 0));
            return void socket.then((open) => open.send(nothing));
          }
          if (step !== steps.step2) return;
          const { toClock } = extentOf(takeBytes(cursor), AUTHOR);
          clockByName.set(name, Math.max(clockByName.get(name) ?? 0, toClock));
          missing.delete(name);
          if (missing.size === 0) done.resolve();
        },
        closed: (code) => done.reject(new Error(`closed with ${code}`)),
      });
      const open = await socket;
      for (const name of names) {
        open.send(authFrame(name));
        open.send(syncFrame(name, steps.step1, stateVectorOf(clockByName.get(name) ?? 0)));
      }
      await done.promise;
      const ms = performance.now() - startMs;
      const changed = names.filter((name) => clockByName.get(name) !== before.get(name));
      open.close();
      return {
        ms,
        byteCount: open.bytesRead + open.bytesWritten,
        messageCount: open.messagesRead + open.messagesWritten,
        roundTrips: open.roundTrips,
        changedCount: changed.length,
      };
    },
  };
};
