/** A promise that ends with what it waits for, at a time limit, or at a signal. */
import { SyncError } from "@syncline/machine";

/** How long to wait. */
export interface WaitOptions {
  /** Reject with `TIMEOUT` after this many milliseconds. Default: never. */
  readonly timeoutMs?: number;
  /** Reject with the signal's reason when it is aborted. */
  readonly signal?: AbortSignal;
}

/** Runs `start` with the two ends of a promise; what it returns is called once, when the promise has come to one of them. */
export const waitable = async (
  start: (resolve: () => void, reject: (error: unknown) => void) => () => void,
  { timeoutMs, signal }: WaitOptions,
): Promise<void> => {
  signal?.throwIfAborted();
  let stop: () => void = () => {};
  let timer: ReturnType<typeof setTimeout> | undefined;
  let abort: () => void = () => {};
  try {
    await new Promise<void>((resolve, reject) => {
      stop = start(resolve, reject);
      abort = () => {
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", abort);
      if (timeoutMs === undefined || timeoutMs === Number.POSITIVE_INFINITY) return;
      timer = setTimeout(() => {
        reject(new SyncError("TIMEOUT", `not reached within ${timeoutMs} ms`));
      }, timeoutMs);
    });
  } finally {
    stop();
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
};
