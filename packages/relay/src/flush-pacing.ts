/**
 * When a flush begins. A flush costs some 0.2 ms of processor time and two changes of threads, whatever is in it, so where several spaces write one right
 * after the other it waits a moment for the next of them.
 *
 * A space that writes alone never waits: nobody would come. Nor does anybody where writes are rare, for whom the wait would be for nothing.
 */

/** Spaces whose writes follow each other by this much in the mean, or less, wait for each other. */
const COMPANY_GAP_MS = 3;
/** How long at most, apart from a timer's lateness of up to a millisecond. */
const COMPANY_WAIT_MS = 1;
/** What a longer gap counts as, and a second write of the same space: a few of them end the waiting. */
const GAP_MS_MAX = 20;
/** How much the newest gap counts. */
const NEWEST_SHARE = 1 / 8;

/** What tells an idle disk when to begin. */
export interface FlushPacing {
  /** This space writes something now. */
  wrote(space: string): void;
  /** Calls back when the flush of what has been written is to begin: at the end of the event loop's turn, or a little later. */
  defer(begin: () => void): void;
}

/** What pacing needs of the world. */
export interface FlushPacingPorts {
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** Calls back at the end of the event loop's turn, after all sockets that have something were read. */
  readonly atTurnEnd: (begin: () => void) => void;
  /** Calls back after this time. */
  readonly after: (delayMs: number, begin: () => void) => void;
}

/** A pacing that has seen nothing yet. */
export const createFlushPacing = ({ now, atTurnEnd, after }: FlushPacingPorts): FlushPacing => {
  let meanGapMs = GAP_MS_MAX;
  let lastSpace = "";
  let lastMs = Number.NEGATIVE_INFINITY;
  return {
    wrote: (space) => {
      const nowMs = now();
      const gapMs = space === lastSpace ? GAP_MS_MAX : Math.min(nowMs - lastMs, GAP_MS_MAX);
      meanGapMs += (gapMs - meanGapMs) * NEWEST_SHARE;
      lastSpace = space;
      lastMs = nowMs;
    },
    defer: (begin) => {
      if (meanGapMs <= COMPANY_GAP_MS) after(COMPANY_WAIT_MS, begin);
      else atTurnEnd(begin);
    },
  };
};
