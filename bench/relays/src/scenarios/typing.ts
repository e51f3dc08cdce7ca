/** Authors type real keystrokes, readers see them: `fan-out`, `rooms` and `paced`. */
import * as Y from "yjs";
import { createDeferred } from "../load/deferred.ts";
import type { Job, RunResult } from "../load/job.ts";
import { inLanes } from "../load/lanes.ts";
import { createProgress, type Progress } from "../load/progress.ts";
import { openWindow } from "../load/window.ts";
import { quantileOf } from "../report/statistics.ts";
import { type Client, idleHandlers, type Wire } from "../wires/wire.ts";
import { type Keystrokes, readKeystrokes, TEXT_NAME } from "../workload/keystrokes.ts";
import type { TypingParameters } from "./parameters.ts";

/** After so long without an arrival the rest counts as lost. */
const patienceMs = 10_000;
/** In so many rooms one reader's document is built afterwards and compared with what was typed. */
const builtMax = 50;

interface Room {
  readonly frames: readonly Buffer[];
  readonly members: Member[];
  readonly readers: number;
  readonly sentAtMs: Float64Array;
  /** How many readers have each update. */
  readonly seenCounts: Uint16Array;
  sentCount: number;
  /** Up to here all readers have every update. */
  seenByAllCount: number;
  acknowledgedCount: number;
}

interface Member {
  readonly client: Client;
  readonly progress: Progress;
  /** What came, if it is kept. */
  readonly payloads: Uint8Array[];
}

interface Typing {
  readonly parameters: TypingParameters;
  readonly keystrokes: Keystrokes;
  readonly rooms: Room[];
  readonly latencies: number[];
  readonly acknowledgements: number[];
  arrivedAtMs: number;
  failure: string | null;
  finished(): void;
}

/** Runs the scenario: once shorter in other rooms, so that the server's code is compiled, and then measured. */
export const runTyping = async (
  job: Job,
  wire: Wire,
  parameters: TypingParameters,
): Promise<RunResult> => {
  const { warmUpUpdates: updates } = parameters;
  const warmUp = await open(job, wire, { ...parameters, updates }, "warm");
  await type(warmUp);
  if (warmUp.failure !== null) throw new Error(`in the warm-up: ${warmUp.failure}`);
  for (const { members } of warmUp.rooms) for (const { client } of members) client.socket.close();
  const typing = await open(job, wire, parameters, "room");
  await new Promise((resolve) => setTimeout(resolve, parameters.restMs));
  const traffic = trafficOf(typing);
  const closeWindow = openWindow(job.processes);
  const startMs = performance.now();
  await type(typing);
  const use = closeWindow();
  const { bytes, messages } = trafficOf(typing);
  const deliveries = parameters.rooms * parameters.readers * parameters.updates;
  const latencies = Float64Array.from(typing.latencies).sort();
  const acknowledgements = Float64Array.from(typing.acknowledgements).sort();
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
    failure: typing.failure ?? whyIncomplete(typing),
    elapsedMs: use.elapsedMs,
    cpuMsByProcess: use.cpuMsByProcess,
    load: use.load,
  };
};

const open = async (
  job: Job,
  wire: Wire,
  parameters: TypingParameters,
  prefix: string,
): Promise<Typing> => {
  const typing: Typing = {
    parameters,
    keystrokes: readKeystrokes(parameters.updates),
    rooms: [],
    latencies: [],
    acknowledgements: [],
    arrivedAtMs: 0,
    failure: null,
    finished: () => {},
  };
  const { urls } = job.target;
  await inLanes(Array.from({ length: parameters.rooms }), 8, async (_, index) => {
    const name = `${job.roomPrefix}${prefix}-${String(index).padStart(5, "0")}`;
    const room = createRoom(typing, wire, name);
    typing.rooms[index] = room;
    for (let place = 0; place <= parameters.readers; place += 1) {
      // Neighbours are at different relays, and so are the authors of different rooms.
      const url = urls[(index + place) % urls.length] ?? "";
      room.members[place] = await join(typing, job, wire, { url, name, room, place, index });
    }
  });
  return typing;
};

const createRoom = (
  { parameters, keystrokes: { updates } }: Typing,
  wire: Wire,
  name: string,
): Room => ({
  frames: wire.updateFrames(name, updates),
  members: [],
  readers: parameters.readers,
  sentAtMs: new Float64Array(updates.length),
  seenCounts: new Uint16Array(updates.length),
  sentCount: 0,
  seenByAllCount: 0,
  acknowledgedCount: 0,
});

interface Seat {
  readonly url: string;
  readonly name: string;
  readonly room: Room;
  readonly place: number;
  readonly index: number;
}

const join = async (typing: Typing, job: Job, wire: Wire, seat: Seat): Promise<Member> => {
  const { room, place, index, name, url } = seat;
  const progress = createProgress(typing.keystrokes);
  const payloads: Uint8Array[] = [];
  const isAuthor = place === 0;
  const isKept = place === 1 && index < builtMax;
  const advance = (before: number, count: number): void => {
    if (!isAuthor) whenSeen(typing, room, before, count);
    else if (wire.isAcknowledgedByEcho || job.target.isCopying) {
      whenAcknowledged(typing, room, count);
    }
  };
  const client = await wire.join(job.target, url, name, {
    ...idleHandlers,
    update: (payload) => {
      if (isKept) payloads.push(payload.slice());
      advance(progress.count, progress.take(payload));
    },
    state: (payload) => {
      if (isKept) payloads.push(payload.slice());
      advance(progress.count, progress.takeState(payload));
    },
    acknowledged: (count) => {
      if (isAuthor) whenAcknowledged(typing, room, count);
    },
    closed: (code) => {
      typing.failure ??= `a client was closed with ${code}`;
      typing.finished();
    },
  });
  return { client, progress, payloads };
};

const whenSeen = (typing: Typing, room: Room, before: number, count: number): void => {
  if (count === before) return;
  const nowMs = performance.now();
  const { readers, seenCounts, sentAtMs } = room;
  for (let update = before; update < count; update += 1) {
    typing.latencies.push(nowMs - (sentAtMs[update] ?? 0));
    seenCounts[update] = (seenCounts[update] ?? 0) + 1;
  }
  while (seenCounts[room.seenByAllCount] === readers) room.seenByAllCount += 1;
  typing.arrivedAtMs = nowMs;
  const { pace } = typing.parameters;
  if (pace.kind === "in-flight") send(room, room.seenByAllCount + pace.count);
  finishIfDone(typing, room);
};

const whenAcknowledged = (typing: Typing, room: Room, count: number): void => {
  const nowMs = performance.now();
  for (; room.acknowledgedCount < count; room.acknowledgedCount += 1) {
    typing.acknowledgements.push(nowMs - (room.sentAtMs[room.acknowledgedCount] ?? 0));
  }
  finishIfDone(typing, room);
};

const isDone = (room: Room): boolean =>
  room.seenByAllCount === room.frames.length && room.acknowledgedCount === room.frames.length;

const finishIfDone = (typing: Typing, room: Room): void => {
  if (isDone(room) && typing.rooms.every(isDone)) typing.finished();
};

const send = (room: Room, toCount: number): void => {
  const author = room.members[0]?.client.socket;
  while (room.sentCount < Math.min(toCount, room.frames.length)) {
    room.sentAtMs[room.sentCount] = performance.now();
    author?.send(room.frames[room.sentCount] ?? Buffer.alloc(0));
    room.sentCount += 1;
  }
};

/** Types everything; resolves when all is seen and acknowledged, or when nothing came for too long. */
const type = async (typing: Typing): Promise<void> => {
  const done = createDeferred();
  typing.finished = done.resolve;
  const { pace } = typing.parameters;
  const timers: NodeJS.Timeout[] = [];
  typing.arrivedAtMs = performance.now();
  typing.rooms.forEach((room, index) => {
    if (pace.kind === "in-flight") return send(room, pace.count);
    const everyMs = 1000 / pace.perSecond;
    // Rooms take turns: people do not type in step.
    const begin = (): void => {
      timers.push(setInterval(() => send(room, room.sentCount + 1), everyMs));
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
