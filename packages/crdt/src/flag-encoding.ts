/** A flag in bytes. */
import { readByte, refuse, writeByte } from "@syncline/clocks";
import type { Decoder } from "lib0/decoding";
import type { Encoder } from "lib0/encoding";

/** Writes a flag of one byte. */
export const writeFlag = (encoder: Encoder, flag: boolean): void =>
  writeByte(encoder, Number(flag));

/** Reads what `writeFlag` wrote; throws for anything else. */
export const readFlag = (decoder: Decoder): boolean => {
  const flag = readByte(decoder);
  if (flag > 1) refuse();
  return flag === 1;
};
