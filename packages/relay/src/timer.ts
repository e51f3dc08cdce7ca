/** Timers that do not keep the process alive: single ones, and one for the many times that a machine asks to be woken at. */

/** Calls back after a delay in milliseconds, and returns what prevents it. */
export type StartTimer = (callback: () => void, delayMs: number) => () => void;

/** The process's own. */
export const startProcessTimer: StartTimer = (callback, delayMs) => {
  const timer = setTimeout(callback, delayMs);
  timer.unref();
  return () => clearTimeout(timer);
};

/** Calls back at or after each time asked for. */
export interface Waker {
  wake(atMs: number): void;
  stop(): void;
}

/** A waker on this process's clock; `now` is the same clock that the times are of. */
export const createWaker = (now: () => number, woken: () => void): Waker => {
  const times = new Set<number>();
  let timer: ReturnType<typeof setTimeout> | null = null;
  let timerMs = Number.POSITIVE_INFINITY;

  const set = (): void => {
    const nextMs = Math.min(...times);
    if (times.size === 0 || nextMs >= timerMs) return;
    if (timer !== null) clearTimeout(timer);
    timerMs = nextMs;
    timer = setTimeout(fire, Math.max(0, Math.ceil(nextMs - now())));
    timer.unref();
  };

  const fire = (): void => {
    timer = null;
    timerMs = Number.POSITIVE_INFINITY;
    const nowMs = now();
    let isDue = false;
    for (const atMs of times) if (atMs <= nowMs) isDue = times.delete(atMs) || isDue;
    if (isDue) woken();
    set();
  };

  return {
    wake: (atMs) => {
      times.add(atMs);
      set();
    },
    stop: () => {
      if (timer !== null) clearTimeout(timer);
      times.clear();
    },
  };
};
