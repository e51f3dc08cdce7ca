/** Bytes of causal contexts: canonical, and safe to read from a stranger. */
import { createDecoder, type Decoder } from "lib0/decoding";
import { createEncoder, type Encoder, toUint8Array, writeVarUint } from "lib0/encoding";
import type { CausalContext, MutableCausalContext } from "./causal-context.ts";
import { bytesLeft, readIncarnation, readShortUint, writeIncarnation } from "./encoding.ts";
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
  writeVarUint(encoder, replicas.length);
  for (const replica of replicas) {
    writeIncarnation(encoder, replica);
    writeRanges(encoder, context.get(replica) ?? []);
  }
};

/** Reads what `writeContext` wrote; throws a `RangeError` (or lib0's error at a cut-off number) for anything else. Memory is bounded by the bytes. */
export const readContext = (decoder: Decoder): MutableCausalContext => {
  const count = readShortUint(decoder);
  if (count > bytesLeft(decoder) / ENTRY_BYTES_MIN) throw new RangeError("more entries than bytes");
  const context: MutableCausalContext = new Map();
  let previous = "";
  for (let index = 0; index < count; index += 1) {
    const replica = readIncarnation(decoder);
    if (replica <= previous) throw new RangeError("a context is not canonical");
    context.set(replica, readRanges(decoder));
    previous = replica;
  }
  return context;
};

/** The bytes of a context alone. */
export const encodeContext = (context: CausalContext): Uint8Array => {
  const encoder = createEncoder();
  writeContext(encoder, context);
  return toUint8Array(encoder);
};

/** The context that these bytes are, or null if they are none or something follows. */
export const decodeContext = (bytes: Uint8Array): MutableCausalContext | null => {
  try {
    const decoder = createDecoder(bytes);
    const context = readContext(decoder);
    return bytesLeft(decoder) === 0 ? context : null;
  } catch {
    return null;
  }
};

/** Writes the ranges of one replica, for codecs that keep more beside each replica than its dots. */
export const writeRanges = (encoder: Encoder, ranges: readonly number[]): void => {
  writeVarUint(encoder, ranges.length / 2);
  let free = 1;
  for (let index = 0; index < ranges.length; index += 2) {
    const from = ranges[index] ?? 0;
    const to = ranges[index + 1] ?? 0;
    writeVarUint(encoder, from - free);
    writeVarUint(encoder, to - from - 1);
    free = to + 1;
  }
};

/** Reads what `writeRanges` wrote; at least one range. Throws as `readContext` does. */
export const readRanges = (decoder: Decoder): number[] => {
  const count = readShortUint(decoder);
  if (count === 0 || count > bytesLeft(decoder) / 2) throw new RangeError("no such ranges");
  const ranges: number[] = [];
  let free = 1;
  for (let index = 0; index < count; index += 1) {
    const from = free + readShortUint(decoder);
    const to = from + readShortUint(decoder) + 1;
    if (!Number.isSafeInteger(to)) throw new RangeError("a number beyond 2^53 - 1");
    ranges.push(from, to);
    free = to + 1;
  }
  return ranges;
};
