/** Bytes of what nodes of a Raft cluster say. */
import { type Decoder, readVarUint } from "lib0/decoding";
import { type Encoder, writeVarString, writeVarUint, writeVarUint8Array } from "lib0/encoding";
import type { RaftMessage, RaftMessageKind } from "../raft/messages.ts";
import { FRAME_BYTES_MAX } from "./limits.ts";
import {
  decoded,
  encoded,
  readBytes,
  readFlag,
  readList,
  readOptional,
  refuse,
  writeFlag,
  writeList,
  writeOptional,
} from "./pieces.ts";
import {
  readEntry,
  readEntryId,
  readNodeId,
  readNumber,
  readSnapshotMeta,
  writeEntry,
  writeEntryId,
  writeSnapshotMeta,
} from "./raft-pieces.ts";

/** The numbers of these messages on the wire. */
const kinds = {
  "pre-vote": 1,
  "pre-vote-answer": 2,
  vote: 3,
  "vote-answer": 4,
  append: 5,
  "append-answer": 6,
  "append-refusal": 7,
  heartbeat: 8,
  "heartbeat-answer": 9,
  chunk: 10,
  "chunk-answer": 11,
  "campaign-now": 12,
  outdated: 13,
  mended: 14,
} as const satisfies Record<RaftMessage["kind"], number>;

/** A message as a frame. */
export const encodeRaftMessage = (message: RaftMessage): Uint8Array =>
  encoded((to) => {
    writeVarUint(to, kinds[message.kind]);
    writeVarString(to, message.from);
    writeVarString(to, message.to);
    writeVarUint(to, message.term);
    writeKind(to, message);
  });

const writeKind = (to: Encoder, message: RaftMessage): void => {
  switch (message.kind) {
    case "pre-vote":
      return writeEntryId(to, message.last);
    case "pre-vote-answer":
    case "vote-answer":
      return writeFlag(to, message.isGranted);
    case "vote":
      writeEntryId(to, message.last);
      return writeFlag(to, message.isTransfer);
    case "append":
      writeEntryId(to, message.previous);
      writeVarUint(to, message.commit);
      return writeList(to, message.entries, writeEntry);
    case "append-answer":
      writeVarUint(to, message.index);
      return writeOptional(to, message.mending, writeVarUint);
    case "append-refusal":
      writeVarUint(to, message.refusedIndex);
      writeEntryId(to, message.hint);
      return writeOptional(to, message.mending, writeVarUint);
    case "heartbeat":
      writeVarUint(to, message.commit);
      return writeVarUint(to, message.round);
    case "heartbeat-answer":
      return writeVarUint(to, message.round);
    case "chunk":
      writeSnapshotMeta(to, message.snapshot);
      writeVarUint(to, message.offset);
      return writeVarUint8Array(to, message.bytes);
    case "chunk-answer":
      writeVarString(to, message.snapshot);
      return writeVarUint(to, message.nextOffset);
    case "mended":
      return writeVarUint(to, message.mending);
    case "campaign-now":
    case "outdated":
  }
};

/** The message of a frame, or null if it is none. Never throws. */
export const decodeRaftMessage = (frame: Uint8Array): RaftMessage | null =>
  frame.length > FRAME_BYTES_MAX ? null : decoded(frame, readRaftMessage);

const readRaftMessage = (from: Decoder): RaftMessage => {
  const kind = readVarUint(from);
  const sender = readNodeId(from);
  const receiver = readNodeId(from);
  const term = readNumber(from);
  return { from: sender, to: receiver, term, ...readKind(from, kind) };
};

const readKind = (from: Decoder, kind: number): RaftMessageKind => {
  switch (kind) {
    case kinds["pre-vote"]:
      return { kind: "pre-vote", last: readEntryId(from) };
    case kinds["pre-vote-answer"]:
      return { kind: "pre-vote-answer", isGranted: readFlag(from) };
    case kinds.vote:
      return { kind: "vote", last: readEntryId(from), isTransfer: readFlag(from) };
    case kinds["vote-answer"]:
      return { kind: "vote-answer", isGranted: readFlag(from) };
    case kinds.append:
      return readAppend(from);
    case kinds["append-answer"]:
      return {
        kind: "append-answer",
        index: readNumber(from),
        mending: readOptional(from, readNumber),
      };
    case kinds["append-refusal"]:
      return {
        kind: "append-refusal",
        refusedIndex: readNumber(from),
        hint: readEntryId(from),
        mending: readOptional(from, readNumber),
      };
    case kinds.heartbeat:
      return { kind: "heartbeat", commit: readNumber(from), round: readNumber(from) };
    case kinds["heartbeat-answer"]:
      return { kind: "heartbeat-answer", round: readNumber(from) };
    default:
      return readRareKind(from, kind);
  }
};

const readRareKind = (from: Decoder, kind: number): RaftMessageKind => {
  switch (kind) {
    case kinds.chunk:
      return {
        kind: "chunk",
        snapshot: readSnapshotMeta(from),
        offset: readNumber(from),
        bytes: readBytes(from, FRAME_BYTES_MAX),
      };
    case kinds["chunk-answer"]:
      return {
        kind: "chunk-answer",
        snapshot: readNodeId(from),
        nextOffset: readNumber(from),
      };
    case kinds["campaign-now"]:
      return { kind: "campaign-now" };
    case kinds.outdated:
      return { kind: "outdated" };
    case kinds.mended:
      return { kind: "mended", mending: readNumber(from) };
    default:
      return refuse();
  }
};

const readAppend = (from: Decoder): RaftMessageKind => {
  const previous = readEntryId(from);
  const commit = readNumber(from);
  let { index } = previous;
  const entries = readList(from, 2, () => {
    index += 1;
    return readEntry(from, index);
  });
  return { kind: "append", previous, entries, commit };
};
