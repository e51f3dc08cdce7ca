/** The pieces that messages and rows are made of. Reading throws a `RangeError` at anything that is cut off or out of bounds; `decoded` makes null of it. */
import { createDecoder, type Decoder, readVarUint } from "lib0/decoding";
import {
  createEncoder,
  type Encoder,
  toUint8Array,
  writeVarString,
  writeVarUint,
} from "lib0/encoding";
import { decodeUtf8 } from "lib0/string";
import { type Ballot, ROUND_MAX } from "../ballot.ts";

/** The longest name of a node, an incarnation or a client, in bytes of UTF-8. */
const WIRE_NAME_BYTES_MAX = 64;

/** The bytes that `write` writes. */
export const encoded = (write: (encoder: Encoder) => void): Uint8Array => {
  const encoder = createEncoder();
  write(encoder);
  return toUint8Array(encoder);
};

/** What `read` reads, if it reads all of the bytes and finds nothing wrong; else null. */
export const decoded = <Value>(
  bytes: Uint8Array,
  read: (decoder: Decoder) => Value,
): Value | null => {
  const decoder = createDecoder(bytes);
  try {
    const value = read(decoder);
    return decoder.pos === bytes.length ? value : null;
  } catch {
    return null;
  }
};

/** Throws a `RangeError`. */
export const refuse = (): never => {
  throw new RangeError("malformed");
};

/** Reads a count of things of at least `bytesMin` each; more than can be there is refused before anything is made of it. */
const readCount = (decoder: Decoder, bytesMin: number): number => {
  const count = readVarUint(decoder);
  return count > (decoder.arr.length - decoder.pos) / bytesMin ? refuse() : count;
};

/** Reads a list of things of at least `bytesMin` bytes each. */
export const readList = <Item>(
  decoder: Decoder,
  bytesMin: number,
  read: (decoder: Decoder) => Item,
): readonly Item[] => Array.from({ length: readCount(decoder, bytesMin) }, () => read(decoder));

/** Writes a list with its count in front. */
export const writeList = <Item>(
  encoder: Encoder,
  items: readonly Item[],
  write: (encoder: Encoder, item: Item) => void,
): void => {
  writeVarUint(encoder, items.length);
  for (const item of items) write(encoder, item);
};

/** Reads bytes with their length in front, as a copy: a frame is often a slice of a large buffer, which they would keep alive. */
export const readBytes = (decoder: Decoder, bytesMax: number): Uint8Array => {
  const count = readCount(decoder, 1);
  if (count > bytesMax) refuse();
  decoder.pos += count;
  return decoder.arr.slice(decoder.pos - count, decoder.pos);
};

/** Reads a text of at most `bytesMax` bytes of good UTF-8. */
export const readText = (decoder: Decoder, bytesMax: number): string =>
  decodeUtf8(readBytes(decoder, bytesMax));

/** Reads a name: a short text. */
export const readName = (decoder: Decoder): string => readText(decoder, WIRE_NAME_BYTES_MAX);

/** Reads a flag: 0 or 1. */
export const readFlag = (decoder: Decoder): boolean => {
  const value = readVarUint(decoder);
  return value > 1 ? refuse() : value === 1;
};

/** Writes a flag. */
export const writeFlag = (encoder: Encoder, value: boolean): void =>
  writeVarUint(encoder, value ? 1 : 0);

/** Reads a flag, and what follows it if it is 1. */
export const readOptional = <Value>(
  decoder: Decoder,
  read: (decoder: Decoder) => Value,
): Value | null => (readFlag(decoder) ? read(decoder) : null);

/** Writes a flag, and the value if there is one. */
export const writeOptional = <Value>(
  encoder: Encoder,
  value: Value | null,
  write: (encoder: Encoder, value: Value) => void,
): void => {
  writeFlag(encoder, value !== null);
  if (value !== null) write(encoder, value);
};

/** Reads a round, or another number of that size: from 0. */
export const readRound = (decoder: Decoder): number => {
  const round = readVarUint(decoder);
  return round > ROUND_MAX ? refuse() : round;
};

/** Reads a ballot of a proposer: its round is from 1, and it has a name. */
export const readBallot = (decoder: Decoder): Ballot => {
  const ballot = readAnyBallot(decoder);
  return ballot.round === 0 || ballot.proposer === "" ? refuse() : ballot;
};

/** Reads what an acceptor has promised, which may be nothing, or a round as a whole. */
export const readAnyBallot = (decoder: Decoder): Ballot => ({
  round: readRound(decoder),
  proposer: readName(decoder),
});

/** Writes a ballot. */
export const writeBallot = (encoder: Encoder, { round, proposer }: Ballot): void => {
  writeVarUint(encoder, round);
  writeVarString(encoder, proposer);
};
