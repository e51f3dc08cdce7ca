/**
 * A pace for what many are told at once.
 *
 * A message to each of n receivers is n system calls, which is nearly all that a busy room costs. So what comes in one turn leaves together, and the more
 * receivers there are, the longer the pause before the next: what comes meanwhile goes along. After silence nothing waits.
 */
import { atTurnEnd } from "@syncline/websocket";
import type { StartTimer } from "./timer.ts";

/** How long presences of a space wait after the last that was told: n clients whose cursors move are n² messages, which this makes a number that does not depend on n. */
export const presencePause = {
  msPerReceiver: 0.125,
  /** Twenty times a second is still seen as a movement. */
  msMax: 50,
} as const;

/** Less than this is no wait: timers are not more exact. */
export const PAUSE_MS_MIN = 1;

/** When something is told. */
export interface Pace {
  /** Has it told at the end of the turn, or when the pause is over. */
  ask(): void;
  /** Everybody is told something else in this turn: has what waits told with it, at the end of the turn. */
  goAlong(): void;
  /** Has it told now, if it was asked for. */
  flush(): void;
  /** Nothing that was asked for is told any more. */
  close(): void;
}

/** What a pace needs. */
export interface PaceOptions {
  now(): number;
  readonly startTimer: StartTimer;
  /** The pause after what was told last, in milliseconds; asked for each time. */
  pauseMs(): number;
  tell(): void;
}

/** A pace at which nothing was told yet. */
export const createPace = (options: PaceOptions): Pace => {
  let toldMs = Number.NEGATIVE_INFINITY;
  let isAsked = false;
  let isGoingAlong = false;
  let stopTimer = (): void => {};

  const flush = (): void => {
    if (!isAsked) return;
    isAsked = false;
    stopTimer();
    options.tell();
    toldMs = options.now();
  };
  return {
    ask: () => {
      if (isAsked) return;
      isAsked = true;
      const waitMs = toldMs + options.pauseMs() - options.now();
      if (waitMs < PAUSE_MS_MIN) atTurnEnd(flush);
      else stopTimer = options.startTimer(flush, waitMs);
    },
    goAlong: () => {
      if (isGoingAlong) return;
      isGoingAlong = true;
      atTurnEnd(() => {
        isGoingAlong = false;
        flush();
      });
    },
    flush,
    close: () => {
      isAsked = false;
      stopTimer();
    },
  };
};
