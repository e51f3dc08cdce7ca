/** The WebSocket of a browser, worker or other runtime: the global one. Node gets `platform.node.ts` in its place (`imports` in package.json). */
import type { WebSocketConstructor } from "./web-socket.ts";

/** The class that the client uses when it is given none, or null where the runtime has none. */
export const platformWebSocket = (): WebSocketConstructor | null => globalThis.WebSocket ?? null;
