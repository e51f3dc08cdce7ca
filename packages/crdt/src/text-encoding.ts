/** Bytes of text: UTF-8 after its length. Own, since nearly all texts are short and ASCII, and are done here before an encoder of the platform has begun. */
import { bytesLeft, readShortUint, refuse, writeByte, writeUint } from "@syncline/clocks";
import type { Decoder } from "lib0/decoding";
import type { Encoder } from "lib0/encoding";

// Pure functions that every platform has; this package has the types of none.
declare const TextEncoder: new () => { readonly encode: (text: string) => Uint8Array };
declare const TextDecoder: new (
  label: string,
  options: { readonly fatal: boolean; readonly ignoreBOM: boolean },
) => { readonly decode: (bytes: Uint8Array) => string };

/** The text in UTF-8; lone surrogates become U+FFFD. */
export const utf8Of = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The text with U+FFFD in place of lone surrogates, which is what everybody else would get. */
export const wellFormed = (text: string): string =>
  /[\ud800-\udfff]/.test(text) ? text.replace(/\p{Surrogate}/gu, "\ufffd") : text;

/** Writes the length in bytes and the bytes. */
export const writeText = (encoder: Encoder, text: string): void => {
  let at = 0;
  while (at < text.length && text.charCodeAt(at) < 128) at += 1;
  if (at < text.length) return writeBytes(encoder, utf8Of(text));
  writeUint(encoder, text.length);
  for (at = 0; at < text.length; at += 1) writeByte(encoder, text.charCodeAt(at));
};

/** Reads what `writeText` wrote; throws for anything else, ill-formed text included. */
export const readText = (decoder: Decoder): string => {
  const end = readLength(decoder) + decoder.pos;
  const start = decoder.pos;
  let text = "";
  // Short ASCII letter by letter: ten times as fast as by a decoder.
  if (end - start <= 32) {
    for (; decoder.pos < end; decoder.pos += 1) {
      const byte = decoder.arr[decoder.pos] ?? 0;
      if (byte > 127) break;
      text += String.fromCharCode(byte);
    }
  }
  if (decoder.pos === end) return text;
  decoder.pos = end;
  const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  return utf8.decode(decoder.arr.subarray(start, end));
};

/** Writes how many bytes there are, and the bytes. */
export const writeBytes = (encoder: Encoder, bytes: Uint8Array): void => {
  writeUint(encoder, bytes.length);
  for (const byte of bytes) writeByte(encoder, byte);
};

/** Reads this many bytes into memory of their own, so that the message need not be kept. If there are not so many it is those, and the decoder is beyond its end. */
export const readBytes = (decoder: Decoder, count: number): Uint8Array<ArrayBuffer> => {
  const start = decoder.pos;
  decoder.pos += count;
  return new Uint8Array(decoder.arr.subarray(start, decoder.pos));
};

/** Reads a length or count that the bytes left can hold; throws for a greater one. */
export const readLength = (decoder: Decoder): number => {
  const length = readShortUint(decoder);
  if (length > bytesLeft(decoder)) refuse();
  return length;
};
