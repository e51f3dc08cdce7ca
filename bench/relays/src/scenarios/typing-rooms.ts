/** Rooms in which an author types and readers see it: who is there, what has been sent, and who has what. */
import type { Job } from "../load/job.ts";
import { inLanes } from "../load/lanes.ts";
import { createProgress, type Progress } from "../load/progress.ts";
import { type Client, idleHandlers, type Wire, urlOf } from "../wires/wire.ts";
import { type Keystrokes, readKeystrokes } from "../workload/keystrokes.ts";
import type { TypingParameters } from "./parameters.ts";

/** In so many rooms one reader's document is built afterwards and compared with what was typed. */
const builtMax = 50;

/** A room. */
export interface Room {
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

/** Somebody in a room: first its author, then its readers. */
interface Member {
  readonly client: Client;
  readonly progress: Progress;
  /** What came, if it is kept. */
  readonly payloads: Uint8Array[];
}

/** All rooms, and what has arrived in them. */
export interface Typing {
  readonly parameters: TypingParameters;
  readonly keystrokes: Keystrokes;
  readonly rooms: Room[];
  readonly latencies: number[];
  readonly acknowledgements: number[];
  arrivedAtMs: number;
  failure: string | null;
  finished(): void;
}

/** Lets everybody into their rooms, whose names begin with the prefix. */
export const openRooms = async (
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
  await inLanes(Array.from({ length: parameters.rooms }), 8, async (_, index) => {
    const name = `${job.roomPrefix}${prefix}-${String(index).padStart(5, "0")}`;
    const room = createRoom(typing, wire, name);
    typing.rooms[index] = room;
    for (let place = 0; place <= parameters.readers; place += 1) {
      // Neighbours are at different relays, and so are the authors of different rooms.
      const url = urlOf(job.target, index + place);
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
  if (pace.kind === "in-flight") sendUpTo(room, room.seenByAllCount + pace.count);
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

/** Sends the author's updates up to this number. */
export const sendUpTo = (room: Room, toCount: number): void => {
  const author = room.members[0]?.client.socket;
  while (room.sentCount < Math.min(toCount, room.frames.length)) {
    room.sentAtMs[room.sentCount] = performance.now();
    author?.send(room.frames[room.sentCount] ?? Buffer.alloc(0));
    room.sentCount += 1;
  }
};
