/**
 * How far an update of one author reaches, read from its bytes.
 *
 * A server may merge updates, so their number says nothing. But an author's items are numbered without a gap, and each is deleted once: the
 * number after the newest item and the count of deleted items tell exactly which of the prepared updates are in it.
 */
import { type Cursor, cursorOf, skip, skipBytes, takeNumber } from "../load/cursor.ts";

/** What an update contains. */
export interface UpdateExtent {
  /** The number of the first item in it, or null if it has none. */
  readonly fromClock: number | null;
  /** The number after the last item in it, or 0 if it has none. */
  readonly toClock: number;
  /** How many items it deletes. */
  readonly deletedCount: number;
}

/** Reads an update in format v1 that only `author` wrote, and only in texts; throws at anything else. */
export const extentOf = (update: Uint8Array, author: number): UpdateExtent => {
  const cursor = cursorOf(update);
  const authorCount = takeNumber(cursor);
  let fromClock: number | null = null;
  let toClock = 0;
  for (let index = 0; index < authorCount; index += 1) {
    const structCount = takeNumber(cursor);
    if (takeNumber(cursor) !== author) throw new RangeError("an update of somebody else");
    fromClock = takeNumber(cursor);
    toClock = fromClock;
    for (let struct = 0; struct < structCount; struct += 1) toClock += takeStruct(cursor);
  }
  return { fromClock, toClock, deletedCount: takeDeletedCount(cursor) };
};

const infoBits = { hasOrigin: 0x80, hasRightOrigin: 0x40, hasParentKey: 0x20, content: 0x1f };
const contents = { collected: 0, deleted: 1, string: 4, skip: 10 } as const;

/** Goes over a struct and returns how many items it is. */
const takeStruct = (cursor: Cursor): number => {
  const info = cursor.bytes[cursor.at] ?? 0;
  cursor.at += 1;
  const content = info & infoBits.content;
  if (content === contents.skip) throw new RangeError("an update with a gap");
  if (content === contents.collected) return takeNumber(cursor);
  const hasOrigin = (info & infoBits.hasOrigin) !== 0;
  const hasRightOrigin = (info & infoBits.hasRightOrigin) !== 0;
  if (hasOrigin) skipId(cursor);
  if (hasRightOrigin) skipId(cursor);
  if (!hasOrigin && !hasRightOrigin) {
    const isRoot = takeNumber(cursor) === 1;
    if (isRoot) skipBytes(cursor);
    else skipId(cursor);
    if ((info & infoBits.hasParentKey) !== 0) skipBytes(cursor);
  }
  if (content === contents.deleted) return takeNumber(cursor);
  if (content === contents.string) return takeStringLength(cursor);
  throw new RangeError(`a content that is no text: ${content}`);
};

const skipId = (cursor: Cursor): void => {
  takeNumber(cursor);
  takeNumber(cursor);
};

/** Goes over a text and returns its length as JavaScript counts it: a character of four bytes counts as two. */
const takeStringLength = (cursor: Cursor): number => {
  const byteCount = takeNumber(cursor);
  const end = cursor.at + byteCount;
  let length = 0;
  for (let at = cursor.at; at < end; at += 1) {
    const byte = cursor.bytes[at] ?? 0;
    if ((byte & 0xc0) !== 0x80) length += byte >= 0xf0 ? 2 : 1;
  }
  skip(cursor, byteCount);
  return length;
};

const takeDeletedCount = (cursor: Cursor): number => {
  let deletedCount = 0;
  for (let authors = takeNumber(cursor); authors > 0; authors -= 1) {
    takeNumber(cursor);
    for (let ranges = takeNumber(cursor); ranges > 0; ranges -= 1) {
      takeNumber(cursor);
      deletedCount += takeNumber(cursor);
    }
  }
  return deletedCount;
};
