/** A timer that does not keep a Node process alive by itself. */

/** The longest delay that browsers and Node count; above it they would fire at once. */
const delayMsMax = 2 ** 31 - 1;

/**
 * Calls back once after `delayMs` milliseconds; never if that is infinite. Returns what cancels it.
 *
 * In Node the timer is "unref'd": open sockets keep a process alive, the watch over them must not.
 */
export const startTimer = (delayMs: number, callback: () => void): (() => void) => {
  if (delayMs === Number.POSITIVE_INFINITY) return () => {};
  const timer: unknown = setTimeout(callback, Math.min(delayMs, delayMsMax));
  if (isNodeTimer(timer)) timer.unref();
  return () => clearTimeout(timer as number);
};

const isNodeTimer = (timer: unknown): timer is { unref(): void } =>
  typeof timer === "object" && timer !== null && "unref" in timer;
