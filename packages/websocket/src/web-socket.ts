/** The part of the WebSocket interface that the client needs; browsers', Node's and `ws`'s classes all have it. */

/** One socket, as https://websockets.spec.whatwg.org/ has it. */
export interface WebSocketLike {
  binaryType: string;
  readonly bufferedAmount: number;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: "open", listener: () => void): void;
  /** Browsers' events have no message. */
  addEventListener(type: "error", listener: (event: { readonly message?: string }) => void): void;
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(
    type: "close",
    listener: (event: { readonly code: number; readonly reason: string }) => void,
  ): void;
}

/** Makes a socket, which begins to connect. */
export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike;
