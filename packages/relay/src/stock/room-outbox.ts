/** The changes of a room's clients on their way: to one home, and then to a quorum. */
import type { StockSession } from "./stock-session.ts";

/** A change on its way to a quorum. */
export interface Pending {
  /** The room's edge counts its batches; these are those numbers. */
  readonly number: number;
  readonly payload: Uint8Array;
  readonly author: StockSession;
}

/** A room's changes that are not at a quorum yet, by number. */
export interface RoomOutbox {
  /** Takes a change in; its number is higher than those before. */
  add(change: Pending): void;
  /** Moves on to what a home has (up to `relay`) and what a quorum has (up to `quorum`), and returns what came to each by that. */
  reach(levels: { readonly relay: number; readonly quorum: number }): {
    readonly shown: readonly Pending[];
    readonly settled: readonly Pending[];
  };
  /** Takes the changes out that will never be at a home, by their numbers, and returns them. */
  refuse(isMeant: (number: number) => boolean): readonly Pending[];
  /** What no home has yet, oldest first. */
  readonly unshownPayloads: readonly Uint8Array[];
  readonly isEmpty: boolean;
}

/** An outbox with nothing in it. */
export const createRoomOutbox = (): RoomOutbox => {
  /** At a home, not at a quorum. */
  const shown: Pending[] = [];
  /** At no home; their numbers are higher. */
  let unshown: Pending[] = [];

  return {
    add: (change) => {
      unshown.push(change);
    },
    reach: ({ relay, quorum }) => {
      const newlyShown = takeUpTo(unshown, relay);
      shown.push(...newlyShown);
      return { shown: newlyShown, settled: takeUpTo(shown, quorum) };
    },
    refuse: (isMeant) => {
      const refused = unshown.filter(({ number }) => isMeant(number));
      unshown = unshown.filter(({ number }) => !isMeant(number));
      return refused;
    },
    get unshownPayloads() {
      return unshown.map(({ payload }) => payload);
    },
    get isEmpty() {
      return shown.length === 0 && unshown.length === 0;
    },
  };
};

/** Takes the front of the list out, up to this number. */
const takeUpTo = (changes: Pending[], number: number): readonly Pending[] => {
  let count = 0;
  while ((changes[count]?.number ?? Number.POSITIVE_INFINITY) <= number) count += 1;
  return changes.splice(0, count);
};
