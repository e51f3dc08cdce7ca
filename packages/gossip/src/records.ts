/**
 * How a home's records stand in an ordered map of bytes: one row each, under keys that sort as they are read.
 *
 * A key is the space's prefix (the runner's), then a letter, then what names the record:
 * `h` head · `u` unsettled · `d` document · `x` edge · `e` incarnation number: entry or stub · `s` document 0 part: state.
 */
import {
  type Incarnation,
  readIncarnation,
  readVector,
  writeIncarnation,
  writeVector,
} from "@syncline/clocks";
import { SyncError } from "@syncline/machine";
import { createDecoder, type Decoder, hasContent, readVarUint } from "lib0/decoding";
import { type Encoder, write as writeByte, writeVarString, writeVarUint } from "lib0/encoding";
import type { AdmittedEdge, Batch, Entry, State } from "./batch.ts";
import { encoded, writeBytes, writeSizedBytes } from "./encoded.ts";
import type { DocumentHead, Fence, HomeQuery, HomeRecord, HomeRow } from "./home-protocol.ts";
import { readBytes, readText } from "./wire/primitives.ts";

/** What to do with one key: put the value, or with null remove it. */
export interface RecordWrite {
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
}

/** The keys from `fromKey` (in) to `toKey` (out). */
export interface KeyRange {
  readonly fromKey: Uint8Array;
  readonly toKey: Uint8Array;
}

const tags = {
  head: 0x68,
  unsettled: 0x75,
  document: 0x64,
  edge: 0x78,
  entry: 0x65,
  state: 0x73,
} as const;

const rowKinds = { entry: 0, stub: 1 } as const;

/** The row that a record is, under the space's prefix. */
export const writeOfRecord = (prefix: Uint8Array, record: HomeRecord): RecordWrite => {
  const keyOf = (tag: number, write: (encoder: Encoder) => void = () => {}): Uint8Array =>
    encoded((encoder) => {
      writeBytes(encoder, prefix);
      writeVarUint(encoder, tag);
      write(encoder);
    });
  switch (record.kind) {
    case "head":
      return { key: keyOf(tags.head), value: headValue(record) };
    case "unsettled":
      return { key: keyOf(tags.unsettled), value: record.isUnsettled ? Uint8Array.of(1) : null };
    case "document":
      return {
        key: keyOf(tags.document, (to) => writeVarString(to, record.head.document)),
        value: documentValue(record.head),
      };
    case "edge":
      return {
        key: keyOf(tags.edge, (to) => writeIncarnation(to, record.edge.edge)),
        value: edgeValue(record.edge),
      };
    case "no-edge":
      return { key: keyOf(tags.edge, (to) => writeIncarnation(to, record.edge)), value: null };
    case "entry":
      return { key: entryKey(prefix, record.entry), value: entryValue(record.entry) };
    case "stub":
      return { key: entryKey(prefix, record), value: stubValue(record.document) };
    case "no-entry":
      return { key: entryKey(prefix, record), value: null };
    case "state":
      return {
        key: stateKey(prefix, record.state.document, record.part),
        value: stateValue(record.state),
      };
    case "no-state":
      return { key: stateKey(prefix, record.document, record.part), value: null };
  }
};

/** The rows that a home must be given to recover: all but entries and states. */
export const recoveryRanges = (prefix: Uint8Array): readonly KeyRange[] =>
  [tags.head, tags.unsettled, tags.document, tags.edge].map((tag) => tagRange(prefix, tag));

/** The rows that answer a query. */
export const rangeOfQuery = (prefix: Uint8Array, query: HomeQuery): KeyRange =>
  query.kind === "log"
    ? {
        fromKey: entryKey(prefix, { incarnation: query.incarnation, number: query.fromNumber }),
        toKey: entryKey(prefix, { incarnation: query.incarnation, number: query.toNumber }),
      }
    : {
        fromKey: stateKey(prefix, query.document, 0),
        toKey: stateKey(prefix, query.document, PART_MAX),
      };

/** The record that a recovered row is; throws `STORAGE_CORRUPT` at one that is none. */
export const recordOfRow = (prefix: Uint8Array, key: Uint8Array, value: Uint8Array): HomeRecord =>
  reading(key, () => {
    const from = createDecoder(key.subarray(prefix.length));
    const tag = readVarUint(from);
    const body = createDecoder(value);
    switch (tag) {
      case tags.head:
        return readHead(body);
      case tags.unsettled:
        return { kind: "unsettled", isUnsettled: true };
      case tags.document: {
        const document = readText(from, KEY_BYTES_MAX);
        return { kind: "document", head: { document, ...readDocument(body) } };
      }
      case tags.edge:
        return { kind: "edge", edge: { edge: readIncarnation(from), ...readEdge(body) } };
      default:
        throw new RangeError(`no record begins with ${tag}`);
    }
  });

/** The row of an answer; throws `STORAGE_CORRUPT` at one that is none. */
export const answerOfRow = (prefix: Uint8Array, key: Uint8Array, value: Uint8Array): HomeRow =>
  reading(key, () => {
    const from = createDecoder(key.subarray(prefix.length));
    const tag = readVarUint(from);
    const body = createDecoder(value);
    if (tag === tags.state) {
      const document = readText(from, KEY_BYTES_MAX);
      return {
        kind: "state",
        part: readUint32(from),
        state: { document, ...readStateValue(body) },
      };
    }
    if (tag !== tags.entry) throw new RangeError(`no answer begins with ${tag}`);
    const incarnation = readIncarnation(from);
    const number = readUint48(from);
    if (readVarUint(body) === rowKinds.stub) {
      return { kind: "stub", incarnation, number, document: readText(body, KEY_BYTES_MAX) };
    }
    return { kind: "entry", entry: { incarnation, number, ...readEntryValue(body) } };
  });

const KEY_BYTES_MAX = 4096;
const PART_MAX = 0xffff_ffff;

const reading = <Result>(key: Uint8Array, read: () => Result): Result => {
  try {
    return read();
  } catch (cause) {
    const hex = [...key].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    throw new SyncError("STORAGE_CORRUPT", `the record under ${hex} cannot be read`, { cause });
  }
};

const tagRange = (prefix: Uint8Array, tag: number): KeyRange => ({
  fromKey: Uint8Array.of(...prefix, tag),
  toKey: Uint8Array.of(...prefix, tag + 1),
});

/** Six bytes, the highest first, so that keys sort as the numbers do. */
const writeUint48 = (encoder: Encoder, number: number): void => {
  const high = Math.floor(number / 2 ** 32);
  writeByte(encoder, high >>> 8);
  writeByte(encoder, high & 255);
  writeUint32(encoder, number % 2 ** 32);
};

const writeUint32 = (encoder: Encoder, number: number): void => {
  for (const shift of [24, 16, 8, 0]) writeByte(encoder, (number >>> shift) & 255);
};

const readUint48 = (decoder: Decoder): number => {
  let number = 0;
  for (let index = 0; index < 6; index += 1) number = number * 256 + readByte(decoder);
  return number;
};

const readUint32 = (decoder: Decoder): number => {
  let number = 0;
  for (let index = 0; index < 4; index += 1) number = number * 256 + readByte(decoder);
  return number;
};

const readByte = (decoder: Decoder): number => {
  const byte = decoder.arr[decoder.pos];
  if (byte === undefined) throw new RangeError("a key is cut off");
  decoder.pos += 1;
  return byte;
};

const entryKey = (
  prefix: Uint8Array,
  place: { readonly incarnation: Incarnation; readonly number: number },
): Uint8Array =>
  encoded((encoder) => {
    writeBytes(encoder, prefix);
    writeVarUint(encoder, tags.entry);
    writeIncarnation(encoder, place.incarnation);
    writeUint48(encoder, place.number);
  });

const stateKey = (prefix: Uint8Array, document: string, part: number): Uint8Array =>
  encoded((encoder) => {
    writeBytes(encoder, prefix);
    writeVarUint(encoder, tags.state);
    writeVarString(encoder, document);
    writeUint32(encoder, part);
  });

const writeBatchValue = (encoder: Encoder, batch: Batch): void => {
  writeVarString(encoder, batch.type);
  writeVarString(encoder, batch.document);
  writeSizedBytes(encoder, batch.payload);
};

const readBatchValue = (decoder: Decoder): Batch => {
  const type = readText(decoder, KEY_BYTES_MAX);
  return { type, document: readText(decoder, KEY_BYTES_MAX), payload: readBytes(decoder) };
};

const entryValue = (entry: Entry): Uint8Array =>
  encoded((encoder) => {
    writeVarUint(encoder, rowKinds.entry);
    writeVarUint(encoder, entry.author?.number ?? 0);
    if (entry.author !== null) writeIncarnation(encoder, entry.author.edge);
    writeVector(encoder, entry.after);
    writeBatchValue(encoder, entry.batch);
  });

const readEntryValue = (decoder: Decoder): Pick<Entry, "author" | "after" | "batch"> => {
  const number = readVarUint(decoder);
  const author = number === 0 ? null : { number, edge: readIncarnation(decoder) };
  return { author, after: readVector(decoder), batch: readBatchValue(decoder) };
};

const stubValue = (document: string): Uint8Array =>
  encoded((encoder) => {
    writeVarUint(encoder, rowKinds.stub);
    writeVarString(encoder, document);
  });

const stateValue = (state: State): Uint8Array =>
  encoded((encoder) => {
    writeVarString(encoder, state.type);
    writeVector(encoder, state.last);
    writeSizedBytes(encoder, state.payload);
  });

const readStateValue = (decoder: Decoder): Omit<State, "document"> => ({
  type: readText(decoder, KEY_BYTES_MAX),
  last: readVector(decoder),
  payload: readBytes(decoder),
});

type Head = Extract<HomeRecord, { kind: "head" }>;

const headValue = (head: Head): Uint8Array =>
  encoded((encoder) => {
    writeVector(encoder, head.vector);
    writeVarUint(encoder, head.entryCount);
    writeVarUint(encoder, head.entryBytes);
    writeVarUint(encoder, head.nextPart);
  });

const readHead = (decoder: Decoder): Head => ({
  kind: "head",
  vector: readVector(decoder),
  entryCount: readVarUint(decoder),
  entryBytes: readVarUint(decoder),
  nextPart: readVarUint(decoder),
});

type DocumentValue = Omit<DocumentHead, "document">;

/** The fence stands at the end, and only where there is one: rows of before there were any are read as they are. */
const documentValue = ({ type, stateBytes, entryBytes, fence }: DocumentValue): Uint8Array =>
  encoded((encoder) => {
    writeVarString(encoder, type);
    writeVarUint(encoder, stateBytes);
    writeVarUint(encoder, entryBytes);
    if (fence === null) return;
    writeVarUint(encoder, fence.epoch);
    writeVarUint(encoder, fence.proposedEpoch);
    writeVarUint(encoder, fence.isAsking ? 1 : 0);
  });

const readDocument = (decoder: Decoder): DocumentValue => ({
  type: readText(decoder, KEY_BYTES_MAX),
  stateBytes: readVarUint(decoder),
  entryBytes: readVarUint(decoder),
  fence: hasContent(decoder) ? readFence(decoder) : null,
});

const readFence = (decoder: Decoder): Fence => ({
  epoch: readVarUint(decoder),
  proposedEpoch: readVarUint(decoder),
  isAsking: readVarUint(decoder) === 1,
});

const edgeValue = ({ number, dot }: AdmittedEdge): Uint8Array =>
  encoded((encoder) => {
    writeVarUint(encoder, number);
    writeIncarnation(encoder, dot.incarnation);
    writeVarUint(encoder, dot.number);
  });

const readEdge = (decoder: Decoder): Omit<AdmittedEdge, "edge"> => ({
  number: readVarUint(decoder),
  dot: { incarnation: readIncarnation(decoder), number: readVarUint(decoder) },
});
