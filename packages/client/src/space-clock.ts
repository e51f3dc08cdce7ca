/** The hybrid clock of a space: times for last-writer-wins values, after everything that was seen there. */
import { type HybridClock, type HybridTime, observe, startOfTime, tick } from "@syncline/clocks";

/** A clock. */
export interface SpaceClock {
  /** The time of something that happens now: after all that it gave and saw. */
  now(): HybridTime;
  /** Takes in a time of elsewhere. Returns by how many milliseconds it is too far ahead to be believed; 0 if it is not. */
  see(time: HybridTime | null): number;
}

/** A clock that follows the wall clock, in milliseconds since 1970. */
export const createSpaceClock = (wallMs: () => number): SpaceClock => {
  let clock: HybridClock = startOfTime;
  return {
    now: () => {
      clock = tick(clock, wallMs());
      return clock;
    },
    see: (time) => {
      if (time === null) return 0;
      const seen = observe(clock, time, wallMs());
      if (seen.kind === "too-far-ahead") return seen.aheadMs;
      clock = seen.clock;
      return 0;
    },
  };
};
