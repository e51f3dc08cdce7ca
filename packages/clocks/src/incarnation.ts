/** The name of one life of a home's data directory, and so of the log that it admits into. */

/**
 * Eight random bytes as sixteen lower-case hexadecimal digits.
 *
 * 64 bits are enough because incarnations only meet inside one cluster: among 10,000 directories two are equal with a chance of 3 in 10^12.
 * Text, because it is a key of maps in every hot path, and engines compare interned strings by address.
 */
export type Incarnation = string;

/** The bytes of an incarnation, and of every other identity that is drawn like one. */
export const INCARNATION_BYTES = 8;

/** Whether the text is one: sixteen lower-case hexadecimal digits. */
export const isIncarnation = (text: string): boolean => /^[0-9a-f]{16}$/u.test(text);

const hexByByte: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, "0"),
);

/** The two digits of a byte. */
export const hexOf = (byte: number): string => hexByByte[byte] ?? "";

/** The incarnation that these eight bytes name; throws a `RangeError` at another length. */
export const incarnationOf = (bytes: Uint8Array): Incarnation => {
  if (bytes.length !== INCARNATION_BYTES) throw new RangeError("an incarnation has eight bytes");
  let text = "";
  for (const byte of bytes) text += hexOf(byte);
  return text;
};

/** The eight bytes of an incarnation; throws a `RangeError` at a text that is none. */
export const bytesOfIncarnation = (incarnation: Incarnation): Uint8Array => {
  if (!isIncarnation(incarnation)) throw new RangeError(`not an incarnation: ${incarnation}`);
  const bytes = new Uint8Array(INCARNATION_BYTES);
  for (let index = 0; index < INCARNATION_BYTES; index += 1) {
    const high = digitOf(incarnation.charCodeAt(index * 2));
    bytes[index] = high * 16 + digitOf(incarnation.charCodeAt(index * 2 + 1));
  }
  return bytes;
};

/** The value of a hexadecimal digit, `0` to `9` or `a` to `f`. */
const digitOf = (letter: number): number => (letter < 58 ? letter - 48 : letter - 87);
