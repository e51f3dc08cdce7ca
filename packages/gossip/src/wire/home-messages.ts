/** Bytes of what homes say to edges. */
import { numberOf, readIncarnation, type VersionVector, writeIncarnation } from "@syncline/clocks";
import { type ErrorCode, errorCodes } from "@syncline/machine";
import { type Decoder, readVarUint } from "lib0/decoding";
import { writeVarString, writeVarUint } from "lib0/encoding";
import type { DurableVector, HomeMessage, ShownEntry } from "../messages.ts";
import {
  BATCH_BYTES_MIN,
  readBatch,
  readDot,
  readFlag,
  readIndexedVector,
  readList,
  readLog,
  readNumber,
  readNumberOrNone,
  readText,
  type Reading,
  writeBatch,
  writeDot,
  writeFlag,
  writeIndexedVector,
  writeList,
  writeLog,
  type Writing,
} from "./primitives.ts";

/** The numbers of these messages on the wire. */
export const homeKinds = {
  welcome: 20,
  group: 21,
  update: 22,
  admitted: 23,
  carried: 24,
  durable: 25,
  refused: 26,
  heard: 27,
} as const;

const HOME_BYTES_MAX = 64;
/** The most other homes of a space that a welcome may tell of. */
const DISKS_MAX = 64;
const REASON_BYTES_MAX = 1024;

type Said = Exclude<HomeMessage, { kind: "presence" }>;
type Welcome = Extract<HomeMessage, { kind: "welcome" }>;

/** Writes the body of a message. */
export const writeHomeMessage = (writing: Writing, message: Said): void => {
  const { encoder } = writing;
  switch (message.kind) {
    case "welcome":
      return writeWelcome(writing, message);
    case "group":
      writeList(writing, message.entries, writeShownEntry);
      writeList(writing, message.states, writeBatch);
      writeFlag(encoder, message.isLast);
      return writeIndexedVector(writing, message.vector);
    case "update":
      return writeList(writing, message.entries, writeShownEntry);
    case "admitted":
      writeVarUint(encoder, message.number);
      return writeDot(writing, message.dot);
    case "carried":
      // The old log is written out: were it given an index, an edge could fill the table of this home with logs that it made up.
      writeIncarnation(encoder, message.from.incarnation);
      writeVarUint(encoder, message.from.number);
      writeFlag(encoder, message.to !== null);
      return message.to === null ? undefined : writeDot(writing, message.to);
    case "heard":
      writeVarUint(encoder, message.heardCount);
      return writeIndexedVector(writing, message.vector);
    case "durable":
      writeFlag(encoder, message.isWhole);
      return writeDurable(writing, message);
    case "refused":
      writeVarUint(encoder, message.number);
      writeVarString(encoder, message.code);
      return writeVarString(encoder, message.reason);
  }
};

/** Reads the body of a message, or returns null if the number is none of these. */
export const readHomeMessage = (reading: Reading, kind: number): Said | null => {
  const { decoder } = reading;
  switch (kind) {
    case homeKinds.welcome:
      return readWelcome(reading);
    case homeKinds.group:
      return {
        kind: "group",
        entries: readList(reading, 3, readShownEntry),
        states: readList(reading, BATCH_BYTES_MIN, readBatch),
        isLast: readFlag(decoder),
        vector: readIndexedVector(reading),
      };
    case homeKinds.update:
      return { kind: "update", entries: readList(reading, 3, readShownEntry) };
    case homeKinds.admitted:
      return { kind: "admitted", number: readNumber(decoder), dot: readDot(reading) };
    case homeKinds.carried:
      return {
        kind: "carried",
        from: { incarnation: readIncarnation(decoder), number: readNumber(decoder) },
        to: readFlag(decoder) ? readDot(reading) : null,
      };
    case homeKinds.heard:
      return {
        kind: "heard",
        heardCount: readNumber(decoder),
        vector: readIndexedVector(reading),
      };
    case homeKinds.durable: {
      const isWhole = readFlag(decoder);
      return { kind: "durable", isWhole, ...readDurable(reading) };
    }
    case homeKinds.refused:
      return {
        kind: "refused",
        number: readNumber(decoder),
        code: readErrorCode(decoder),
        reason: readText(decoder, REASON_BYTES_MAX),
      };
    default:
      return null;
  }
};

const writeWelcome = (writing: Writing, welcome: Welcome): void => {
  const { encoder } = writing;
  writeVarString(encoder, welcome.home);
  writeLog(writing, welcome.incarnation);
  writeIndexedVector(writing, welcome.vector);
  writeVarUint(encoder, welcome.admitted?.number ?? 0);
  if (welcome.admitted !== null) writeDot(writing, welcome.admitted.dot);
  writeVarUint(encoder, welcome.homeCount);
  writeVarUint(encoder, welcome.writeQuorum);
  writeVarUint(encoder, welcome.heardCount);
  writeList(writing, welcome.durable, (to, durable) => writeDisk(to, durable, welcome.vector));
};

const readWelcome = (reading: Reading): Welcome => {
  const { decoder } = reading;
  const home = readText(decoder, HOME_BYTES_MAX);
  const incarnation = readLog(reading);
  const vector = readIndexedVector(reading);
  const number = readNumberOrNone(decoder);
  return {
    kind: "welcome",
    home,
    incarnation,
    vector,
    admitted: number === 0 ? null : { number, dot: readDot(reading) },
    homeCount: readNumber(decoder),
    writeQuorum: readNumber(decoder),
    heardCount: readVarUint(decoder),
    durable: readList(reading, 3, (from, index) => readDisk(from, vector, index)),
  };
};

/** Another home's disk as a difference from this one's vector: mostly there is none, and it takes three bytes and its name. */
const writeDisk = (writing: Writing, disk: DurableVector, own: VersionVector): void => {
  writeVarString(writing.encoder, disk.home);
  writeLog(writing, disk.incarnation);
  const logs = [...new Set([...own.keys(), ...disk.vector.keys()])];
  const different = logs.filter((log) => numberOf(disk.vector, log) !== numberOf(own, log));
  writeList(writing, different, (to, log) => {
    writeLog(to, log);
    writeVarUint(to.encoder, numberOf(disk.vector, log));
  });
};

const readDisk = (reading: Reading, own: VersionVector, index: number): DurableVector => {
  // Each stands for a vector as long as the home's own: without a limit, few bytes would stand for very much.
  if (index >= DISKS_MAX) throw new RangeError("too many homes");
  const home = readText(reading.decoder, HOME_BYTES_MAX);
  const incarnation = readLog(reading);
  const different = readList(
    reading,
    2,
    (from) => [readLog(from), readNumberOrNone(from.decoder)] as const,
  );
  const vector = new Map([...own, ...different].filter(([, number]) => number > 0));
  for (const [log, number] of different) if (number === 0) vector.delete(log);
  return { home, incarnation, vector };
};

const writeDurable = (writing: Writing, durable: DurableVector): void => {
  writeVarString(writing.encoder, durable.home);
  writeLog(writing, durable.incarnation);
  writeIndexedVector(writing, durable.vector);
};

const readDurable = (reading: Reading): DurableVector => ({
  home: readText(reading.decoder, HOME_BYTES_MAX),
  incarnation: readLog(reading),
  vector: readIndexedVector(reading),
});

/** An entry is somebody's (0, then the batch) or the edge's own (its number there). */
const writeShownEntry = (writing: Writing, entry: ShownEntry): void => {
  writeDot(writing, entry);
  writeVarUint(writing.encoder, entry.batch === null ? entry.ownNumber : 0);
  if (entry.batch !== null) writeBatch(writing, entry.batch);
};

const readShownEntry = (reading: Reading): ShownEntry => {
  const { incarnation, number } = readDot(reading);
  const ownNumber = readNumberOrNone(reading.decoder);
  const batch = ownNumber === 0 ? readBatch(reading) : null;
  return { incarnation, number, batch, ownNumber };
};

/** Reads one of the codes that this version knows. */
export const readErrorCode = (decoder: Decoder): ErrorCode => {
  const text = readText(decoder, 64);
  const code = errorCodes.find((known) => known === text);
  if (code === undefined) throw new RangeError("an unknown error code");
  return code;
};
