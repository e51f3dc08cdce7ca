/** One stock client: reads its frames, answers its questions within its budget, and sends it what happens unless it does not keep up. */
import type { Connection, ConnectionHandlers } from "@syncline/websocket";
import type { DocumentAnswer, Documents } from "../documents.ts";
import { isEmptyUpdate, whyBadStateVector } from "../document-shape.ts";
import { type AnswerBudget, createAnswerBudget } from "./answer-budget.ts";
import { emptyUpdate, isEmptyVector } from "./empty-document.ts";
import { type PresenceEntry, readPresences } from "./presence-entries.ts";
import type { StartTimer } from "../timer.ts";
import {
  awarenessFrame,
  partFrame,
  readStockFrame,
  step1Frame,
  step2Frame,
  type StockMessage,
} from "./stock-frames.ts";
import type { StockLimits } from "./stock-limits.ts";
import type { WholeContent } from "./whole-content.ts";

/** Why a connection is closed. The codes from 4400 to 4499 tell a stock client not to try again. */
export const stockClose = { badInput: 4400, tooLarge: 4413, busy: 1013, restart: 1012 } as const;

/** A change that a client sent. */
interface Change {
  readonly payload: Uint8Array;
  /** A step 2 comes with all of the client's deletes, even when there is nothing new in it: it is compared before it is stored. */
  readonly isStep2: boolean;
}

/** What a session needs of its room. */
export interface SessionRoom {
  readonly documents: Documents;
  readonly limits: StockLimits;
  readonly startTimer: StartTimer;
  now(): number;
  /** The document for a holder of this vector. */
  answer(stateVector: Uint8Array | null): Promise<DocumentAnswer>;
  /** Null if the document is here; else resolves when it has been read. */
  wake(): Promise<void> | null;
  /** The whole document in parts, or null: it must be asked for by `answer`. */
  whole(): WholeContent | null;
  /** A change has come into the inbox. */
  changed(session: StockSession): void;
  present(session: StockSession, entries: readonly PresenceEntry[]): void;
  presences(): readonly PresenceEntry[];
  /** The client sent what no client should; its connection is being closed. */
  rejected(code: string, reason: string): void;
  left(session: StockSession): void;
}

/** One client of a room. Only the functions of this module change it. */
export interface StockSession {
  readonly connection: Connection;
  readonly room: SessionRoom;
  /** Grows with each session of the process: who came later has the greater one. */
  readonly serial: number;
  /** Changes that the room has not taken yet, oldest first. */
  readonly inbox: Change[];
  readonly budget: AnswerBudget;
  inboxBytes: number;
  isOpen: boolean;
  /** It was told what the room has. */
  hasAsked: boolean;
  /** The room has the document: questions can be answered. */
  hasBegun: boolean;
  isCongested: boolean;
  /** It missed a change while it did not keep up. */
  isDirty: boolean;
  /** It missed a presence. */
  isPresenceDirty: boolean;
  /** What the client is known to have; null until it has said so. */
  stateVector: Uint8Array | null;
  isAnswerDue: boolean;
  isAnswering: boolean;
  stopAnswerTimer: () => void;
  /** Whether something was sent since `keepAlive` was called last, or the session began. */
  hasSent: boolean;
}

let serialCount = 0;

/** A session on this connection. Nothing is sent yet. */
export const createStockSession = (connection: Connection, room: SessionRoom): StockSession => {
  serialCount += 1;
  return {
    connection,
    room,
    serial: serialCount,
    inbox: [],
    budget: createAnswerBudget(room.limits, room.now()),
    inboxBytes: 0,
    isOpen: true,
    hasAsked: false,
    hasBegun: false,
    isCongested: false,
    isDirty: false,
    isPresenceDirty: false,
    stateVector: null,
    isAnswerDue: false,
    isAnswering: false,
    stopAnswerTimer: () => {},
    hasSent: true,
  };
};

/** What the session's connection is to be told with. */
export const handlersOf = (session: StockSession): ConnectionHandlers => ({
  frame: (frame) => {
    const messages = readStockFrame(frame);
    if (messages === null) return reject(session, "BAD_FRAME", "a frame is malformed");
    for (const message of messages) if (session.isOpen) takeMessage(session, message);
  },
  closed: () => {
    session.isOpen = false;
    session.stopAnswerTimer();
    session.room.left(session);
  },
  congested: () => {
    session.isCongested = true;
  },
  drained: () => whenDrained(session),
  text: () => reject(session, "BAD_FRAME", "a text frame"),
});

/** Closes the connection; the reason begins with a code that stays the same. */
export const closeSession = (
  session: StockSession,
  closeCode: number,
  why: { readonly code: string; readonly reason: string },
): void => session.connection.close(closeCode, `${why.code}: ${why.reason}`);

/** Sends the frame of a change. A client that does not keep up misses it, and gets what it lacks when it does again. */
export const sendChange = (session: StockSession, frame: Uint8Array): void => {
  if (session.isCongested) session.isDirty = true;
  else send(session, frame);
};

/** Sends a frame of presences. A client that does not keep up misses it, and gets everybody's newest when it does again. */
export const sendPresence = (session: StockSession, frame: Uint8Array): void => {
  if (session.isCongested) session.isPresenceDirty = true;
  else send(session, frame);
};

/** Tells the client what the server has, so that it sends the rest, and who is there. Once. */
export const askSession = (session: StockSession, stateVector: Uint8Array): void => {
  if (session.hasAsked) return;
  session.hasAsked = true;
  send(session, step1Frame(stateVector));
  sendAllPresences(session);
};

/** The room has the document now: questions can be answered. */
export const beginSession = (session: StockSession): void => {
  session.hasBegun = true;
  answerIfDue(session);
};

/** The first change of the inbox is dealt with. */
export const tookChange = (session: StockSession): void => {
  session.inboxBytes -= session.inbox.shift()?.payload.length ?? 0;
};

/** Sends something that means nothing, if nothing was sent since the last call; a client then never waits longer than from one call to the second next. */
export const keepAlive = (session: StockSession): void => {
  if (!session.hasSent) send(session, awarenessFrame([]));
  session.hasSent = false;
};

const send = (session: StockSession, frame: Uint8Array): void => {
  session.hasSent = true;
  session.connection.send(frame);
};

const sendAllPresences = (session: StockSession): void => {
  const entries = session.room.presences();
  if (entries.length > 0) sendPresence(session, awarenessFrame(entries));
};

const reject = (session: StockSession, code: string, reason: string): void => {
  session.room.rejected(code, reason);
  closeSession(session, stockClose.badInput, { code, reason });
};

const takeMessage = (session: StockSession, message: StockMessage): void => {
  switch (message.kind) {
    case "step1": {
      const why = whyBadStateVector(message.stateVector);
      if (why !== null) return reject(session, "BAD_FRAME", `a state vector: ${why}`);
      session.stateVector = message.stateVector.slice();
      session.isAnswerDue = true;
      return answerIfDue(session);
    }
    case "step2":
      return takeChange(session, message.update, true);
    case "update":
      return takeChange(session, message.update, false);
    case "awareness": {
      const entries = readPresences(message.bytes);
      if (entries === null) return reject(session, "BAD_FRAME", "an awareness update is malformed");
      return session.room.present(session, entries);
    }
    case "query":
      return sendAllPresences(session);
    case "other":
      return;
  }
};

const takeChange = (session: StockSession, update: Uint8Array, isStep2: boolean): void => {
  const { documents, limits } = session.room;
  const why = documents.whyBad("yjs", update);
  if (why !== null) return reject(session, "BAD_PAYLOAD", `an update: ${why}`);
  if (isEmptyUpdate(update)) return;
  const isFull =
    session.inboxBytes + update.length > limits.inboxBytesMax ||
    session.inbox.length >= limits.inboxCountMax;
  if (isFull) {
    const reason = "more changes than can be taken";
    return closeSession(session, stockClose.busy, { code: "BUSY", reason });
  }
  // A copy: the bytes are a view of the frame, and that is one of all that came in with it.
  session.inbox.push({ payload: copyOf(update), isStep2 });
  session.inboxBytes += update.length;
  session.room.changed(session);
};

/** Out of Node's pool if it is small: an array with a buffer of its own costs several times its bytes. Not a `Buffer`, whose `slice` is a view. */
const copyOf = (bytes: Uint8Array): Uint8Array => {
  const { buffer, byteOffset, length } = Buffer.from(bytes);
  return new Uint8Array(buffer, byteOffset, length);
};

/** Answers the newest question, once there is a document, room in the connection, and budget. */
const answerIfDue = (session: StockSession): void => {
  const { room, budget } = session;
  const isPossible = session.isOpen && session.hasBegun && !session.isCongested;
  if (!session.isAnswerDue || session.isAnswering || !isPossible) return;
  session.stopAnswerTimer();
  const waitMs = budget.waitMs(room.now());
  if (waitMs > 0) {
    session.stopAnswerTimer = room.startTimer(() => answerIfDue(session), waitMs);
    return;
  }
  const waking = room.wake();
  if (waking !== null) return answerWhenAwake(session, waking);
  session.isAnswerDue = false;
  const { stateVector } = session;
  const whole = stateVector !== null && isEmptyVector(stateVector) ? room.whole() : null;
  if (whole !== null) return sendWhole(session, whole);
  session.isAnswering = true;
  room.answer(session.stateVector).then(
    (answer) => whenAnswered(session, answer),
    (error: unknown) => closeBusy(session, error),
  );
};

const answerWhenAwake = (session: StockSession, waking: Promise<void>): void => {
  session.isAnswering = true;
  waking.then(
    () => {
      session.isAnswering = false;
      answerIfDue(session);
    },
    (error: unknown) => closeBusy(session, error),
  );
};

/** Sends all parts, and the last as the answer: with it a client is synced, and its application looks whether there is anything in the document. */
const sendWhole = (session: StockSession, { parts, stateVector }: WholeContent): void => {
  const byteCount = parts.reduce((sum, part) => sum + part.length, 0);
  session.budget.spend(byteCount, session.room.now());
  session.stateVector = stateVector;
  for (const part of parts.slice(0, -1)) send(session, partFrame(part));
  send(session, step2Frame(parts.at(-1) ?? emptyUpdate));
};

const whenAnswered = (session: StockSession, answer: DocumentAnswer): void => {
  session.isAnswering = false;
  if (!session.isOpen) return;
  session.budget.spend(answer.difference.length, session.room.now());
  // Frames arrive in order: whatever is sent later, the client has this by then.
  if (!session.isAnswerDue) session.stateVector = answer.stateVector;
  send(session, step2Frame(answer.difference));
  answerIfDue(session);
};

/** The document cannot be opened now: the client is to come again later. */
export const closeBusy = (session: StockSession, error: unknown): void => {
  const reason = error instanceof Error ? error.message : String(error);
  closeSession(session, stockClose.busy, { code: "BUSY", reason });
};

const whenDrained = (session: StockSession): void => {
  session.isCongested = false;
  if (session.isPresenceDirty) sendAllPresences(session);
  if (session.isDirty && session.stateVector !== null) session.isAnswerDue = true;
  session.isPresenceDirty = false;
  session.isDirty = false;
  answerIfDue(session);
};
