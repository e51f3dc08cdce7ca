/** A place in bytes that are read from left to right; the pieces that all wires are made of. */

/** Bytes, and how far they are read. */
export interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
}

/** The beginning of bytes. */
export const cursorOf = (bytes: Uint8Array): Cursor => ({ bytes, at: 0 });

/** Reads a number of seven bits a byte, the lowest first; throws beyond 2^53 or the end of the bytes. */
export const takeNumber = (cursor: Cursor): number => {
  let number = 0;
  let factor = 1;
  for (;;) {
    const byte = cursor.bytes[cursor.at];
    if (byte === undefined) throw new RangeError("a number is cut off");
    cursor.at += 1;
    number += (byte & 127) * factor;
    if (byte < 128) return number;
    factor *= 128;
    if (factor > 2 ** 49) throw new RangeError("a number is too long");
  }
};

/** Reads bytes with their length in front, as a view. */
export const takeBytes = (cursor: Cursor): Uint8Array => {
  const byteCount = takeNumber(cursor);
  const end = cursor.at + byteCount;
  if (end > cursor.bytes.length) throw new RangeError("bytes are cut off");
  const bytes = cursor.bytes.subarray(cursor.at, end);
  cursor.at = end;
  return bytes;
};

/** Goes over this many bytes. */
export const skip = (cursor: Cursor, byteCount: number): void => {
  if (cursor.at + byteCount > cursor.bytes.length) throw new RangeError("bytes are cut off");
  cursor.at += byteCount;
};

/** Goes over bytes with their length in front. */
export const skipBytes = (cursor: Cursor): void => skip(cursor, takeNumber(cursor));
