export { closeCode } from "./close-codes.ts";
export type { Connection, ConnectionHandlers } from "./connection.ts";
export type { SocketLoss, SocketOptions } from "./socket-options.ts";
export { openSocket, type ReconnectingSocket, type SocketState } from "./socket.ts";
export type { WebSocketConstructor, WebSocketLike } from "./web-socket.ts";
export { atTurnEnd } from "./turn-end.ts";
