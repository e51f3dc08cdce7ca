/**
 * The WebSocket of Node: `ws`, on every version.
 *
 * Node 20 has no global one, and that of Node 22 neither limits a message's size nor gives up on a peer that leaves a closing
 * handshake unanswered.
 */
import { WebSocket } from "ws";
import type { WebSocketConstructor } from "./web-socket.ts";

/** Options that the declarations of `ws` do not know yet stand beside the others without a complaint this way. */
const limits = {
  // Frames are small, or compressed already where it pays; a deflate window costs memory for each connection.
  perMessageDeflate: false,
  maxPayload: 64 * 1024 * 1024,
  closeTimeout: 2000,
};

class NodeWebSocket extends WebSocket {
  constructor(url: string, protocols: string[]) {
    super(url, protocols, { ...limits });
  }
}

/** The class that the client uses when it is given none. */
export const platformWebSocket = (): WebSocketConstructor | null => NodeWebSocket;
