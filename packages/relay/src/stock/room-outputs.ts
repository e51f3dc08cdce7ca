/** What a room does when its edge hears from the home. */
import type { EdgeOutput } from "@syncline/gossip";
import { payloadsOf } from "./room-reading.ts";
import { DOCUMENT, endIfDone, later, type Room, TYPE } from "./room-state.ts";
import {
  askSession,
  beginSession,
  closeBusy,
  closeSession,
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
      return room.broadcast.present(entry === null ? [] : [entry], null);
    }
    case "owed":
      return giveStates(room);
    case "violation": {
      const { log, space } = room.options;
      return log.warn({ room: space, reason: output.reason }, "a home broke the protocol");
    }
    case "welcome":
    case "heard":
    case "durable":
      return;
  }
};

const whenShown = (room: Room, batches: Extract<EdgeOutput, { kind: "show" }>["batches"]): void => {
  const payloads = payloadsOf(room, batches);
  room.content.add(payloads);
  for (const payload of payloads) room.broadcast.show({ payload, author: null });
};

const whenSynced = (room: Room): void => {
  room.isSynced = true;
  whenReady(room);
  for (const session of room.sessions) begin(room, session);
  later(room, room.options.limits.presenceGraceMs, () =>
    room.broadcast.present(room.presences.sweep(), null),
  );
};

/** From here on the client is told of changes. What is in the document by now, and waits to be told to the others, it gets as a part of the document only. */
export const begin = (room: Room, session: StockSession): void => {
  room.broadcast.flush();
  beginSession(session);
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
  const waking = room.content.wake();
  if (waking !== null) {
    waking.then(
      () => ask(room, session),
      (error: unknown) => closeBusy(session, error),
    );
    return;
  }
  const whole = room.content.whole();
  if (whole !== null) return askSession(session, whole.stateVector);
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
  for (const change of shown) room.broadcast.show(change);
  for (const change of settled) room.broadcast.echo(change);
  endIfDone(room);
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

/** What no home has goes along: the machine takes what it is given for all that the room has, and lets go of the changes before it. */
const giveStates = (room: Room): void => {
  const { log, space, limits } = room.options;
  room.content.answer(null).then(
    ({ state }) => {
      // Read now, not when the state was asked for: more may have been typed since.
      const payloads = [state, ...room.outbox.unshownPayloads];
      room.edge.giveStates(
        payloads.map((payload) => ({ document: DOCUMENT, type: TYPE, payload })),
      );
    },
    (error: unknown) => {
      log.warn({ room: space, error: String(error) }, "a home could not be given the document");
      later(room, limits.syncWaitMs, () => giveStates(room));
    },
  );
};
