/** The keys of maps: text with a limit. */
import { refuse } from "@syncline/clocks";
import type { Decoder } from "lib0/decoding";
import { keyBytesMax } from "./plain.ts";
import { readText, utf8Of, wellFormed } from "./text-encoding.ts";

/** The key of a map: a well-formed string of at most 1,024 bytes. Throws a `RangeError` for a longer one. */
export const keyTextOf = (key: string): string => {
  const text = wellFormed(key);
  if (text.length * 3 > keyBytesMax && utf8Of(text).length > keyBytesMax) {
    throw new RangeError(`a key is longer than ${keyBytesMax} bytes`);
  }
  return text;
};

/** Reads the key of a map, within the limit of 1,024 bytes. */
export const readKeyText = (decoder: Decoder): string => {
  const start = decoder.pos;
  const key = readText(decoder);
  if (decoder.pos - start > keyBytesMax + 2) refuse();
  return key;
};
