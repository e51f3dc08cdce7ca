/**
 * Bytes that are encoded often, with little garbage. A new encoder has a buffer of its own, and so has each array that is cut out of it; made for every
 * record and message, they were a third of a busy relay's time. So there is one encoder, and small results share buffers.
 */
import { createEncoder, type Encoder, length, toUint8Array } from "lib0/encoding";

/** Results share buffers of this size; one lives as long as any result in it. */
const CHUNK_BYTES = 16 * 1024;
/** A larger result has a buffer of its own. */
const SHARED_BYTES_MAX = 1024;
/** An encoder that has grown beyond this is not kept. */
const KEPT_BYTES_MAX = 64 * 1024;

let spare: Encoder | null = null;
let chunk = new Uint8Array(0);
let chunkUsed = 0;

/** What `write` writes. The bytes must not be changed: others stand beside them in one buffer. May be called within `write`. */
export const encoded = (write: (encoder: Encoder) => void): Uint8Array => {
  const encoder = spare ?? createEncoder();
  spare = null;
  encoder.cpos = 0;
  encoder.bufs.length = 0;
  write(encoder);
  const bytes = resultOf(encoder);
  if (encoder.cbuf.length <= KEPT_BYTES_MAX) spare = encoder;
  return bytes;
};

const resultOf = (encoder: Encoder): Uint8Array => {
  const byteCount = length(encoder);
  if (byteCount > SHARED_BYTES_MAX || encoder.bufs.length > 0) return toUint8Array(encoder);
  if (chunkUsed + byteCount > chunk.length) {
    chunk = new Uint8Array(CHUNK_BYTES);
    chunkUsed = 0;
  }
  const bytes = chunk.subarray(chunkUsed, chunkUsed + byteCount);
  bytes.set(encoder.cbuf.subarray(0, byteCount));
  chunkUsed += byteCount;
  return bytes;
};
