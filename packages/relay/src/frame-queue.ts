/** Frames of the native wire that are due to one connection in the same turn become one: its reader then has one message to take, not many. */
import { atTurnEnd, type Connection } from "@syncline/websocket";

/** Larger ones leave alone: joining would copy them. */
export const JOINED_BYTES_MAX: number = 64 * 1024;

/** Sends frames in order. */
export interface FrameQueue {
  send(frame: Uint8Array): void;
  /** Sends what waits now, for instance before a close. */
  flush(): void;
}

/** A queue in front of a connection whose frames may be joined end to end (those of the native wire may). */
export const createFrameQueue = (connection: Pick<Connection, "send">): FrameQueue =>
  new Queue(connection);

const none: Uint8Array[] = [];

class Queue implements FrameQueue {
  readonly #connection: Pick<Connection, "send">;
  /** The shared empty list while nothing waits. */
  #frames = none;
  #byteCount = 0;

  constructor(connection: Pick<Connection, "send">) {
    this.#connection = connection;
  }

  send(frame: Uint8Array): void {
    if (this.#byteCount + frame.length > JOINED_BYTES_MAX) this.flush();
    this.#byteCount += frame.length;
    if (this.#frames.length > 0) return void this.#frames.push(frame);
    this.#frames = [frame];
    atTurnEnd(() => this.flush());
  }

  flush(): void {
    const [first] = this.#frames;
    if (first === undefined) return;
    const isOne = this.#frames.length === 1;
    const joined = isOne ? first : Buffer.concat(this.#frames, this.#byteCount);
    this.#frames = none;
    this.#byteCount = 0;
    this.#connection.send(joined);
  }
}
