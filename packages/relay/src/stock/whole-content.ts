/** A document as it is kept, in parts, for who has nothing of it: nothing is opened to get it. */
import type { DocumentAnswer } from "../documents.ts";
import { emptyVector } from "./empty-document.ts";
import type { PackedPayloads } from "./packed-payloads.ts";
import { clocksOfVector, moveClocks, type StateClocks, vectorOfClocks } from "./state-clocks.ts";

/** All of a document. */
export interface WholeContent {
  /** What the parts make together, at least; see `moveClocks`. */
  readonly stateVector: Uint8Array;
  /** Payloads in order, the merged state first, if there is one. The same arrays until something is added or merged. */
  readonly parts: readonly Uint8Array[];
}

/** Reads the parts, and remembers what it has read. */
export interface WholeReader {
  /** The merged state and what stands behind it, or null where it has too many parts, or too large ones. */
  read(merged: DocumentAnswer | null, tail: PackedPayloads): WholeContent | null;
  /** Something was added to the tail. */
  added(): void;
  /** Another merged state stands in front, and another tail behind it. */
  merged(): void;
}

/** A newcomer is not sent more parts than these, since each is a message of its own. */
const PARTS_MAX = 64;
/**
 * Nor more bytes in more than one part.
 *
 * A connection in which more than 8 MiB wait behind its first frame is cut, and presences may be in front. Without this limit:
 *   1. a newcomer to a room of 9 MB, a change behind it, and 300 people is told who is there, which does not go out at once;
 *   2. the state waits behind that; the next part finds 9 MB waiting, and the newcomer is cut off, as often as it comes back.
 */
const PARTS_BYTES_MAX = 6 * 1024 * 1024;

/** A reader that has read nothing. Reading costs about a nanosecond for each byte that was added since. */
export const createWholeReader = (): WholeReader => {
  let whole: WholeContent | null = null;
  /** Of the merged state and the first `clocksCount` payloads behind it; null before somebody wants to know. */
  let clocks: StateClocks | null = null;
  let clocksCount = 0;

  return {
    read: (merged, tail) => {
      if (whole !== null) return whole;
      const list = tail.list();
      const parts = merged === null ? list : [merged.state, ...list];
      const byteCount = parts.reduce((sum, { length }) => sum + length, 0);
      const isTooMuch = parts.length > 1 && byteCount > PARTS_BYTES_MAX;
      if (parts.length > PARTS_MAX || isTooMuch) return null;
      clocks ??= clocksOfVector(merged?.stateVector ?? emptyVector);
      for (const payload of list.slice(clocksCount)) moveClocks(clocks, payload);
      clocksCount = list.length;
      whole = { stateVector: vectorOfClocks(clocks), parts };
      return whole;
    },
    added: () => {
      whole = null;
    },
    merged: () => {
      whole = null;
      clocks = null;
      clocksCount = 0;
    },
  };
};
