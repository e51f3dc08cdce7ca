/** What a room is, and what all its parts do with it. */
import type { Documents } from "../documents.ts";
import type { SpacePort } from "../space-port.ts";
import type { Presences } from "./presences.ts";
import type { RoomBroadcast } from "./room-broadcast.ts";
import type { ChangeTaker } from "./room-changes.ts";
import type { RestingContent } from "./resting-content.ts";
import type { RoomOutbox } from "./room-outbox.ts";
import type { RoomSubmits } from "./room-submits.ts";
import type { SpaceEdge } from "./space-edge.ts";
import type { StartTimer } from "../timer.ts";
import type { StockLimits } from "./stock-limits.ts";
import { stockClose, type StockSession } from "./stock-session.ts";

/** The one document of a space that stock clients see. */
export const DOCUMENT = "default";

/** Its type. */
export const TYPE = "yjs";

/** Where a room writes what an operator should know; pino's loggers are this. */
export interface StockLog {
  warn(details: object, message: string): void;
}

/** What a room needs. */
export interface StockRoomOptions {
  readonly space: string;
  readonly port: SpacePort;
  readonly documents: Documents;
  readonly limits: StockLimits;
  readonly log: StockLog;
  readonly startTimer: StartTimer;
  now(): number;
  /** Whether rooms may let go of documents: the home is in this process, and asks nobody else when a room reads them again. */
  readonly mayRest: boolean;
  /** A client sent what no client should. */
  rejected(code: string): void;
  /** The room has nothing left to do. */
  ended(): void;
}

/** A room. The functions of the room's modules change it. */
export interface Room {
  readonly options: StockRoomOptions;
  readonly sessions: Set<StockSession>;
  readonly presences: Presences<StockSession>;
  readonly content: RestingContent;
  /** Changes on their way to the edge. */
  readonly submits: RoomSubmits;
  readonly outbox: RoomOutbox;
  readonly broadcast: RoomBroadcast;
  readonly changes: ChangeTaker;
  readonly edge: SpaceEdge;
  /** What must be stopped when the room ends. */
  readonly timers: Set<() => void>;
  isStarted: boolean;
  /** The room has been shown all that its home had. */
  isSynced: boolean;
  /** It has, or has waited long enough: clients are told what to upload. */
  isReady: boolean;
  isClosed: boolean;
  /** Prevents the end of a room without clients. */
  stopLinger: () => void;
}

/** Calls back after a delay unless the room has ended by then; returns what prevents it. */
export const later = (room: Room, delayMs: number, callback: () => void): (() => void) => {
  const stop = room.options.startTimer(() => {
    room.timers.delete(stop);
    if (!room.isClosed) callback();
  }, delayMs);
  room.timers.add(stop);
  return () => {
    room.timers.delete(stop);
    stop();
  };
};

/** A room without clients stays only for what is not at a quorum yet. */
export const endIfDone = (room: Room): void => {
  if (room.sessions.size > 0) return;
  room.submits.flush();
  if (!room.outbox.isEmpty || room.changes.isBusy) return;
  endRoom(room);
};

/** Ends the room, and its clients' connections with 1012. */
export const endRoom = (room: Room): void => {
  if (room.isClosed) return;
  // What is on disk is told, and what was said is passed on, though nobody waits for the answer.
  room.submits.flush();
  if (room.isClosed) return;
  room.broadcast.flush();
  room.broadcast.close();
  room.isClosed = true;
  for (const stop of room.timers) stop();
  room.edge.close();
  for (const { connection } of room.sessions) connection.close(stockClose.restart, "restart");
  room.sessions.clear();
  room.options.ended();
};
