/**
 * The y-websocket wire: stock clients of the versions 1 to 4, unchanged. The path of the connection is a room; a room is the space of that name,
 * with its one document `default`.
 */
import { whyBadName } from "@syncline/gossip";
import type { Connection, ConnectionHandlers } from "@syncline/websocket";
import type { Documents } from "../documents.ts";
import type { SpacePort } from "../space-port.ts";
import { startProcessTimer, type StartTimer } from "../timer.ts";
import { createDocumentPauses } from "./document-pauses.ts";
import { defaultStockLimits, type StockLimits } from "./stock-limits.ts";
import type { StockLog } from "./room-state.ts";
import { openStockRoom, type StockRoom } from "./stock-room.ts";
import { stockClose } from "./stock-session.ts";

/** What stock rooms need. */
export interface StockRoomsOptions {
  readonly port: SpacePort;
  readonly documents: Documents;
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  readonly limits?: Partial<StockLimits>;
  /** Whether rooms in which nothing happens let go of their documents, to read them again from a home in this process, which asks nobody else. */
  readonly mayRest: boolean;
  readonly log: StockLog;
  /** Calls back after a delay in milliseconds, and returns what prevents it. Default: the process's timers, which do not keep it alive. */
  readonly startTimer?: StartTimer;
}

/** All rooms of stock clients at one relay. */
export interface StockRooms {
  /** Takes a connection on; `path` is the request's path and query as they came. A bad name closes it with 4400 and `BAD_NAME`. */
  accept(connection: Connection, path: string): ConnectionHandlers;
  /** Closes every connection with 1012 and every room. */
  close(): void;
  /** Rooms with clients, or with changes that are not at a quorum yet. */
  readonly roomCount: number;
  /** Connections that were closed for what they sent, by code. */
  readonly rejectedCountByCode: ReadonlyMap<string, number>;
}

/** Rooms that open with their first client and end after their last. */
export const createStockRooms = (options: StockRoomsOptions): StockRooms => {
  const limits = { ...defaultStockLimits, ...options.limits };
  const startTimer = options.startTimer ?? startProcessTimer;
  const pauses = createDocumentPauses({ ...options, pauseMs: limits.openPauseMs });
  const roomByName = new Map<string, StockRoom>();
  const rejectedCountByCode = new Map<string, number>();

  const count = (code: string): void => {
    rejectedCountByCode.set(code, (rejectedCountByCode.get(code) ?? 0) + 1);
  };

  const refuse = (
    connection: Connection,
    closeCode: number,
    why: { readonly code: string; readonly reason: string },
  ): ConnectionHandlers => {
    count(why.code);
    connection.close(closeCode, `${why.code}: ${why.reason}`);
    return { frame: () => {}, closed: () => {} };
  };

  const open = (space: string): StockRoom => {
    const room = openStockRoom({
      ...options,
      documents: pauses.documentsFor(space),
      space,
      limits,
      startTimer,
      rejected: count,
      ended: () => {
        if (roomByName.get(space) === room) roomByName.delete(space);
      },
    });
    roomByName.set(space, room);
    return room;
  };

  let stopLooking = (): void => {};
  const look = (): void => {
    for (const room of roomByName.values()) room.look();
    stopLooking = startTimer(look, limits.lookMs);
  };
  if (options.mayRest) stopLooking = startTimer(look, limits.lookMs);

  return {
    accept: (connection, path) => {
      const space = roomNameOf(path);
      const why = whyBadName(space);
      if (why !== null) {
        const reason = `the room's name ${why}`;
        return refuse(connection, stockClose.badInput, { code: "BAD_NAME", reason });
      }
      const known = roomByName.get(space);
      if (known === undefined && roomByName.size >= limits.roomsMax) {
        return refuse(connection, stockClose.busy, { code: "BUSY", reason: "too many rooms" });
      }
      return (known ?? open(space)).accept(connection);
    },
    close: () => {
      stopLooking();
      for (const room of roomByName.values()) room.close();
    },
    get roomCount() {
      return roomByName.size;
    },
    rejectedCountByCode,
  };
};

/** As the reference server sees it: the path without its slash and query, not decoded. */
const roomNameOf = (path: string): string => path.slice(1).split("?")[0] ?? "";
