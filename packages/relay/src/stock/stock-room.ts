/** A room of stock clients: one edge of a space, on behalf of all of them, and the one document that they share. */
import type { Connection, ConnectionHandlers } from "@syncline/websocket";
import { createPresences } from "./presences.ts";
import { encodePresence, isGone, type PresenceEntry } from "./presence-entries.ts";
import { createRoomBroadcast } from "./room-broadcast.ts";
import { createChangeTaker } from "./room-changes.ts";
import { createRestingContent } from "./resting-content.ts";
import { createRoomContent } from "./room-content.ts";
import { createRoomOutbox } from "./room-outbox.ts";
import { ask, begin, takeOutput, whenReady } from "./room-outputs.ts";
import { readAgain } from "./room-reading.ts";
import {
  endRoom,
  DOCUMENT,
  endIfDone,
  later,
  type Room,
  type StockRoomOptions,
  TYPE,
} from "./room-state.ts";
import { createRoomSubmits } from "./room-submits.ts";
import { createSpaceEdge } from "./space-edge.ts";
import { awarenessFrame } from "./stock-frames.ts";
import {
  createStockSession,
  handlersOf,
  keepAlive,
  sendPresence,
  type SessionRoom,
  type StockSession,
} from "./stock-session.ts";

/** A room with clients, or with changes that are not at a quorum yet. */
export interface StockRoom {
  accept(connection: Connection): ConnectionHandlers;
  /** To be called now and then: lets go of the document if nobody has wanted it since the last call. */
  look(): void;
  /** Closes every connection with 1012, and the room. */
  close(): void;
  /** Presences that were dropped, for their size, their number or their bytes. */
  readonly droppedCount: number;
}

/** A room, which looks for its home with its first client. */
export const openStockRoom = (options: StockRoomOptions): StockRoom => {
  const { limits, documents } = options;
  const content = createRestingContent({
    create: () => createRoomContent(documents, limits),
    read: () => readAgain(room),
  });
  const outbox = createRoomOutbox();
  const sessions = new Set<StockSession>();
  const submits = createRoomSubmits((author, payload) => submit(room, author, payload));
  const room: Room = {
    options,
    sessions,
    presences: createPresences(limits),
    content,
    submits,
    outbox,
    broadcast: createRoomBroadcast({ ...options, sessions }),
    changes: createChangeTaker({
      isReady: () => room.isReady,
      isSynced: () => room.isSynced,
      novelty: (payload) => {
        submits.flush();
        return content.novelty(payload, outbox.unshownPayloads);
      },
      submit: (author, payload) => submits.add(author, payload),
      idle: () => endIfDone(room),
    }),
    edge: createSpaceEdge({
      ...options,
      limits: { batchBytesMax: limits.batchBytesMax, outboxBytesMax: limits.outboxBytesMax },
      output: (output) => takeOutput(room, output),
      lost: () => room.presences.suspectSpace(),
      failed: (error) => whenFailed(room, error),
    }),
    timers: new Set(),
    isStarted: false,
    isSynced: false,
    isReady: false,
    isClosed: false,
    stopLinger: () => {},
  };
  return {
    accept: (connection) => accept(room, connection),
    look: () => {
      // What is not on the home's disk, or not said to be, is nowhere else.
      const isStored = room.isSynced && outbox.isEmpty && !room.changes.isBusy;
      if (options.mayRest && isStored) content.restIfUnused();
    },
    close: () => endRoom(room),
    get droppedCount() {
      return room.presences.droppedCount;
    },
  };
};

/** With the first client, and not before: a room without clients ends as soon as its home says that nothing is left to do. */
const start = (room: Room): void => {
  room.isStarted = true;
  later(room, room.options.limits.syncWaitMs, () => whenReady(room));
  keepAllAlive(room);
  room.edge.open();
};

const keepAllAlive = (room: Room): void => {
  for (const session of room.sessions) keepAlive(session);
  later(room, room.options.limits.keepAliveMs / 2, () => keepAllAlive(room));
};

const accept = (room: Room, connection: Connection): ConnectionHandlers => {
  room.stopLinger();
  const session = createStockSession(connection, sessionRoomOf(room));
  room.sessions.add(session);
  if (!room.isStarted) start(room);
  if (room.isReady) ask(room, session);
  if (room.isSynced) begin(room, session);
  return handlersOf(session);
};

const sessionRoomOf = (room: Room): SessionRoom => ({
  ...room.options,
  answer: (stateVector) => room.content.answer(stateVector),
  whole: () => room.content.whole(),
  wake: () => room.content.wake(),
  changed: (session) => room.changes.take(session),
  present: (session, entries) => present(room, session, entries),
  presences: () => room.presences.all(),
  rejected: (code, reason) => {
    room.options.log.warn({ room: room.options.space, code, reason }, "a client was rejected");
    room.options.rejected(code);
  },
  left: (session) => leave(room, session),
});

const submit = (room: Room, author: StockSession, payload: Uint8Array): void => {
  // Noted first: a home in this process may answer before `submit` returns.
  room.outbox.add({ number: room.edge.nextNumber, payload, author });
  room.edge.submit({ document: DOCUMENT, type: TYPE, payload });
};

const present = (room: Room, session: StockSession, entries: readonly PresenceEntry[]): void => {
  const { news, corrections } = room.presences.take(entries, session);
  room.broadcast.present(news, session);
  tellSpace(room, news);
  if (corrections.length > 0) sendPresence(session, awarenessFrame(corrections));
};

const tellSpace = (room: Room, entries: readonly PresenceEntry[]): void => {
  for (const entry of entries) {
    room.edge.present(entry.client, isGone(entry) ? new Uint8Array() : encodePresence(entry));
  }
};

const leave = (room: Room, session: StockSession): void => {
  if (!room.sessions.delete(session) || room.isClosed) return;
  const ends = room.presences.leave(session);
  room.broadcast.present(ends, null);
  tellSpace(room, ends);
  if (room.sessions.size > 0) return;
  room.stopLinger = later(room, room.options.limits.lingerMs, () => endRoom(room));
  endIfDone(room);
};

const whenFailed = (room: Room, error: Error): void => {
  const { log, space } = room.options;
  log.warn({ room: space, error: error.message }, "a room's edge failed");
  endRoom(room);
};
