/** What a room does when its edge hears from the home. */
import type { EdgeOutput } from "@syncline/gossip";
import type { Pending } from "./room-outbox.ts";
import {
  DOCUMENT,
  endIfDone,
  later,
  type Room,
  tellChange,
  tellPresences,
  TYPE,
} from "./room-state.ts";
import { updateFrame } from "./stock-frames.ts";
import {
  askSession,
  beginSession,
  closeBusy,
  closeSession,
  sendChange,
  stockClose,
  type StockSession,
} from "./stock-session.ts";

/** Takes what the room's edge says. */
export const takeOutput = (room: Room, output: EdgeOutput): void => {
  switch (output.kind) {
    case "show":
      return whenShown(room, output.batches);
    case "synced":
      return whenSynced(room);
    case "levels":
      return whenLevels(room, output);
    case "refused":
      return whenRefused(room, output);
    case "presence": {
      const entry = room.presences.takeFromSpace(output.key, output.bytes);
      return tellPresences(room, entry === null ? [] : [entry], null);
    }
    case "owed":
      return giveStates(room);
    case "violation": {
      const { log, space } = room.options;
      return log.warn({ room: space, reason: output.reason }, "a home broke the protocol");
    }
    case "welcome":
    case "durable":
      return;
  }
};

const whenShown = (room: Room, batches: Extract<EdgeOutput, { kind: "show" }>["batches"]): void => {
  const { documents, log, space } = room.options;
  const payloads: Uint8Array[] = [];
  for (const { document, type, payload } of batches) {
    if (document !== DOCUMENT) continue;
    const why = documents.whyBad(type, payload);
    if (why === null) payloads.push(payload);
    else log.warn({ room: space, why }, "a batch is not shown to stock clients");
  }
  room.content.add(payloads);
  for (const payload of payloads) tellChange(room, payload, null);
};

const whenSynced = (room: Room): void => {
  room.isSynced = true;
  whenReady(room);
  for (const session of room.sessions) beginSession(session);
  later(room, room.options.limits.presenceGraceMs, () =>
    tellPresences(room, room.presences.sweep(), null),
  );
};

/** Clients are told what to upload, and their changes are taken. */
export const whenReady = (room: Room): void => {
  if (room.isReady) return;
  room.isReady = true;
  for (const session of room.sessions) {
    ask(room, session);
    room.changes.take(session);
  }
};

/** The client is told what the room has, so that it uploads what it made offline, and no more than that. */
export const ask = (room: Room, session: StockSession): void => {
  room.content.answer(null).then(
    ({ stateVector }) => askSession(session, stateVector),
    (error: unknown) => closeBusy(session, error),
  );
};

/** What a home has on disk becomes part of the document, and the other clients get it; at a quorum the author gets it too. */
const whenLevels = (
  room: Room,
  levels: { readonly relay: number; readonly quorum: number },
): void => {
  const { shown, settled } = room.outbox.reach(levels);
  room.content.add(shown.map(({ payload }) => payload));
  for (const { payload, author } of shown) tellChange(room, payload, author);
  for (const change of settled) echo(room, change);
  endIfDone(room);
};

/**
 * The author gets its own change back: to clients of version 4 that is the acknowledgement. One that has reconnected meanwhile gets it on its new
 * connection; others that came later have it already and lose nothing.
 */
const echo = (room: Room, { payload, author }: Pending): void => {
  const frame = updateFrame(payload);
  if (author.isOpen) return sendChange(author, frame);
  for (const session of room.sessions) {
    if (session.serial > author.serial) sendChange(session, frame);
  }
};

/** Number 0: the machine itself did not take the newest. */
const whenRefused = (room: Room, refused: Extract<EdgeOutput, { kind: "refused" }>): void => {
  const { log, space } = room.options;
  const isMeant = (number: number): boolean =>
    refused.number === 0 ? number >= room.edge.nextNumber : number === refused.number;
  const closeCode = refused.code === "OUTBOX_FULL" ? stockClose.busy : stockClose.tooLarge;
  for (const { author } of room.outbox.refuse(isMeant)) {
    const { code, reason } = refused;
    log.warn({ room: space, code, reason }, "a change was refused");
    closeSession(author, closeCode, refused);
  }
};

const giveStates = (room: Room): void => {
  const { log, space, limits } = room.options;
  room.content.answer(null).then(
    ({ state }) => room.edge.giveStates([{ document: DOCUMENT, type: TYPE, payload: state }]),
    (error: unknown) => {
      log.warn({ room: space, error: String(error) }, "a home could not be given the document");
      later(room, limits.syncWaitMs, () => giveStates(room));
    },
  );
};
