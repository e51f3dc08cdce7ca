/** The events by which a page or worker learns that a connection may be possible again. */

const eventNames = ["online", "focus", "pageshow"] as const;

interface EventSource {
  addEventListener(name: string, listener: () => void): void;
  removeEventListener(name: string, listener: () => void): void;
}

/**
 * Calls back when the network returns (`online`) and when the user comes back to the page (`focus`, `pageshow`). Returns what stops it.
 *
 * Node has no such events: there it does nothing. `offline` is not among them: browsers say so of any machine without a route
 * to the internet, where a relay on the same machine or in the same house works on.
 */
export const onWake = (callback: () => void): (() => void) => {
  const source: unknown = globalThis;
  if (!isEventSource(source)) return () => {};
  for (const name of eventNames) source.addEventListener(name, callback);
  return () => {
    for (const name of eventNames) source.removeEventListener(name, callback);
  };
};

const isEventSource = (source: unknown): source is EventSource =>
  typeof source === "object" &&
  source !== null &&
  "addEventListener" in source &&
  "removeEventListener" in source;
