/** A node's clock: it began somewhere else, runs a little fast or slow, and jumps. */

/** The clocks of one node. */
export interface Clock {
  /** What machines are given: never goes back within the life of a process. */
  monotonicMs(worldMs: number): number;
  /** The time of day, as the node believes it: jumps both ways. */
  wallMs(worldMs: number): number;
  /** In how much of the world's time the monotonic clock will show this; 0 if it does already. */
  untilMs(monotonicMs: number, worldMs: number): number;
  /** From now on it runs at this rate; 1.0 is right. */
  drift(rate: number, worldMs: number): void;
  /** The time of day is set. A jump forwards, as after a suspended machine wakes up, moves the monotonic clock too if `isSuspension`. */
  jump(byMs: number, isSuspension: boolean): void;
}

/** A clock whose time of day is off by `offsetMs`. */
export const createClock = (offsetMs: number): Clock => {
  let rate = 1;
  let sinceMs = 0;
  let atSinceMs = 0;
  let wallOffsetMs = offsetMs;
  const monotonicMs = (worldMs: number): number => atSinceMs + (worldMs - sinceMs) * rate;
  return {
    monotonicMs,
    wallMs: (worldMs) => monotonicMs(worldMs) + wallOffsetMs,
    untilMs: (atMs, worldMs) => Math.max(0, (atMs - monotonicMs(worldMs)) / rate),
    drift: (nextRate, worldMs) => {
      atSinceMs = monotonicMs(worldMs);
      sinceMs = worldMs;
      rate = nextRate;
    },
    jump: (byMs, isSuspension) => {
      if (isSuspension && byMs > 0) atSinceMs += byMs;
      else wallOffsetMs += byMs;
    },
  };
};
