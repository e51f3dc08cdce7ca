/** When a relay turns one space away and serves the others, that one is asked for again, with growing waits. */

/** The waits of one space. */
export interface Rejoining {
  /** Asks again after a while, unless that is under way. */
  schedule(): void;
  /** Does not ask. The wait goes on growing. */
  cancel(): void;
  /** The space is served: the next wait is a short one. */
  succeeded(): void;
}

/** Waits with full jitter: from 0 to `baseMs` doubled each time, at most `capMs`. */
export const createRejoining = (ports: {
  readonly baseMs: number;
  readonly capMs: number;
  readonly random: () => number;
  rejoin(): void;
}): Rejoining => {
  let failureCount = 0;
  let timer: ReturnType<typeof setTimeout> | null = null;
  const cancel = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
  };
  return {
    schedule: () => {
      if (timer !== null) return;
      const limitMs = Math.min(ports.capMs, ports.baseMs * 2 ** failureCount);
      failureCount += 1;
      timer = setTimeout(() => {
        timer = null;
        ports.rejoin();
      }, ports.random() * limitMs);
    },
    cancel,
    succeeded: () => {
      cancel();
      failureCount = 0;
    },
  };
};
