/**
 * Bytes that are encoded often, with little garbage. A new encoder has a buffer of its own, and so has each array that is cut out of it; made for every
 * record and message, they were a third of a busy relay's time. So there is one encoder, and small results share buffers.
 */
import {
  createEncoder,
  type Encoder,
  length,
  toUint8Array,
  write as writeByte,
  writeUint8Array,
  writeVarUint,
} from "lib0/encoding";

/** Results share buffers of this size; one lives as long as any result in it. */
const CHUNK_BYTES = 16 * 1024;
/** Up to here copying byte by byte is faster than a call that must first make a view. */
const SHORT_BYTES_MAX = 64;
/** A larger result has a buffer of its own. */
const SHARED_BYTES_MAX = 1024;
/** An encoder that has grown beyond this is not kept. */
const KEPT_BYTES_MAX = 64 * 1024;

/** Kept copies may live long, and hold a whole chunk each: theirs are smaller. */
const KEPT_CHUNK_BYTES = 4096;
const KEPT_SHARED_BYTES_MAX = 512;

let keptChunk = new Uint8Array(0);
let keptUsed = 0;
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

/** Writes bytes as they are. */
export const writeBytes = (encoder: Encoder, bytes: Uint8Array): void => {
  if (bytes.length > SHORT_BYTES_MAX) return writeUint8Array(encoder, bytes);
  for (let index = 0; index < bytes.length; index += 1) writeByte(encoder, bytes[index] ?? 0);
};

/** Writes bytes with their length in front. */
export const writeSizedBytes = (encoder: Encoder, bytes: Uint8Array): void => {
  writeVarUint(encoder, bytes.length);
  writeBytes(encoder, bytes);
};

/** A copy of bytes that are to be kept when the frame that they came in is not. Small ones share a buffer of a few of them. */
export const kept = (bytes: Uint8Array): Uint8Array => {
  if (bytes.length > KEPT_SHARED_BYTES_MAX) return bytes.slice();
  if (keptUsed + bytes.length > keptChunk.length) {
    keptChunk = new Uint8Array(KEPT_CHUNK_BYTES);
    keptUsed = 0;
  }
  const copy = keptChunk.subarray(keptUsed, keptUsed + bytes.length);
  copy.set(bytes);
  keptUsed += bytes.length;
  return copy;
};

const resultOf = (encoder: Encoder): Uint8Array => {
  const byteCount = length(encoder);
  if (byteCount > SHARED_BYTES_MAX || encoder.bufs.length > 0) return toUint8Array(encoder);
  if (chunkUsed + byteCount > chunk.length) {
    chunk = new Uint8Array(CHUNK_BYTES);
    chunkUsed = 0;
  }
  const bytes = chunk.subarray(chunkUsed, chunkUsed + byteCount);
  const { cbuf } = encoder;
  if (byteCount > SHORT_BYTES_MAX) bytes.set(cbuf.subarray(0, byteCount));
  else for (let index = 0; index < byteCount; index += 1) bytes[index] = cbuf[index] ?? 0;
  chunkUsed += byteCount;
  return bytes;
};
