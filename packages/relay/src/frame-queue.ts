/** Frames of the native wire that are due to one connection in the same turn become one: its reader then has one message to take, not many. */
import { atTurnEnd, type Connection } from "@syncline/websocket";

/** Larger ones leave alone: joining would copy them. */
const JOINED_BYTES_MAX = 64 * 1024;

/** Sends frames in order. */
export interface FrameQueue {
  send(frame: Uint8Array): void;
  /** Sends what waits now, for instance before a close. */
  flush(): void;
}

/** A queue in front of a connection whose frames may be joined end to end (those of the native wire may). */
export const createFrameQueue = (connection: Pick<Connection, "send">): FrameQueue => {
  let frames: Uint8Array[] = [];
  let byteCount = 0;

  const flush = (): void => {
    const [first] = frames;
    if (first === undefined) return;
    const joined = frames.length === 1 ? first : Buffer.concat(frames, byteCount);
    frames = [];
    byteCount = 0;
    connection.send(joined);
  };

  return {
    send: (frame) => {
      if (byteCount + frame.length > JOINED_BYTES_MAX) flush();
      frames.push(frame);
      byteCount += frame.length;
      if (frames.length === 1) atTurnEnd(flush);
    },
    flush,
  };
};
