/** `join`: a large document is opened by many at once, as after a deploy. */
import { setTimeout as rest } from "node:timers/promises";
import * as Y from "yjs";
import { createDeferred } from "../load/deferred.ts";
import type { Job, RunResult } from "../load/job.ts";
import { peakMegabytes, residentMegabytes } from "../load/memory.ts";
import { openWindow } from "../load/window.ts";
import { resetPeak } from "../machine/usage.ts";
import { quantileOf } from "../report/statistics.ts";
import { type Client, idleHandlers, type Wire, urlOf } from "../wires/wire.ts";
import { TEXT_NAME } from "../workload/keystrokes.ts";
import { type LargeDocument, largeDocumentOf } from "../workload/large-document.ts";
import type { JoinParameters } from "./parameters.ts";

const patienceMs = 90_000;
/** Sections on their way to the server at a time. */
const inFlight = 4;
/** Different bytes can be the same document. Each variant is built afterwards; more of them than this count as wrong. */
const variantsMax = 6;

interface Arrival {
  readonly ms: number;
  readonly byteCount: number;
}

/** Runs the scenario. */
export const runJoin = async (
  job: Job,
  wire: Wire,
  { clients, documentBytes, restMs }: JoinParameters,
): Promise<RunResult> => {
  const document = largeDocumentOf(documentBytes);
  const name = `${job.roomPrefix}large`;
  // Who wrote it stays: a server that keeps documents in memory only would forget it.
  const author = await write(job, wire, name, document);
  await rest(restMs);
  const before = residentMegabytes(job.processes);
  for (const { pid } of job.processes) resetPeak(pid);
  const closeWindow = openWindow(job.processes);
  const variants: Uint8Array[] = [];
  const arrivals = await Promise.all(
    Array.from({ length: clients }, (_, index) => arrive(job, wire, name, index, variants)),
  );
  const use = closeWindow();
  const times = Float64Array.from(arrivals, ({ ms }) => ms).sort();
  const peak = peakMegabytes(job.processes);
  author.socket.close();
  return {
    figures: {
      joinP50Ms: quantileOf(times, 0.5),
      joinP99Ms: quantileOf(times, 0.99),
      joinsPerSecond: clients / (use.spent.elapsedMs / 1000),
      cpuMsPerJoin: use.cpuMs / clients,
      peakMegabytes: peak,
      peakOverBeforeMegabytes: peak - before,
      memoryMegabytes: use.memoryMegabytes,
      bytesPerJoin: arrivals.reduce((sum, { byteCount }) => sum + byteCount, 0) / clients,
      documentBytes: document.byteCount,
    },
    failure: whyWrong(variants, document),
    ...use.spent,
  };
};

const write = async (
  job: Job,
  wire: Wire,
  name: string,
  { updates }: LargeDocument,
): Promise<Client> => {
  const done = createDeferred();
  let echoCount = 0;
  let sentCount = 0;
  const frames = wire.updateFrames(name, updates);
  // A few at a time: a server need not echo megabytes to an author that does not read meanwhile.
  const reach = (count: number): void => {
    for (; sentCount < Math.min(count + inFlight, frames.length); sentCount += 1) {
      const frame = frames[sentCount];
      if (frame !== undefined) client.socket.send(frame);
    }
    if (count >= updates.length) done.resolve();
  };
  const client = await wire.join(job.target, urlOf(job.target, 0), name, {
    ...idleHandlers,
    update: () => {
      echoCount += 1;
      if (wire.isAcknowledgedByEcho) reach(echoCount);
    },
    acknowledged: reach,
    closed: (code) => done.reject(new Error(`the author was closed with ${code}`)),
  });
  reach(0);
  const timer = setTimeout(() => done.reject(new Error("the document is not taken")), patienceMs);
  await done.promise;
  clearTimeout(timer);
  return client;
};

/** Opens the document; resolves when all of it is there. */
const arrive = async (
  job: Job,
  wire: Wire,
  name: string,
  index: number,
  variants: Uint8Array[],
): Promise<Arrival> => {
  const parts: Uint8Array[] = [];
  const done = createDeferred();
  const startMs = performance.now();
  const keep = (payload: Uint8Array): void => void parts.push(payload.slice());
  const client = await wire.join(job.target, urlOf(job.target, index), name, {
    ...idleHandlers,
    update: keep,
    state: keep,
    caughtUp: () => setImmediate(done.resolve),
    closed: (code) => done.reject(new Error(`a newcomer was closed with ${code}`)),
  });
  const timer = setTimeout(() => done.reject(new Error("a newcomer got nothing")), patienceMs);
  await done.promise;
  clearTimeout(timer);
  const ms = performance.now() - startMs;
  const whole = wholeOf(parts);
  if (!variants.some((variant) => Buffer.compare(variant, whole) === 0)) variants.push(whole);
  client.socket.close();
  return { ms, byteCount: client.socket.bytesRead };
};

/** The payloads one after the other, each with its length in front. */
const wholeOf = (parts: readonly Uint8Array[]): Uint8Array =>
  Buffer.concat(
    parts.flatMap((part) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(part.length);
      return [length, part];
    }),
  );

const whyWrong = (variants: readonly Uint8Array[], { text }: LargeDocument): string | null => {
  if (variants.length > variantsMax) return `newcomers got ${variants.length} different things`;
  const isRight = variants.every((variant) => textOf(variant) === text);
  return isRight ? null : "a newcomer got another document";
};

const textOf = (whole: Uint8Array): string => {
  const doc = new Y.Doc();
  const bytes = Buffer.from(whole.buffer, whole.byteOffset, whole.length);
  for (let at = 0; at < bytes.length;) {
    const end = at + 4 + bytes.readUInt32BE(at);
    Y.applyUpdate(doc, bytes.subarray(at + 4, end));
    at = end;
  }
  return doc.getText(TEXT_NAME).toString();
};
