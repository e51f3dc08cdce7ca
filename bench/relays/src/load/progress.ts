/** How far one client has come in the prepared keystrokes: each frame is compared with what must come next. */
import type { Keystrokes } from "../workload/keystrokes.ts";
import { AUTHOR } from "../workload/keystrokes.ts";
import { extentOf } from "../workload/update-extent.ts";

/** The place of one client. */
export interface Progress {
  /** How many of the updates it has. */
  readonly count: number;
  /** Why what came cannot be right, or null. */
  readonly failure: string | null;
  /** Whether it has everything, nothing of it doubly. */
  readonly isComplete: boolean;
  /** Takes the payload of a frame; returns how many updates the client has now. */
  take(payload: Uint8Array): number;
  /** Takes the whole document, whose deletes are all of its deletes. */
  takeState(payload: Uint8Array): number;
}

/** A client that has nothing yet. */
export const createProgress = (keystrokes: Keystrokes): Progress => {
  const { updates, clockAfter, deletedAfter } = keystrokes;
  let count = 0;
  let clock = 0;
  let deleted = 0;
  let failure: string | null = null;

  const advance = (): number => {
    while (
      count < updates.length &&
      (clockAfter[count] ?? 0) <= clock &&
      (deletedAfter[count] ?? 0) <= deleted
    ) {
      count += 1;
    }
    return count;
  };

  const takeMerged = (payload: Uint8Array, isState: boolean): number => {
    try {
      const { fromClock, toClock, deletedCount } = extentOf(payload, AUTHOR);
      if (fromClock !== null && fromClock > clock) failure ??= `items lost before ${fromClock}`;
      clock = Math.max(clock, toClock);
      deleted = isState ? Math.max(deleted, deletedCount) : deleted + deletedCount;
    } catch (error) {
      failure ??= error instanceof Error ? error.message : String(error);
    }
    return advance();
  };

  return {
    get count() {
      return count;
    },
    get failure() {
      return failure;
    },
    get isComplete() {
      const isExact = clock === clockAfter.at(-1) && deleted === deletedAfter.at(-1);
      return count === updates.length && isExact && failure === null;
    },
    take: (payload) => {
      const expected = updates[count];
      if (expected === undefined || !areEqual(payload, expected)) return takeMerged(payload, false);
      clock = clockAfter[count] ?? 0;
      deleted = deletedAfter[count] ?? 0;
      count += 1;
      return count;
    },
    takeState: (payload) => takeMerged(payload, true),
  };
};

const areEqual = (a: Uint8Array, b: Uint8Array): boolean => {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index += 1) if (a[index] !== b[index]) return false;
  return true;
};
