/** The pieces that every message is made of. Reading throws at anything that is cut off or out of bounds; `link.ts` turns that into null. */
import type { Dot, Incarnation, MutableVersionVector, VersionVector } from "@syncline/clocks";
import { type Decoder, readVarUint } from "lib0/decoding";
import { type Encoder, writeVarString, writeVarUint } from "lib0/encoding";
import { decodeUtf8 } from "lib0/string";
import { type Batch, NUMBER_MAX } from "../batch.ts";
import { kept, writeSizedBytes } from "../encoded.ts";

/** The logs that one side has named on a connection, for one space: a log is spoken of by its index here. */
export interface LogTable {
  readonly incarnations: Incarnation[];
  readonly indexByIncarnation: Map<Incarnation, number>;
}

/** A table with nothing in it. */
export const createLogTable = (): LogTable => ({ incarnations: [], indexByIncarnation: new Map() });

/** The index of a log, which is given one if it has none. */
const indexOfLog = (table: LogTable, incarnation: Incarnation): number => {
  const known = table.indexByIncarnation.get(incarnation);
  if (known !== undefined) return known;
  const index = table.incarnations.length;
  table.incarnations.push(incarnation);
  table.indexByIncarnation.set(incarnation, index);
  return index;
};

/** What a message is read from, and what its indexes mean. */
export interface Reading {
  readonly decoder: Decoder;
  readonly logs: LogTable;
}

/** What a message is written to. */
export interface Writing {
  readonly encoder: Encoder;
  readonly logs: LogTable;
}

/** The bytes that are not read yet. */
export const bytesLeft = (decoder: Decoder): number => decoder.arr.length - decoder.pos;

/** Reads a count of things of at least `bytesMin` each; more than can be there is refused before anything is made of it. */
const readCount = (decoder: Decoder, bytesMin: number): number => {
  const count = readVarUint(decoder);
  if (count > bytesLeft(decoder) / bytesMin) throw new RangeError("a count beyond the bytes left");
  return count;
};

/** Reads `count` things of at least `bytesMin` bytes each. */
export const readList = <Item>(
  reading: Reading,
  bytesMin: number,
  read: (reading: Reading, index: number) => Item,
): Item[] => {
  const count = readCount(reading.decoder, bytesMin);
  const items: Item[] = [];
  for (let index = 0; index < count; index += 1) items.push(read(reading, index));
  return items;
};

/** Writes a list with its count in front. */
export const writeList = <Item>(
  writing: Writing,
  items: readonly Item[],
  write: (writing: Writing, item: Item, index: number) => void,
): void => {
  writeVarUint(writing.encoder, items.length);
  items.forEach((item, index) => write(writing, item, index));
};

/**
 * Reads bytes with their length in front, as a copy.
 *
 * A copy, because what a socket hands over is often a slice of a large buffer, and a batch of thirty bytes would keep all of that alive.
 * The bound is checked here, because lib0 reads on into whatever stands behind the slice.
 */
export const readBytes = (decoder: Decoder): Uint8Array => kept(readView(decoder));

const readView = (decoder: Decoder): Uint8Array => {
  const byteCount = readCount(decoder, 1);
  decoder.pos += byteCount;
  return decoder.arr.subarray(decoder.pos - byteCount, decoder.pos);
};

/** Reads a text of at most `bytesMax` bytes of good UTF-8. */
export const readText = (decoder: Decoder, bytesMax: number): string => {
  const bytes = readView(decoder);
  if (bytes.length > bytesMax) throw new RangeError("a text is too long");
  return decodeUtf8(bytes);
};

/** Reads a flag: 0 or 1. */
export const readFlag = (decoder: Decoder): boolean => {
  const value = readVarUint(decoder);
  if (value > 1) throw new RangeError("a flag is neither 0 nor 1");
  return value === 1;
};

/** Writes a flag. */
export const writeFlag = (encoder: Encoder, value: boolean): void => {
  writeVarUint(encoder, value ? 1 : 0);
};

/** Reads a number of a log or an edge: from 1 to `NUMBER_MAX`. */
export const readNumber = (decoder: Decoder): number => {
  const number = readVarUint(decoder);
  if (number === 0 || number > NUMBER_MAX) throw new RangeError("a number out of range");
  return number;
};

/** Reads a number as `readNumber` does, or 0, which stands for none. */
export const readNumberOrNone = (decoder: Decoder): number => {
  const number = readVarUint(decoder);
  if (number > NUMBER_MAX) throw new RangeError("a number out of range");
  return number;
};

/** Reads the index of a log that was named before. */
export const readLog = ({ decoder, logs }: Reading): Incarnation => {
  const incarnation = logs.incarnations[readVarUint(decoder)];
  if (incarnation === undefined) throw new RangeError("a log that was not named");
  return incarnation;
};

/** Writes the index of a log. */
export const writeLog = ({ encoder, logs }: Writing, incarnation: Incarnation): void => {
  writeVarUint(encoder, indexOfLog(logs, incarnation));
};

/** Reads a place in a log. */
export const readDot = (reading: Reading): Dot => ({
  incarnation: readLog(reading),
  number: readNumber(reading.decoder),
});

/** Writes a place in a log. */
export const writeDot = (writing: Writing, { incarnation, number }: Dot): void => {
  writeLog(writing, incarnation);
  writeVarUint(writing.encoder, number);
};

/** Reads a version vector; no log may stand in it twice. */
export const readIndexedVector = (reading: Reading): MutableVersionVector => {
  const vector: MutableVersionVector = new Map();
  for (const { incarnation, number } of readList(reading, 2, readDot)) {
    if (vector.has(incarnation)) throw new RangeError("a log twice in a vector");
    vector.set(incarnation, number);
  }
  return vector;
};

/** Writes a version vector, without entries of 0. */
export const writeIndexedVector = (writing: Writing, vector: VersionVector): void => {
  const dots = [...vector]
    .filter(([, number]) => number > 0)
    .map(([incarnation, number]) => ({ incarnation, number }));
  writeList(writing, dots, writeDot);
};

/** The longest name of a type, in bytes: that of a record names all of its parts. */
const TYPE_BYTES_MAX = 1024;
/** The longest document name that is read; the home judges it by the rules of names. */
const DOCUMENT_BYTES_MAX = 4096;
/** The type that has a number of its own, since nearly every batch has it. */
const YJS = "yjs";

/** Reads a batch: `varUint type (1: yjs; 0: its name follows), text document, bytes payload`. */
export const readBatch = ({ decoder }: Reading): Batch => {
  const isYjs = readFlag(decoder);
  const type = isYjs ? YJS : readText(decoder, TYPE_BYTES_MAX);
  const document = readText(decoder, DOCUMENT_BYTES_MAX);
  return { document, type, payload: readBytes(decoder) };
};

/** Writes a batch. */
export const writeBatch = ({ encoder }: Writing, batch: Batch): void => {
  writeFlag(encoder, batch.type === YJS);
  if (batch.type !== YJS) writeVarString(encoder, batch.type);
  writeVarString(encoder, batch.document);
  writeSizedBytes(encoder, batch.payload);
};

/** The fewest bytes that a batch has. */
export const BATCH_BYTES_MIN = 3;
