/** Reads lib0's encoding out of a stranger's bytes: never past their end, never more than they hold. */
import { isUtf8 } from "node:buffer";

/** Bytes, and how far they have been read. */
export interface DocumentReader {
  readonly bytes: Uint8Array;
  position: number;
}

/** The bytes are not what they claim to be. Only thrown to the nearest function that turns it into data. */
export class ShapeError extends Error {
  override readonly name = "ShapeError";
}

/** A reader at the beginning of the bytes. */
const readerOf = (bytes: Uint8Array): DocumentReader => ({ bytes, position: 0 });

/** How many bytes have not been read yet. */
export const bytesLeft = ({ bytes, position }: DocumentReader): number => bytes.length - position;

/** The next byte. */
export const takeByte = (reader: DocumentReader): number => {
  const byte = reader.bytes[reader.position];
  if (byte === undefined) throw new ShapeError("it is cut off");
  reader.position += 1;
  return byte;
};

/** A number of at most 53 bits; longer ones would lose their last digits without a sign. */
export const takeNumber = (reader: DocumentReader): number => {
  let number = 0;
  let factor = 1;
  for (let index = 0; index < 8; index += 1) {
    const byte = takeByte(reader);
    number += (byte & 127) * factor;
    if (byte < 128) {
      if (number > Number.MAX_SAFE_INTEGER) break;
      return number;
    }
    factor *= 128;
  }
  throw new ShapeError("a number has more than 53 bits");
};

/** How many things follow, each of at least `bytesMin` bytes: never more than there is room for. */
export const takeCount = (reader: DocumentReader, bytesMin: number): number => {
  const count = takeNumber(reader);
  if (count * bytesMin > bytesLeft(reader)) throw new ShapeError("it counts more than it holds");
  return count;
};

/** Bytes after their count, as a view. */
export const takeBytes = (reader: DocumentReader): Uint8Array => {
  const byteCount = takeCount(reader, 1);
  reader.position += byteCount;
  return reader.bytes.subarray(reader.position - byteCount, reader.position);
};

/** The bytes of a text: well-formed UTF-8, as Yjs throws at anything else. */
export const takeText = (reader: DocumentReader): Uint8Array => {
  const bytes = takeBytes(reader);
  if (bytes.length > 0 && !isUtf8(bytes)) throw new ShapeError("a text is not UTF-8");
  return bytes;
};

/** Goes on behind this many bytes. */
export const skipBytes = (reader: DocumentReader, byteCount: number): void => {
  if (byteCount > bytesLeft(reader)) throw new ShapeError("it is cut off");
  reader.position += byteCount;
};

/** What `read` gives for the whole of the bytes, or what is wrong with them. Never throws. */
export const readWhole = <Value>(
  bytes: Uint8Array,
  read: (reader: DocumentReader) => Value,
): { readonly value: Value } | { readonly why: string } => {
  const reader = readerOf(bytes);
  try {
    const value = read(reader);
    if (bytesLeft(reader) > 0) return { why: "something follows its end" };
    return { value };
  } catch (error) {
    if (error instanceof ShapeError) return { why: error.message };
    throw error;
  }
};
