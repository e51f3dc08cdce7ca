/** How long to wait before the next attempt: exponential with full jitter, as data and functions. */

/** When and how fast the waits grow. */
export interface BackoffSettings {
  /** Upper end of the first wait, in milliseconds. */
  readonly baseMs: number;
  /** Upper end of every wait, in milliseconds. */
  readonly capMs: number;
  /** A connection that was open this long counts as good: the waits begin from the base again. In milliseconds. */
  readonly stableMs: number;
  /** How many addresses take turns. The waits grow once a round, so that a living address is found soon after a loss. */
  readonly addressCount: number;
}

/** What the waits depend on. */
export interface Backoff {
  /** Losses and failed attempts since the last connection that was good. */
  readonly lossCount: number;
  /** When the current connection opened, or null if none is open. */
  readonly openedAtMs: number | null;
}

/** Before the first attempt. */
export const freshBackoff: Backoff = { lossCount: 0, openedAtMs: null };

/** A connection opened. That alone does not reset the waits: a server that accepts and drops at once would be hammered. */
export const afterOpening = (backoff: Backoff, nowMs: number): Backoff => ({
  ...backoff,
  openedAtMs: nowMs,
});

/** An open connection was lost, or an attempt failed. */
export const afterLoss = (
  backoff: Backoff,
  settings: Pick<BackoffSettings, "stableMs">,
  nowMs: number,
): Backoff => {
  const wasGood = backoff.openedAtMs !== null && nowMs - backoff.openedAtMs >= settings.stableMs;
  return { lossCount: wasGood ? 1 : backoff.lossCount + 1, openedAtMs: null };
};

/** The upper end of the wait, in milliseconds: the base, doubled with each full round of addresses, at most the cap. */
export const ceilingMs = (
  backoff: Backoff,
  settings: Pick<BackoffSettings, "baseMs" | "capMs" | "addressCount">,
): number => {
  const roundCount = Math.floor(Math.max(0, backoff.lossCount - 1) / settings.addressCount);
  return Math.min(settings.capMs, settings.baseMs * 2 ** roundCount);
};

/**
 * The wait before the next attempt, in milliseconds; `fraction` is random, from 0 (in) to 1 (out).
 *
 * Full jitter: anywhere from 0 to the ceiling. When a server with thousands of clients dies they all notice at once; spread over
 * the whole range their attempts come at an even rate, where a fixed wait with a little jitter makes waves.
 * (Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015.)
 */
export const waitMs = (
  backoff: Backoff,
  settings: Pick<BackoffSettings, "baseMs" | "capMs" | "addressCount">,
  fraction: number,
): number => fraction * ceilingMs(backoff, settings);
