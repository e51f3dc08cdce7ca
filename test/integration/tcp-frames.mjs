// Frames on a TCP connection: four bytes of length, then that many.
const HEADER_BYTES = 4;

/** A frame with its length in front. */
export const frameOf = (bytes) => {
  const frame = Buffer.alloc(HEADER_BYTES + bytes.length);
  frame.writeUInt32BE(bytes.length);
  frame.set(bytes, HEADER_BYTES);
  return frame;
};

/** Calls back with each frame that comes. */
export const readFrames = (socket, onFrame) => {
  let rest = Buffer.alloc(0);
  socket.on("data", (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= HEADER_BYTES) {
      const end = HEADER_BYTES + rest.readUInt32BE();
      if (rest.length < end) return;
      onFrame(new Uint8Array(rest.subarray(HEADER_BYTES, end)));
      rest = rest.subarray(end);
    }
  });
};
