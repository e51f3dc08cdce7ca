/** The changes that a room's clients send in one turn become as few batches as can be: each is an entry with its records at every home. */
import { atTurnEnd } from "@syncline/websocket";
import { joinUpdates } from "../update-joining.ts";
import type { StockSession } from "./stock-session.ts";

/** Passes changes on in order, joined where one author's follow each other. */
export interface RoomSubmits {
  /** Passed on at the end of the turn at the latest. */
  add(author: StockSession, payload: Uint8Array): void;
  /** Passes on what waits now. */
  flush(): void;
}

/** Submits in front of a room's edge. What waits is bounded by what a turn can bring: a socket's reads. */
export const createRoomSubmits = (
  pass: (author: StockSession, payload: Uint8Array) => void,
): RoomSubmits => {
  let author: StockSession | null = null;
  let payloads: Uint8Array[] = [];

  const flush = (): void => {
    if (author === null) return;
    const by = author;
    const joined = joinUpdates(payloads);
    author = null;
    payloads = [];
    for (const payload of joined) pass(by, payload);
  };

  return {
    add: (by, payload) => {
      if (author !== by) flush();
      if (author === null) atTurnEnd(flush);
      author = by;
      payloads.push(payload);
    },
    flush,
  };
};
