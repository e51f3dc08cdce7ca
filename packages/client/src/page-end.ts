/** The moment when a page is left or a process ends: the last in which something can be sent. */

const endings = new Set<() => void>();
const returns = new Set<() => void>();
let isListening = false;

interface EventSource {
  addEventListener?(name: string, listener: () => void): void;
  readonly process?: { on?(name: string, listener: () => void): unknown };
}

/**
 * Calls `ended` when the page is hidden for good or put aside, or the process exits, and `returned` when a page that was put aside is shown again.
 *
 * One listener serves all clients of the page or process: Node warns of a leak at the eleventh. Returns what stops it.
 */
export const onPageEnd = (ended: () => void, returned: () => void): (() => void) => {
  listen();
  endings.add(ended);
  returns.add(returned);
  return () => {
    endings.delete(ended);
    returns.delete(returned);
  };
};

const listen = (): void => {
  if (isListening) return;
  isListening = true;
  const source = globalThis as EventSource;
  source.addEventListener?.("pagehide", () => {
    callAll(endings);
  });
  source.addEventListener?.("pageshow", () => {
    callAll(returns);
  });
  source.process?.on?.("exit", () => {
    callAll(endings);
  });
};

const callAll = (callbacks: ReadonlySet<() => void>): void => {
  for (const callback of Array.from(callbacks)) callback();
};
