/** Bytes of what homes say to each other. */
import { numberOf, readIncarnation, type VersionVector, writeIncarnation } from "@syncline/clocks";
import { readVarUint } from "lib0/decoding";
import { writeVarUint } from "lib0/encoding";
import type { AdmittedEdge, Entry, State } from "../batch.ts";
import type { PeerMessage } from "../messages.ts";
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
export const peerKinds = { hello: 32, replicate: 33, stored: 34, pull: 35, fill: 36 } as const;

type Said = Exclude<PeerMessage, { kind: "presence" }>;

/** Writes the body of a message. */
export const writePeerMessage = (writing: Writing, message: Said): void => {
  const { encoder } = writing;
  switch (message.kind) {
    case "hello":
      writeLog(writing, message.incarnation);
      writeIndexedVector(writing, message.vector);
      writeVarUint(encoder, message.round);
      return writeFlag(encoder, message.isReply);
    case "replicate":
      return writeEntries(writing, message.entries);
    case "stored":
      return writeIndexedVector(writing, message.vector);
    case "pull":
      writeVarUint(encoder, message.number);
      return writeIndexedVector(writing, message.vector);
    case "fill":
      writeVarUint(encoder, message.number);
      writeEntries(writing, message.entries);
      writeList(writing, message.states, writeState);
      writeList(writing, message.edges, writeAdmittedEdge);
      writeFlag(encoder, message.isLast);
      return writeIndexedVector(writing, message.vector);
  }
};

/** Reads the body of a message, or returns null if the number is none of these. */
export const readPeerMessage = (reading: Reading, kind: number): Said | null => {
  const { decoder } = reading;
  switch (kind) {
    case peerKinds.hello:
      return {
        kind: "hello",
        incarnation: readLog(reading),
        vector: readIndexedVector(reading),
        round: readVarUint(decoder),
        isReply: readFlag(decoder),
      };
    case peerKinds.replicate:
      return { kind: "replicate", entries: readEntries(reading) };
    case peerKinds.stored:
      return { kind: "stored", vector: readIndexedVector(reading) };
    case peerKinds.pull:
      return { kind: "pull", number: readVarUint(decoder), vector: readIndexedVector(reading) };
    case peerKinds.fill:
      return {
        kind: "fill",
        number: readVarUint(decoder),
        entries: readEntries(reading),
        states: readList(reading, BATCH_BYTES_MIN + 1, readState),
        edges: readList(reading, 11, readAdmittedEdge),
        isLast: readFlag(decoder),
        vector: readIndexedVector(reading),
      };
    default:
      return null;
  }
};

/**
 * Entries, each with what it rests on as a difference from the entry before it in the message: in a log that is written to by one home
 * while the others are quiet, that is two bytes.
 */
const writeEntries = (writing: Writing, entries: readonly Entry[]): void => {
  let before: VersionVector = new Map();
  writeList(writing, entries, (to, entry) => {
    writeDot(to, entry);
    writeAuthor(to, entry);
    const changes = new Map(
      [...entry.after].filter(([log, number]) => number > 0 && before.get(log) !== number),
    );
    const gone = [...before.keys()].filter((log) => numberOf(entry.after, log) === 0);
    writeIndexedVector(to, changes);
    writeList(to, gone, writeLog);
    writeBatch(to, entry.batch);
    before = entry.after;
  });
};

/**
 * How many numbers the vectors of one message's entries may hold in all; a vector that does not change is counted once.
 *
 * Without it a short message could stand for very much: a first entry that names 4,000 logs, and then a hundred thousand of nine bytes each
 * that change one of them.
 */
const AFTER_COUNT_MAX = 1_000_000;

const readEntries = (reading: Reading): Entry[] => {
  let after: VersionVector = new Map();
  let count = 0;
  return readList(reading, 6 + BATCH_BYTES_MIN, (from) => {
    const dot = readDot(from);
    const author = readAuthor(from);
    const changes = readIndexedVector(from);
    const gone = readList(from, 1, readLog);
    if (changes.size > 0 || gone.length > 0) {
      const changed = new Map([...after, ...changes]);
      for (const log of gone) changed.delete(log);
      after = changed;
      count += changed.size;
      if (count > AFTER_COUNT_MAX) throw new RangeError("vectors beyond all measure");
    }
    return { ...dot, author, after, batch: readBatch(from) };
  });
};

const writeAuthor = ({ encoder }: Writing, { author }: Entry): void => {
  writeVarUint(encoder, author?.number ?? 0);
  if (author !== null) writeIncarnation(encoder, author.edge);
};

const readAuthor = ({ decoder }: Reading): Entry["author"] => {
  const number = readNumberOrNone(decoder);
  return number === 0 ? null : { number, edge: readIncarnation(decoder) };
};

const writeState = (writing: Writing, state: State): void => {
  writeBatch(writing, state);
  writeIndexedVector(writing, state.last);
};

const readState = (reading: Reading): State => ({
  ...readBatch(reading),
  last: readIndexedVector(reading),
});

const writeAdmittedEdge = (writing: Writing, { edge, number, dot }: AdmittedEdge): void => {
  writeIncarnation(writing.encoder, edge);
  writeVarUint(writing.encoder, number);
  writeDot(writing, dot);
};

const readAdmittedEdge = (reading: Reading): AdmittedEdge => ({
  edge: readIncarnation(reading.decoder),
  number: readNumber(reading.decoder),
  dot: readDot(reading),
});
