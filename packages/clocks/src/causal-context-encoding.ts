/** Bytes of causal contexts: canonical, and safe to read from a stranger. */
import type { Decoder } from "lib0/decoding";
import type { Encoder } from "lib0/encoding";
import { bytesLeft, bytesOf, readAll, readShortUint, refuse, writeUint } from "./bytes.ts";
import type { CausalContext, MutableCausalContext } from "./causal-context.ts";
import { readIncarnation, writeIncarnation } from "./encoding.ts";
import { INCARNATION_BYTES } from "./incarnation.ts";

/** The smallest entry: a replica, a count, one range. */
const ENTRY_BYTES_MIN = INCARNATION_BYTES + 3;

/**
 * Writes `varUint count, (8 bytes of replica, ranges)*`, by replica ascending, where ranges are `varUint count, (varUint gap, varUint length - 1)*`.
 *
 * A gap is counted from the end of the range before (from 1 at the first) and is at least 1 there, which is left out.
 */
export const writeContext = (encoder: Encoder, context: CausalContext): void => {
  const replicas = [...context.keys()].sort();
  writeUint(encoder, replicas.length);
  for (const replica of replicas) {
    writeIncarnation(encoder, replica);
    writeRanges(encoder, context.get(replica) ?? []);
  }
};

/** Reads what `writeContext` wrote; throws a `RangeError` for anything else. Memory is bounded by the bytes. */
export const readContext = (decoder: Decoder): MutableCausalContext => {
  const count = readShortUint(decoder);
  if (count > bytesLeft(decoder) / ENTRY_BYTES_MIN) refuse();
  const context: MutableCausalContext = new Map();
  let previous = "";
  for (let index = 0; index < count; index += 1) {
    const replica = readIncarnation(decoder);
    if (replica <= previous) refuse();
    context.set(replica, readRanges(decoder));
    previous = replica;
  }
  return context;
};

/** The bytes of a context alone. */
export const encodeContext = (context: CausalContext): Uint8Array =>
  bytesOf((encoder) => writeContext(encoder, context));

/** The context that these bytes are, or null if they are none or something follows. */
export const decodeContext = (bytes: Uint8Array): MutableCausalContext | null =>
  readAll(bytes, readContext);

/** Writes the ranges of one replica, for codecs that keep more beside each replica than its dots: how far each bound is beyond the least that it could be. */
export const writeRanges = (encoder: Encoder, ranges: readonly number[]): void => {
  writeUint(encoder, ranges.length / 2);
  let free = 1;
  for (const bound of ranges) {
    writeUint(encoder, bound - free);
    free = bound + 1;
  }
};

/** Reads what `writeRanges` wrote; at least one range. Throws as `readContext` does. */
export const readRanges = (decoder: Decoder): number[] => {
  const count = readShortUint(decoder);
  if (count === 0 || count > bytesLeft(decoder) / 2) refuse();
  const ranges: number[] = [];
  let free = 1;
  while (ranges.length < count * 2) {
    const bound = free + readShortUint(decoder);
    if (!Number.isSafeInteger(bound)) refuse();
    ranges.push(bound);
    free = bound + 1;
  }
  return ranges;
};
