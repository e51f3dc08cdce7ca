/** `history`: a document is typed, keystroke by keystroke, and then opened by newcomers. Only for the growth curves. */
import { setTimeout as rest } from "node:timers/promises";
import { createDeferred } from "../load/deferred.ts";
import type { Job, RunResult } from "../load/job.ts";
import { spreadOf } from "../report/statistics.ts";
import { idleHandlers, type Wire, urlOf } from "../wires/wire.ts";
import type { HistoryParameters } from "./parameters.ts";
import { runTyping } from "./typing.ts";

const newcomerCount = 5;
/** Compaction, if there is one, is over by then. */
const restMs = 2000;

/** Runs the scenario. */
export const runHistory = async (
  job: Job,
  wire: Wire,
  { updates, inFlight }: HistoryParameters,
): Promise<RunResult> => {
  const typed = await runTyping(job, wire, {
    kind: "typing",
    rooms: 1,
    readers: 1,
    updates,
    pace: { kind: "in-flight", count: inFlight },
    warmUp: { updates: 200, inFlight },
    restMs: 300,
  });
  await rest(restMs);
  const arrivals: { readonly ms: number; readonly byteCount: number }[] = [];
  while (arrivals.length < newcomerCount) {
    arrivals.push(await arrive(job, wire, `${job.roomPrefix}room-00000`));
  }
  return {
    ...typed,
    figures: {
      cpuUsPerUpdate: typed.figures.cpuUsPerDelivery ?? Number.NaN,
      deliveriesPerSecond: typed.figures.deliveriesPerSecond ?? Number.NaN,
      memoryMegabytes: typed.figures.memoryMegabytes ?? Number.NaN,
      catchUpMs: spreadOf(arrivals.map(({ ms }) => ms))?.median ?? Number.NaN,
      catchUpBytes: spreadOf(arrivals.map(({ byteCount }) => byteCount))?.median ?? Number.NaN,
    },
  };
};

const arrive = async (
  job: Job,
  wire: Wire,
  name: string,
): Promise<{ readonly ms: number; readonly byteCount: number }> => {
  const done = createDeferred();
  const startMs = performance.now();
  const client = await wire.join(job.target, urlOf(job.target, 0), name, {
    ...idleHandlers,
    caughtUp: () => setImmediate(done.resolve),
    closed: (code) => done.reject(new Error(`a newcomer was closed with ${code}`)),
  });
  await done.promise;
  const ms = performance.now() - startMs;
  client.socket.close();
  return { ms, byteCount: client.socket.bytesRead };
};
