/** A clock for tests, moved by hand, with the timers that run by it. */
import type { StartTimer } from "../../packages/relay/src/timer.ts";

/** Time that stands until it is moved. */
export interface SteppedClock {
  now(): number;
  readonly startTimer: StartTimer;
  readonly timerCount: number;
  /** Moves the clock on, and runs what is due in the order in which it was started; turns of the microtask queue before and after. */
  pass(ms: number): Promise<void>;
}

/** A clock at 0. */
export const createSteppedClock = (): SteppedClock => {
  let nowMs = 0;
  let timers: { readonly atMs: number; readonly callback: () => void }[] = [];
  return {
    now: () => nowMs,
    get timerCount() {
      return timers.length;
    },
    startTimer: (callback, delayMs) => {
      const timer = { atMs: nowMs + delayMs, callback };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    pass: async (ms) => {
      await Promise.resolve();
      nowMs += ms;
      const due = timers.filter(({ atMs }) => atMs <= nowMs);
      timers = timers.filter(({ atMs }) => atMs > nowMs);
      for (const { callback } of due) callback();
      await Promise.resolve();
    },
  };
};
