/** Coming back on the wire of y-websocket: a socket for each document, all at once. */
import { cursorOf, takeBytes, takeNumber } from "../load/cursor.ts";
import { createDeferred } from "../load/deferred.ts";
import type { Job } from "../load/job.ts";
import { type LoadSocket, maskedFrame, openWebSocket } from "../load/web-socket.ts";
import { emptyStep2, kinds, stateVectorOf, steps } from "../wires/y-websocket.ts";
import { urlOf } from "../wires/wire.ts";
import { AUTHOR } from "../workload/keystrokes.ts";
import { extentOf } from "../workload/update-extent.ts";
import type { Visitor } from "./reconnect.ts";

/** A client that has, of each document, what came in its last visit. */
export const createYWebsocketVisitor = (job: Job, names: readonly string[]): Visitor => {
  const clocks = names.map(() => 0);
  const syncOne = async (name: string, index: number): Promise<{ readonly socket: LoadSocket }> => {
    const done = createDeferred();
    const socket = openWebSocket(`${urlOf(job.target, index)}/${name}`, null, {
      message: (bytes) => {
        const cursor = cursorOf(bytes);
        if (takeNumber(cursor) !== kinds.sync) return;
        const step = takeNumber(cursor);
        if (step === steps.step1) return void socket.then((open) => open.send(emptyStep2));
        if (step !== steps.step2) return;
        clocks[index] = Math.max(clocks[index] ?? 0, extentOf(takeBytes(cursor), AUTHOR).toClock);
        done.resolve();
      },
      closed: (code) => done.reject(new Error(`${name}: closed with ${code}`)),
    });
    const open = await socket;
    const stateVector = stateVectorOf(clocks[index] ?? 0);
    open.send(
      maskedFrame(Buffer.from([kinds.sync, steps.step1, stateVector.length, ...stateVector])),
    );
    await done.promise;
    return { socket: open };
  };
  return {
    visit: async () => {
      const before = [...clocks];
      const startMs = performance.now();
      const sockets = await Promise.all(names.map(syncOne));
      const ms = performance.now() - startMs;
      let byteCount = 0;
      let messageCount = 0;
      let roundTrips = 0;
      for (const { socket } of sockets) {
        byteCount += socket.bytesRead + socket.bytesWritten;
        messageCount += socket.messagesRead + socket.messagesWritten;
        roundTrips = Math.max(roundTrips, socket.roundTrips);
        socket.close();
      }
      const changedCount = clocks.filter((clock, index) => clock !== before[index]).length;
      return { ms, byteCount, messageCount, roundTrips, changedCount };
    },
  };
};
