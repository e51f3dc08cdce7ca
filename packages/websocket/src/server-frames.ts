/**
 * Frames as a server puts them on the network (RFC 6455, §5.2). A server does not mask, so a frame's bytes are the same for every reader, and
 * several frames may leave in one write: the system call, not the encoding, is what a delivery costs.
 */

/** The opcode of a binary message, and of a further part of one. */
const opcodes = { continuation: 0, binary: 2 } as const;
const FINAL = 0x80;

/** Encodes lists of frames. The last list is remembered: in a broadcast the next reader gets the same one. */
export interface FrameJoiner {
  /** All frames, each a whole binary message, as one piece of bytes that nobody may change. */
  join(frames: readonly Uint8Array[]): Uint8Array;
}

/** A joiner that remembers nothing yet. */
export const createFrameJoiner = (): FrameJoiner => {
  let lastFrames: readonly Uint8Array[] = [];
  let lastBytes: Uint8Array = Buffer.alloc(0);
  return {
    join: (frames) => {
      const isSame =
        frames.length === lastFrames.length &&
        frames.every((frame, index) => frame === lastFrames[index]);
      if (!isSame) {
        lastBytes = encode(frames);
        lastFrames = frames;
      }
      return lastBytes;
    },
  };
};

const encode = (frames: readonly Uint8Array[]): Uint8Array => {
  let byteCount = 0;
  for (const { length } of frames) byteCount += headerBytesOf(length) + length;
  // A buffer, since a stream makes one of every other array at every write. Not out of the shared pool: what waits in a socket would keep the whole of it.
  const bytes = Buffer.allocUnsafeSlow(byteCount);
  let position = 0;
  for (const frame of frames) {
    position = writeHeader(bytes, position, FINAL | opcodes.binary, frame.length);
    bytes.set(frame, position);
    position += frame.length;
  }
  return bytes;
};

/** The header of one part of a message that leaves in parts. */
export const fragmentHeader = (part: {
  readonly isFirst: boolean;
  readonly isLast: boolean;
  readonly byteCount: number;
}): Uint8Array => {
  const opcode = part.isFirst ? opcodes.binary : opcodes.continuation;
  const header = new Uint8Array(headerBytesOf(part.byteCount));
  writeHeader(header, 0, (part.isLast ? FINAL : 0) | opcode, part.byteCount);
  return header;
};

const headerBytesOf = (length: number): number => (length < 126 ? 2 : length < 65_536 ? 4 : 10);

/** Returns the position behind the header. */
const writeHeader = (
  bytes: Uint8Array,
  position: number,
  first: number,
  length: number,
): number => {
  const size = headerBytesOf(length);
  bytes[position] = first;
  bytes[position + 1] = size === 2 ? length : size === 4 ? 126 : 127;
  let rest = length;
  for (let index = size - 1; index >= 2; index -= 1) {
    bytes[position + index] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return position + size;
};
