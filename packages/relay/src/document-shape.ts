/**
 * Whether bytes have the shape of a Yjs update (format v1) or state vector: read once, front to back, with nothing built.
 *
 * Yjs decodes by trust. It allocates what seven bytes claim (`new Array(30_000_000)`), and throws at a text that is no UTF-8, at an unknown kind
 * of content or at JSON that is none; a reader that it threw at has lost the whole document, because the bad batch comes first at every
 * opening. So nothing is admitted that the decoder of Yjs 13.6 would not read to its end.
 */
import { isAscii } from "node:buffer";
import {
  bytesLeft,
  type DocumentReader,
  readWhole,
  ShapeError,
  skipBytes,
  takeByte,
  takeBytes,
  takeCount,
  takeNumber,
  takeText,
} from "./document-reader.ts";

/** No document counts further; beyond, sums of clocks lose digits and a claimed clock shuts its client out for ever. */
const CLOCK_MAX = 2 ** 48;
/** Clients in one payload. A merged document names everybody who ever wrote in it. */
const CLIENTS_MAX = 100_000;
/** Levels of arrays and objects in one value; Yjs reads them by recursion, and 200 kB of them overflow its stack. */
const DEPTH_MAX = 256;
/** The least bytes of a struct: its kind and a length. */
const STRUCT_BYTES_MIN = 2;
/** The kind of a struct that stands for what is not there. */
const GAP = 10;

/** What is wrong with the update, as the end of a sentence that begins with it, or null. Linear in its bytes, about a nanosecond each. */
export const whyBadUpdate = (bytes: Uint8Array): string | null => {
  const read = readWhole(bytes, (reader) => {
    scanStructs(reader, null);
    scanDeletes(reader, null);
  });
  return "why" in read ? read.why : null;
};

/** Things of one client that stand in a row in an update's bytes, from `fromByte` (in) to `toByte` (out). */
interface UpdateRun {
  readonly client: number;
  readonly count: number;
  readonly fromByte: number;
  readonly toByte: number;
}

/** What an update is made of: for each client its structs, and the ranges that are deleted of it. */
export interface UpdateRuns {
  /** From the clock `fromClock` (in) to `toClock` (out), gaps included; the first of these begins at `wholeToClock`. */
  readonly structs: readonly (UpdateRun & {
    readonly fromClock: number;
    readonly toClock: number;
    readonly wholeToClock: number;
  })[];
  readonly deletes: readonly UpdateRun[];
}

/** The runs of an update, or null if it is malformed. Cost: as `whyBadUpdate`. */
export const runsOfUpdate = (bytes: Uint8Array): UpdateRuns | null => {
  const structs: UpdateRuns["structs"][number][] = [];
  const deletes: UpdateRun[] = [];
  const read = readWhole(bytes, (reader) => {
    scanStructs(reader, structs);
    scanDeletes(reader, deletes);
  });
  return "why" in read ? null : { structs, deletes };
};

/** The same for a state vector. */
export const whyBadStateVector = (bytes: Uint8Array): string | null => {
  const read = readWhole(bytes, (reader) => {
    const count = takeCount(reader, 2);
    if (count > CLIENTS_MAX) throw new ShapeError("it names too many clients");
    for (let index = 0; index < count; index += 1) {
      takeNumber(reader);
      takeNumber(reader);
    }
  });
  return "why" in read ? read.why : null;
};

/** An update that says nothing. */
export const isEmptyUpdate = (bytes: Uint8Array): boolean =>
  bytes.length === 2 && bytes[0] === 0 && bytes[1] === 0;

const scanStructs = (
  reader: DocumentReader,
  runs: UpdateRuns["structs"][number][] | null,
): void => {
  const clientCount = takeCount(reader, 3);
  if (clientCount > CLIENTS_MAX) throw new ShapeError("it names too many clients");
  const clients = new Set<number>();
  for (let index = 0; index < clientCount; index += 1) {
    const structCount = takeCount(reader, STRUCT_BYTES_MIN);
    const client = takeNumber(reader);
    // Yjs would keep the last of the two lists and drop the other without a sign.
    if (clients.has(client)) throw new ShapeError("it names a client twice");
    clients.add(client);
    const fromClock = takeNumber(reader);
    const fromByte = reader.position;
    let clock = fromClock;
    let wholeToClock: number | null = null;
    for (let struct = 0; struct < structCount; struct += 1) {
      if (reader.bytes[reader.position] === GAP) wholeToClock ??= clock;
      clock += scanStruct(reader, client, clock);
      if (clock > CLOCK_MAX) throw new ShapeError("a clock is beyond all use");
    }
    const bytes = { fromByte, toByte: reader.position };
    const clocks = { fromClock, toClock: clock, wholeToClock: wholeToClock ?? clock };
    runs?.push({ client, count: structCount, ...bytes, ...clocks });
  }
};

/** Reads one struct and returns how far it moves the clock. */
const scanStruct = (reader: DocumentReader, client: number, clock: number): number => {
  const info = takeByte(reader);
  const kind = info & 31;
  if (kind === 0) return takeLength(reader);
  // A gap. With another bit set, Yjs reads it here as a gap and there as an item.
  if (info === GAP) return takeNumber(reader);
  const hasLeft = (info & 128) !== 0;
  const hasRight = (info & 64) !== 0;
  if (hasLeft) scanId(reader, client, clock);
  if (hasRight) scanId(reader, client, clock);
  if (!hasLeft && !hasRight) {
    if (takeNumber(reader) === 1) takeText(reader);
    else scanId(reader, client, clock);
    if ((info & 32) !== 0) takeText(reader);
  }
  return scanContent(reader, kind);
};

const takeLength = (reader: DocumentReader): number => {
  const length = takeNumber(reader);
  if (length === 0) throw new ShapeError("a struct is empty");
  return length;
};

/** What an item stands beside or in. If it is the same client's it must be older: Yjs does not check, and looks for it in vain. */
const scanId = (reader: DocumentReader, ownClient: number, ownClock: number): void => {
  const client = takeNumber(reader);
  const clock = takeNumber(reader);
  if (client === ownClient && clock >= ownClock) throw new ShapeError("an item rests on itself");
};

const scanContent = (reader: DocumentReader, kind: number): number => {
  switch (kind) {
    case 1: // Deleted
      return takeLength(reader);
    case 2: // JSON
      return scanEach(reader, (from) => scanJson(from, true));
    case 3: // Binary
      takeBytes(reader);
      return 1;
    case 4: // String
      return utf16LengthOf(takeText(reader));
    case 5: // Embed
      scanJson(reader, false);
      return 1;
    case 6: // Format
      takeText(reader);
      scanJson(reader, false);
      return 1;
    case 7: // Type
      scanType(reader);
      return 1;
    case 8: // Any
      return scanEach(reader, (from) => scanAny(from, 0));
    case 9: // Doc
      takeText(reader);
      // Yjs reads the options' properties without a look at what they are.
      if (reader.bytes[reader.position] !== anyTag.object) {
        throw new ShapeError("a document in it has no options");
      }
      scanAny(reader, 0);
      return 1;
    default:
      throw new ShapeError("it has content of an unknown kind");
  }
};

const scanEach = (reader: DocumentReader, scan: (reader: DocumentReader) => void): number => {
  const count = takeCount(reader, 1);
  if (count === 0) throw new ShapeError("a struct is empty");
  for (let index = 0; index < count; index += 1) scan(reader);
  return count;
};

/** In lists of JSON, and only there, Yjs writes `undefined` for a value that has no JSON. */
const scanJson = (reader: DocumentReader, isUndefinedAllowed: boolean): void => {
  const bytes = takeText(reader);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
  if (text === "undefined" && isUndefinedAllowed) return;
  try {
    JSON.parse(text);
  } catch {
    throw new ShapeError("a value is not JSON");
  }
};

/** The kinds of shared types are numbered from 0 to 6; elements (3) and hooks (5) have a name. */
const scanType = (reader: DocumentReader): void => {
  const type = takeNumber(reader);
  if (type > 6) throw new ShapeError("it has a shared type of an unknown kind");
  if (type === 3 || type === 5) takeText(reader);
};

const anyTag = {
  undefined: 127,
  null: 126,
  integer: 125,
  float32: 124,
  float64: 123,
  bigint: 122,
  false: 121,
  true: 120,
  text: 119,
  object: 118,
  array: 117,
  bytes: 116,
} as const;

const scanAny = (reader: DocumentReader, depth: number): void => {
  if (depth > DEPTH_MAX) throw new ShapeError("a value is nested too deeply");
  const tag = takeByte(reader);
  switch (tag) {
    case anyTag.undefined:
    case anyTag.null:
    case anyTag.false:
    case anyTag.true:
      return;
    case anyTag.integer:
      return scanInteger(reader);
    case anyTag.float32:
      return skipBytes(reader, 4);
    case anyTag.float64:
    case anyTag.bigint:
      return skipBytes(reader, 8);
    case anyTag.text:
      takeText(reader);
      return;
    case anyTag.bytes:
      takeBytes(reader);
      return;
    case anyTag.array: {
      const count = takeCount(reader, 1);
      for (let index = 0; index < count; index += 1) scanAny(reader, depth + 1);
      return;
    }
    case anyTag.object: {
      const count = takeCount(reader, 2);
      for (let index = 0; index < count; index += 1) {
        takeText(reader);
        scanAny(reader, depth + 1);
      }
      return;
    }
    default:
      throw new ShapeError("it has a value of an unknown kind");
  }
};

/** A signed integer: six bits, then seven each. */
const scanInteger = (reader: DocumentReader): void => {
  const first = takeByte(reader);
  let number = first & 63;
  let factor = 64;
  for (let byte = first; byte >= 128; factor *= 128) {
    byte = takeByte(reader);
    number += (byte & 127) * factor;
    if (number > Number.MAX_SAFE_INTEGER) throw new ShapeError("a number has more than 53 bits");
  }
};

/** Yjs counts a text by its UTF-16 units: one for each character, two for those of four bytes. */
const utf16LengthOf = (bytes: Uint8Array): number => {
  if (bytes.length > 0 && isAscii(bytes)) return bytes.length;
  let length = 0;
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index] ?? 0;
    if (byte < 0x80 || byte >= 0xc0) length += byte >= 0xf0 ? 2 : 1;
  }
  if (length === 0) throw new ShapeError("a struct is empty");
  return length;
};

const scanDeletes = (reader: DocumentReader, runs: UpdateRun[] | null): void => {
  const clientCount = takeCount(reader, 2);
  for (let index = 0; index < clientCount; index += 1) {
    const client = takeNumber(reader);
    const rangeCount = takeCount(reader, 2);
    const fromByte = reader.position;
    for (let range = 0; range < rangeCount; range += 1) {
      if (takeNumber(reader) + takeNumber(reader) > CLOCK_MAX) {
        throw new ShapeError("it deletes beyond every clock");
      }
    }
    runs?.push({ client, count: rangeCount, fromByte, toByte: reader.position });
  }
  if (bytesLeft(reader) > 0) throw new ShapeError("something follows its end");
};
