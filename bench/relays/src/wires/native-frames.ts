/**
 * Reads what a home says on Syncline's own wire, with as little work as there is.
 *
 * The package that everybody uses makes an object of each item and a copy of each payload. A hundred clients in one process would spend more on
 * that than the server that is measured.
 */
import { type Cursor, cursorOf, skip, skipBytes, takeBytes, takeNumber } from "../load/cursor.ts";

/** What a client does with what it reads. Bytes are views. */
export interface NativeTaker {
  /** The session has begun; `log` is the index of the home's own log. */
  readonly welcome: (home: string, log: number, numberByLog: ReadonlyMap<number, number>) => void;
  /** Somebody's batch, and its place. */
  readonly batch: (payload: Uint8Array, log: number, number: number) => void;
  /** A document's merged state. */
  readonly state: (payload: Uint8Array) => void;
  /** One of the client's own batches has a place in the home's log. */
  readonly own: (ownNumber: number, number: number) => void;
  /** A home has this log up to this number on its disk. */
  readonly durable: (home: string, log: number, number: number) => void;
  readonly presence: (bytes: Uint8Array) => void;
  /** Everything that the home had has been sent. */
  readonly caughtUp: () => void;
  readonly refused: (reason: string) => void;
}

/** Numbers of the items, as they stand on the wire. */
export const itemKinds = {
  heartbeat: 0,
  greet: 1,
  open: 2,
  close: 3,
  logs: 4,
  error: 5,
  submit: 17,
  presence: 19,
  welcome: 20,
  group: 21,
  update: 22,
  admitted: 23,
  durable: 25,
  refused: 26,
} as const;

const decoder = new TextDecoder();
const takeText = (cursor: Cursor): string => decoder.decode(takeBytes(cursor));

/** Takes every item of a frame; throws at what it does not know. */
export const takeNativeFrame = (frame: Uint8Array, taker: NativeTaker): void => {
  const cursor = cursorOf(frame);
  while (cursor.at < frame.length) takeItem(cursor, taker);
};

const takeItem = (cursor: Cursor, taker: NativeTaker): void => {
  const kind = takeNumber(cursor);
  switch (kind) {
    case itemKinds.heartbeat:
      return;
    case itemKinds.greet:
      return skipGreeting(cursor);
    case itemKinds.error:
      skipBytes(cursor);
      return taker.refused(`${takeText(cursor)}: ${takeText(cursor)}`);
  }
  takeNumber(cursor);
  switch (kind) {
    case itemKinds.open:
      return skipBytes(cursor);
    case itemKinds.close:
      return taker.refused("the space was closed");
    case itemKinds.logs:
      return skip(cursor, 8 * takeNumber(cursor));
    case itemKinds.submit:
      takeNumber(cursor);
      return takeBatches(cursor, (payload) => taker.batch(payload, -1, 0));
    case itemKinds.presence:
      takeNumber(cursor);
      return taker.presence(takeBytes(cursor));
    case itemKinds.welcome:
      return takeWelcome(cursor, taker);
    case itemKinds.group:
      return takeGroup(cursor, taker);
    case itemKinds.update:
      return takeShownEntries(cursor, taker);
    case itemKinds.admitted: {
      const ownNumber = takeNumber(cursor);
      takeNumber(cursor);
      return taker.own(ownNumber, takeNumber(cursor));
    }
    case itemKinds.durable:
      return takeDurable(cursor, taker);
    case itemKinds.refused:
      takeNumber(cursor);
      return taker.refused(`${takeText(cursor)}: ${takeText(cursor)}`);
    default:
      throw new RangeError(`an item that is not known: ${kind}`);
  }
};

const skipGreeting = (cursor: Cursor): void => {
  takeNumber(cursor);
  takeNumber(cursor);
  skipBytes(cursor);
  if (takeNumber(cursor) === 1) skip(cursor, 8);
  skipBytes(cursor);
};

const takeShownEntries = (cursor: Cursor, taker: NativeTaker): void => {
  for (let count = takeNumber(cursor); count > 0; count -= 1) {
    const log = takeNumber(cursor);
    const number = takeNumber(cursor);
    const ownNumber = takeNumber(cursor);
    if (ownNumber === 0) taker.batch(takeBatch(cursor), log, number);
    else taker.own(ownNumber, number);
  }
};

const takeBatches = (cursor: Cursor, take: (payload: Uint8Array) => void): void => {
  for (let count = takeNumber(cursor); count > 0; count -= 1) take(takeBatch(cursor));
};

const takeBatch = (cursor: Cursor): Uint8Array => {
  if (takeNumber(cursor) === 0) skipBytes(cursor);
  skipBytes(cursor);
  return takeBytes(cursor);
};

const takeGroup = (cursor: Cursor, taker: NativeTaker): void => {
  // An entry in a page has no place yet: the merged states that come before it may stand in a later page. All of a catch-up is shown with its last.
  takeShownEntries(cursor, { ...taker, batch: (payload) => taker.batch(payload, -1, 0) });
  takeBatches(cursor, taker.state);
  const isLast = takeNumber(cursor) === 1;
  skipVector(cursor);
  if (isLast) taker.caughtUp();
};

const skipVector = (cursor: Cursor): void => {
  for (let count = takeNumber(cursor); count > 0; count -= 1) {
    takeNumber(cursor);
    takeNumber(cursor);
  }
};

const takeVector = (cursor: Cursor): ReadonlyMap<number, number> => {
  const numberByLog = new Map<number, number>();
  for (let count = takeNumber(cursor); count > 0; count -= 1) {
    const log = takeNumber(cursor);
    numberByLog.set(log, takeNumber(cursor));
  }
  return numberByLog;
};

const takeWelcome = (cursor: Cursor, taker: NativeTaker): void => {
  taker.welcome(takeText(cursor), takeNumber(cursor), takeVector(cursor));
  if (takeNumber(cursor) !== 0) {
    takeNumber(cursor);
    takeNumber(cursor);
  }
  for (let field = 0; field < 3; field += 1) takeNumber(cursor);
  for (let count = takeNumber(cursor); count > 0; count -= 1) {
    skipBytes(cursor);
    takeNumber(cursor);
    skipVector(cursor);
  }
};

const takeDurable = (cursor: Cursor, taker: NativeTaker): void => {
  takeNumber(cursor);
  const home = takeText(cursor);
  takeNumber(cursor);
  for (let count = takeNumber(cursor); count > 0; count -= 1) {
    const log = takeNumber(cursor);
    taker.durable(home, log, takeNumber(cursor));
  }
};
