/**
 * Bytes, as all canonical codecs here write and read them. The encoders and decoders are lib0's, so that a codec of Yjs can go on where one of these
 * ends; the few functions on them are our own, since lib0's module of encodings costs a page 1.5 kB whatever one takes from it.
 */
import type { Decoder } from "lib0/decoding";
import type { Encoder } from "lib0/encoding";

/** Throws a `RangeError` at bytes that no writer wrote. It says no more, since decoders make null of it, and each sentence would be on every page. */
export function refuse(): never {
  throw new RangeError("malformed bytes");
}

/** All that is written, as bytes of their own. lib0's own writers do not write here: they would add buffers to a list that is frozen, which throws. */
export const bytesOf = (writeTo: (encoder: Encoder) => void): Uint8Array => {
  const encoder = { cbuf: new Uint8Array(64), cpos: 0, bufs: Object.freeze<never[]>([]) };
  writeTo(encoder as unknown as Encoder);
  return encoder.cbuf.slice(0, encoder.cpos);
};

/** What the bytes say, or null if they are malformed or something follows. A reader may throw whatever it likes: it is data from a stranger. */
export const readAll = <Result>(
  bytes: Uint8Array,
  read: (decoder: Decoder) => Result,
): Result | null => {
  try {
    const decoder = decoderOf(bytes);
    const result = read(decoder);
    return bytesLeft(decoder) === 0 ? result : null;
  } catch {
    return null;
  }
};

/** A decoder at the beginning of the bytes. */
export const decoderOf = (bytes: Uint8Array): Decoder => ({ arr: bytes, pos: 0 });

/** How many bytes the decoder has not read: the bound of every count. */
export const bytesLeft = (decoder: Decoder): number => decoder.arr.length - decoder.pos;

/** Writes one byte, at the end of what any writer, lib0's too, wrote into this encoder. */
export const writeByte = (encoder: Encoder, byte: number): void => {
  if (encoder.cpos === encoder.cbuf.length) {
    const { cbuf } = encoder;
    encoder.cbuf = new Uint8Array(cbuf.length * 2);
    encoder.cbuf.set(cbuf);
  }
  encoder.cbuf[encoder.cpos] = byte;
  encoder.cpos += 1;
};

/** Reads one byte; throws a `RangeError` if there is none. */
export const readByte = (decoder: Decoder): number => {
  const byte = decoder.arr[decoder.pos];
  if (byte === undefined) refuse();
  decoder.pos += 1;
  return byte;
};

/** Writes a natural number up to 2^53 - 1, seven bits to a byte, the low ones first. */
export const writeUint = (encoder: Encoder, number: number): void => {
  let rest = number;
  for (; rest > 127; rest = Math.floor(rest / 128)) writeByte(encoder, (rest % 128) + 128);
  writeByte(encoder, rest);
};

/**
 * A number in as few bytes as it fits in; throws a `RangeError` otherwise, and beyond 2^53 - 1.
 *
 * A last byte of zero would be a second spelling. lib0's own reader takes that, and numbers beyond 2^53 - 1, rounded.
 */
export const readShortUint = (decoder: Decoder): number => {
  let number = 0;
  for (let scale = 1; scale < 2 ** 50; scale *= 128) {
    const byte = readByte(decoder);
    number += (byte & 127) * scale;
    if (byte > 127) continue;
    const isPadded = byte === 0 && scale > 1;
    if (isPadded || number > Number.MAX_SAFE_INTEGER) break;
    return number;
  }
  return refuse();
};
