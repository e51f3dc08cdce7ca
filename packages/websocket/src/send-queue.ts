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
export const createSendQueue = (): SendQueue => new FrameQueue();

class FrameQueue implements SendQueue {
  #frames: Uint8Array[] = [];
  #firstIndex = 0;
  /** How much of the first frame has been taken. */
  #takenBytes = 0;
  #bytes = 0;

  get isEmpty(): boolean {
    return this.#firstIndex === this.#frames.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get bytesBehindFirst(): number {
    return this.#bytes - ((this.#frames[this.#firstIndex]?.length ?? 0) - this.#takenBytes);
  }

  push(frame: Uint8Array): void {
    this.#frames.push(frame);
    this.#bytes += frame.length;
  }

  shiftWhole(bytesMax: number): readonly Uint8Array[] {
    const taken: Uint8Array[] = [];
    if (this.#takenBytes > 0) return taken;
    let leftBytes = bytesMax;
    for (;;) {
      const frame = this.#frames[this.#firstIndex];
      if (frame === undefined || frame.length > leftBytes) return taken;
      taken.push(frame);
      leftBytes -= frame.length;
      this.#bytes -= frame.length;
      this.#dropFirst();
    }
  }

  shift(pieceBytesMax: number): FramePiece | null {
    const frame = this.#frames[this.#firstIndex];
    if (frame === undefined) return null;
    const taken = this.#takenBytes;
    const isFirst = taken === 0;
    const isWhole = isFirst && frame.length <= pieceBytesMax;
    const piece = isWhole ? frame : frame.subarray(taken, taken + pieceBytesMax);
    this.#takenBytes += piece.length;
    this.#bytes -= piece.length;
    const isLast = this.#takenBytes === frame.length;
    if (isLast) this.#dropFirst();
    return { bytes: piece, isFirst, isLast };
  }

  clear(): void {
    this.#frames = [];
    this.#firstIndex = 0;
    this.#takenBytes = 0;
    this.#bytes = 0;
  }

  #dropFirst(): void {
    this.#firstIndex += 1;
    this.#takenBytes = 0;
    if (this.#firstIndex === this.#frames.length) this.clear();
    // Moving what is left on every shift would cost the square of the queue's length.
    else if (this.#firstIndex > 1024 && this.#firstIndex * 2 > this.#frames.length) {
      this.#frames = this.#frames.slice(this.#firstIndex);
      this.#firstIndex = 0;
    }
  }
}
