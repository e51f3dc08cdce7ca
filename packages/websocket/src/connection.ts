/** The port that the two ends of a socket share: what a protocol's runner may do with a connection, and what it is told. */

/**
 * One open connection, whichever side opened it.
 *
 * Frames arrive whole, in order, and at most once; which of the last ones arrived before a loss is unknown.
 */
export interface Connection {
  /**
   * Passes a frame on, without promise. It is dropped when the connection has closed or is closing.
   *
   * The bytes are not copied: do not change them afterwards. One array may be sent to any number of connections.
   */
  send(frame: Uint8Array): void;
  /**
   * Closes the connection: frames sent before go first where the other side still reads, and no frame is delivered after this.
   * The first call counts. `code` is 1000, one that a program may send of 1001–1014, or 3000–4999; the reason is cut at 123 bytes.
   */
  close(code: number, reason: string): void;
  /** Bytes handed to `send` and not yet passed to the system. */
  readonly bufferedBytes: number;
}

/** What the owner of a connection is told. Nothing is called after `closed`. */
export interface ConnectionHandlers {
  /** A binary frame arrived. The bytes are the receiver's to keep; they may be a view of a larger buffer. */
  frame(bytes: Uint8Array): void;
  /** The connection is gone, for the reason that this side gave, or else the other; 1006 if there was none. Called exactly once. */
  closed(code: number, reason: string): void;
  /** `bufferedBytes` rose above `highWaterBytes`: send no more than what must be sent until `drained`. */
  congested?(): void;
  /** After `congested`: `bufferedBytes` is at `lowWaterBytes` or below again. */
  drained?(): void;
  /** A text frame arrived. Without this handler, it closes the connection with 1003. */
  text?(): void;
}
