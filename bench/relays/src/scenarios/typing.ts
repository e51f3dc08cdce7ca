/** Authors type real keystrokes, readers see them: `fan-out`, `rooms` and `paced`. */
import { setTimeout as rest } from "node:timers/promises";
import * as Y from "yjs";
import { createDeferred } from "../load/deferred.ts";
import type { Job, RunResult } from "../load/job.ts";
import { openWindow } from "../load/window.ts";
import { quantileOf } from "../report/statistics.ts";
import type { Wire } from "../wires/wire.ts";
import { TEXT_NAME } from "../workload/keystrokes.ts";
import type { TypingParameters } from "./parameters.ts";
import { openRooms, sendUpTo, type Typing } from "./typing-rooms.ts";

/** After so long without an arrival the rest counts as lost. */
const patienceMs = 10_000;

/** Runs the scenario: first the warm-up in other rooms, so that the server's code is compiled, and then what is measured. */
export const runTyping = async (
  job: Job,
  wire: Wire,
  parameters: TypingParameters,
): Promise<RunResult> => {
  await warmUpServer(job, wire, parameters);
  const typing = await openRooms(job, wire, parameters, "room");
  await rest(parameters.restMs);
  const traffic = trafficOf(typing);
  const closeWindow = openWindow(job.processes);
  const startMs = performance.now();
  await type(typing);
  const use = closeWindow();
  const { bytes, messages } = trafficOf(typing);
  const deliveries = parameters.rooms * parameters.readers * parameters.updates;
  const latencies = Float64Array.from(typing.latencies).sort();
  const acknowledgements = Float64Array.from(typing.acknowledgements).sort();
  const failure = typing.failure ?? whyIncomplete(typing);
  for (const { members } of typing.rooms) for (const { client } of members) client.socket.close();
  return {
    figures: {
      deliveriesPerSecond: deliveries / ((typing.arrivedAtMs - startMs) / 1000),
      latencyP50Ms: quantileOf(latencies, 0.5),
      latencyP99Ms: quantileOf(latencies, 0.99),
      acknowledgedP50Ms: quantileOf(acknowledgements, 0.5),
      acknowledgedP99Ms: quantileOf(acknowledgements, 0.99),
      cpuUsPerDelivery: (use.cpuMs * 1000) / deliveries,
      bytesPerDelivery: (bytes - traffic.bytes) / deliveries,
      framesPerDelivery: (messages - traffic.messages) / deliveries,
      memoryMegabytes: use.memoryMegabytes,
    },
    failure,
    ...use.spent,
  };
};

const warmUpServer = async (job: Job, wire: Wire, parameters: TypingParameters): Promise<void> => {
  const { updates, inFlight } = parameters.warmUp;
  const pace = { kind: "in-flight", count: inFlight } as const;
  const typing = await openRooms(job, wire, { ...parameters, updates, pace }, "warm");
  await type(typing);
  if (typing.failure !== null) throw new Error(`in the warm-up: ${typing.failure}`);
  for (const { members } of typing.rooms) for (const { client } of members) client.socket.close();
};

/** Types everything; resolves when all is seen and acknowledged, or when nothing came for too long. */
const type = async (typing: Typing): Promise<void> => {
  const done = createDeferred();
  typing.finished = done.resolve;
  const { pace } = typing.parameters;
  const timers: NodeJS.Timeout[] = [];
  typing.arrivedAtMs = performance.now();
  typing.rooms.forEach((room, index) => {
    if (pace.kind === "in-flight") return sendUpTo(room, pace.count);
    const everyMs = 1000 / pace.perSecond;
    // Rooms take turns: people do not type in step.
    const begin = (): void => {
      timers.push(setInterval(() => sendUpTo(room, room.sentCount + 1), everyMs));
    };
    timers.push(setTimeout(begin, (everyMs * index) / typing.rooms.length));
  });
  timers.push(
    setInterval(() => {
      if (performance.now() - typing.arrivedAtMs < patienceMs) return;
      typing.failure ??= "not everything arrived";
      done.resolve();
    }, 500),
  );
  await done.promise;
  for (const timer of timers) clearInterval(timer);
  typing.finished = () => {};
};

const trafficOf = ({ rooms }: Typing): { readonly bytes: number; readonly messages: number } => {
  let bytes = 0;
  let messages = 0;
  for (const { members } of rooms) {
    for (const [place, { client }] of members.entries()) {
      bytes += client.socket.bytesRead + client.socket.bytesWritten;
      if (place > 0) messages += client.socket.messagesRead;
    }
  }
  return { bytes, messages };
};

/** What a reader lacks or has wrongly, or null. */
const whyIncomplete = ({ rooms, keystrokes }: Typing): string | null => {
  for (const [index, { members }] of rooms.entries()) {
    for (const [place, { progress, payloads }] of members.entries()) {
      if (place === 0) continue;
      const who = `reader ${place} of room ${index}`;
      if (progress.failure !== null) return `${who}: ${progress.failure}`;
      if (!progress.isComplete) {
        return `${who} has ${progress.count} of ${keystrokes.updates.length}, or some of them twice`;
      }
      if (payloads.length > 0 && textOf(payloads) !== keystrokes.text) {
        return `${who} has another text`;
      }
    }
  }
  return null;
};

const textOf = (payloads: readonly Uint8Array[]): string => {
  const doc = new Y.Doc();
  for (const payload of payloads) Y.applyUpdate(doc, payload);
  return doc.getText(TEXT_NAME).toString();
};
