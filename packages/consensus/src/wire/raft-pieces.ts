/** The parts of Raft's messages and rows: ids of nodes and entries, configurations, entries, snapshots without their bytes. */
import { type Decoder, readVarUint } from "lib0/decoding";
import { type Encoder, writeVarString, writeVarUint, writeVarUint8Array } from "lib0/encoding";
import { type Configuration, isConfiguration, MEMBERS_MAX } from "../raft/configuration.ts";
import type { Entry, EntryId } from "../raft/entry.ts";
import type { SnapshotMeta } from "../raft/messages.ts";
import type { NodeId } from "../raft/node-id.ts";
import { FRAME_BYTES_MAX } from "./limits.ts";
import { readBytes, readFlag, readList, readText, refuse, writeFlag, writeList } from "./pieces.ts";

/** The longest id of a node or snapshot, in bytes of UTF-8. */
const WIRE_ID_BYTES_MAX = 160;

/** Reads the id of a node: not empty. */
export const readNodeId = (from: Decoder): NodeId => readText(from, WIRE_ID_BYTES_MAX) || refuse();

/** Reads a term, an index or another number from 0 that can be counted on. */
export const readNumber = (from: Decoder): number => {
  const number = readVarUint(from);
  return Number.isSafeInteger(number) ? number : refuse();
};

/** Writes the id of an entry. */
export const writeEntryId = (to: Encoder, { index, term }: EntryId): void => {
  writeVarUint(to, index);
  writeVarUint(to, term);
};

/** Reads the id of an entry; index and term are both 0 or neither is. */
export const readEntryId = (from: Decoder): EntryId => {
  const index = readNumber(from);
  const term = readNumber(from);
  return (index === 0) === (term === 0) ? { index, term } : refuse();
};

const writeNode = (to: Encoder, node: NodeId): void => writeVarString(to, node);

/** Writes a configuration. */
const writeConfiguration = (to: Encoder, configuration: Configuration): void => {
  writeList(to, configuration.voters, writeNode);
  writeList(to, configuration.outgoing, writeNode);
  writeList(to, configuration.learners, writeNode);
  writeList(to, configuration.learnersNext, writeNode);
  writeFlag(to, configuration.isLeavingByItself);
};

/** Reads a configuration, which must be one. */
const readConfiguration = (from: Decoder): Configuration => {
  const readNodes = (): readonly NodeId[] => readList(from, 2, readNodeId);
  const configuration: Configuration = {
    voters: readNodes(),
    outgoing: readNodes(),
    learners: readNodes(),
    learnersNext: readNodes(),
    isLeavingByItself: readFlag(from),
  };
  const { voters, outgoing, learners } = configuration;
  const isSmall = Math.max(voters.length, outgoing.length, learners.length) <= MEMBERS_MAX;
  return isSmall && isConfiguration(configuration) ? configuration : refuse();
};

const entryKinds = { empty: 0, command: 1, configuration: 2 } as const;

/** Writes an entry without its index: entries stand one after the other. */
export const writeEntry = (to: Encoder, entry: Entry): void => {
  writeVarUint(to, entry.term);
  writeVarUint(to, entryKinds[entry.kind]);
  if (entry.kind === "command") writeVarUint8Array(to, entry.data);
  if (entry.kind === "configuration") writeConfiguration(to, entry.configuration);
};

/** Reads the entry of this index. */
export const readEntry = (from: Decoder, index: number): Entry => {
  const term = readNumber(from);
  if (term === 0 || index === 0 || !Number.isSafeInteger(index)) refuse();
  switch (readVarUint(from)) {
    case entryKinds.empty:
      return { index, term, kind: "empty" };
    case entryKinds.command:
      return { index, term, kind: "command", data: readBytes(from, FRAME_BYTES_MAX) };
    case entryKinds.configuration:
      return { index, term, kind: "configuration", configuration: readConfiguration(from) };
    default:
      return refuse();
  }
};

/** Writes what is known of a snapshot. */
export const writeSnapshotMeta = (to: Encoder, snapshot: SnapshotMeta): void => {
  writeVarString(to, snapshot.id);
  writeEntryId(to, snapshot.last);
  writeConfiguration(to, snapshot.configuration);
  writeVarUint(to, snapshot.configurationIndex);
  writeVarUint(to, snapshot.sizeBytes);
};

/** Reads what is known of a snapshot. */
export const readSnapshotMeta = (from: Decoder): SnapshotMeta => {
  const snapshot: SnapshotMeta = {
    id: readNodeId(from),
    last: readEntryId(from),
    configuration: readConfiguration(from),
    configurationIndex: readNumber(from),
    sizeBytes: readNumber(from),
  };
  return snapshot.configurationIndex <= snapshot.last.index ? snapshot : refuse();
};
