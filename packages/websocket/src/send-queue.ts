/** Frames that wait until the system takes more, cut into pieces so that progress on a large one can be seen. */

/** A part of a frame, to be sent as one fragment. */
interface FramePiece {
  readonly bytes: Uint8Array;
  /** The first piece of its frame. */
  readonly isFirst: boolean;
  /** The last piece of its frame. */
  readonly isLast: boolean;
}

/** First in, first out. It holds the frames themselves, not copies. */
export interface SendQueue {
  readonly isEmpty: boolean;
  /** All bytes in the queue. */
  readonly bytes: number;
  /** Bytes of the frames behind the first: those that one more frame would have to wait for besides the one under way. */
  readonly bytesBehindFirst: number;
  push(frame: Uint8Array): void;
  /** Takes the frames out that come next and have at most this many bytes together; none if the first has more, or has been begun. */
  shiftWhole(bytesMax: number): readonly Uint8Array[];
  /** Takes the next piece out, of at most this many bytes, or null if the queue is empty. Amortised constant cost. */
  shift(pieceBytesMax: number): FramePiece | null;
  clear(): void;
}

/** An empty queue. */
export const createSendQueue = (): SendQueue => {
  let frames: Uint8Array[] = [];
  let firstIndex = 0;
  /** How much of the first frame has been taken. */
  let takenBytes = 0;
  let bytes = 0;

  const clear = (): void => {
    frames = [];
    firstIndex = 0;
    takenBytes = 0;
    bytes = 0;
  };
  const dropFirst = (): void => {
    firstIndex += 1;
    takenBytes = 0;
    if (firstIndex === frames.length) clear();
    // Moving what is left on every shift would cost the square of the queue's length.
    else if (firstIndex > 1024 && firstIndex * 2 > frames.length) {
      frames = frames.slice(firstIndex);
      firstIndex = 0;
    }
  };

  return {
    get isEmpty() {
      return firstIndex === frames.length;
    },
    get bytes() {
      return bytes;
    },
    get bytesBehindFirst() {
      return bytes - ((frames[firstIndex]?.length ?? 0) - takenBytes);
    },
    push: (frame) => {
      frames.push(frame);
      bytes += frame.length;
    },
    shiftWhole: (bytesMax) => {
      const taken: Uint8Array[] = [];
      if (takenBytes > 0) return taken;
      let leftBytes = bytesMax;
      for (;;) {
        const frame = frames[firstIndex];
        if (frame === undefined || frame.length > leftBytes) return taken;
        taken.push(frame);
        leftBytes -= frame.length;
        bytes -= frame.length;
        dropFirst();
      }
    },
    shift: (pieceBytesMax) => {
      const frame = frames[firstIndex];
      if (frame === undefined) return null;
      const isFirst = takenBytes === 0;
      const isWhole = isFirst && frame.length <= pieceBytesMax;
      const piece = isWhole ? frame : frame.subarray(takenBytes, takenBytes + pieceBytesMax);
      takenBytes += piece.length;
      bytes -= piece.length;
      const isLast = takenBytes === frame.length;
      if (isLast) dropFirst();
      return { bytes: piece, isFirst, isLast };
    },
    clear,
  };
};
