/** Time that moves only when everything due has been done: no test waits for a clock. */
import { createSchedule } from "../../packages/simulator/src/schedule.ts";

/** A queue of things to do, each at a time; at equal times in the order in which they were asked for. */
export interface VirtualTime {
  readonly nowMs: number;
  /** Does this `delayMs` from now. */
  after(delayMs: number, run: () => void): void;
  /** Does everything due up to `untilMs`, in order. */
  runUntil(untilMs: number): void;
}

/** Time from 0. */
export const createVirtualTime = (): VirtualTime => {
  const schedule = createSchedule();
  return {
    get nowMs() {
      return schedule.nowMs;
    },
    after: (delayMs, run) => schedule.at(schedule.nowMs + delayMs, run),
    runUntil: (untilMs) => {
      while (schedule.next(untilMs));
    },
  };
};
