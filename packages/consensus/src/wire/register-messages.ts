/** Bytes of what proposers and acceptors of CASPaxos say. */
import { type Decoder, readVarUint } from "lib0/decoding";
import { type Encoder, writeVarString, writeVarUint } from "lib0/encoding";
import { type Ballot, ROUND_MAX } from "../ballot.ts";
import type { CopiedRegister, RegisterMessage } from "../caspaxos/messages.ts";
import { FRAME_BYTES_MAX } from "./limits.ts";
import {
  decoded,
  encoded,
  readAnyBallot,
  readBallot,
  readFlag,
  readList,
  readName,
  readOptional,
  readRound,
  refuse,
  writeBallot,
  writeFlag,
  writeList,
  writeOptional,
} from "./pieces.ts";
import {
  readAccepted,
  readConfig,
  readKey,
  readRegister,
  readState,
  writeAccepted,
  writeConfig,
  writeRegister,
  writeState,
} from "./register-pieces.ts";

/** The numbers of these messages on the wire. */
const kinds = {
  prepare: 32,
  accept: 33,
  read: 34,
  erase: 35,
  promise: 36,
  accepted: 37,
  conflict: 38,
  reading: 39,
  erased: 40,
  stale: 41,
  fence: 42,
  fenced: 43,
  copy: 44,
  copied: 45,
} as const;

/** A message of CASPaxos as a frame, by PROTOCOL.md. Its owner keeps it below `FRAME_BYTES_MAX` by the limits of keys and values. Cost: linear in its size. */
export const encodeRegisterMessage = (message: RegisterMessage): Uint8Array =>
  encoded((to) => {
    writeVarUint(to, kinds[message.kind]);
    switch (message.kind) {
      case "prepare":
      case "accept":
      case "read":
      case "erase":
        return writeRequest(to, message);
      case "promise":
      case "accepted":
      case "conflict":
      case "reading":
      case "erased":
      case "stale":
        return writeResponse(to, message);
      case "fence":
        return writeConfig(to, message.config);
      case "fenced":
        return writeVarUint(to, message.epoch);
      case "copy":
        writeVarUint(to, message.epoch);
        return writeOptional(to, message.afterKey, writeVarString);
      case "copied":
        return writeCopied(to, message);
    }
  });

/** The message of a frame, or null if it is none: too long, cut off, or out of bounds. Never throws. The message shares no bytes with the frame. */
export const decodeRegisterMessage = (frame: Uint8Array): RegisterMessage | null =>
  frame.length > FRAME_BYTES_MAX ? null : decoded(frame, readMessage);

type Of<Kind> = Extract<RegisterMessage, { kind: Kind }>;

const writeRequest = (to: Encoder, message: Of<"prepare" | "accept" | "read" | "erase">): void => {
  writeVarUint(to, message.epoch);
  writeVarString(to, message.key);
  if (message.kind === "read") return writeReader(to, message);
  writeBallot(to, message.ballot);
  if (message.kind !== "accept") return;
  // The next ballot is of the same proposer: how many rounds later it is says all. 0 stands for none.
  writeVarUint(to, message.next === null ? 0 : message.next.round - message.ballot.round);
  writeState(to, message.state);
};

const writeResponse = (
  to: Encoder,
  message: Of<"promise" | "accepted" | "conflict" | "reading" | "erased" | "stale">,
): void => {
  if (message.kind === "stale") return writeVarUint(to, message.epoch);
  writeVarString(to, message.key);
  if (message.kind === "reading") {
    writeReader(to, message);
    return writeOptional(to, message.accepted, writeAccepted);
  }
  writeBallot(to, message.ballot);
  if (message.kind === "conflict") writeBallot(to, message.seen);
  if (message.kind === "promise") {
    writeOptional(to, message.accepted, writeAccepted);
    writeVarUint(to, message.floor);
  }
};

/** Which reading it is: whose, and which of them. */
const writeReader = (to: Encoder, { reader, number }: Of<"read" | "reading">): void => {
  writeVarString(to, reader);
  writeVarUint(to, number);
};

const readReader = (from: Decoder): Pick<Of<"read">, "reader" | "number"> => ({
  reader: readName(from),
  number: readVarUint(from),
});

const writeCopied = (to: Encoder, message: Of<"copied">): void => {
  writeVarUint(to, message.epoch);
  writeOptional(to, message.afterKey, writeVarString);
  writeFlag(to, message.isLast);
  writeVarUint(to, message.floor);
  writeList(to, message.rows, (at, { key, register }: CopiedRegister) => {
    writeVarString(at, key);
    writeRegister(at, register);
  });
};

const readMessage = (from: Decoder): RegisterMessage => {
  const kind = readVarUint(from);
  switch (kind) {
    case kinds.fence:
      return { kind: "fence", config: readConfig(from) };
    case kinds.fenced:
      return { kind: "fenced", epoch: readRound(from) };
    case kinds.copy:
      return { kind: "copy", epoch: readRound(from), afterKey: readOptional(from, readKey) };
    case kinds.copied:
      return {
        kind: "copied",
        epoch: readRound(from),
        afterKey: readOptional(from, readKey),
        isLast: readFlag(from),
        floor: readRound(from),
        rows: readList(from, 4, (at) => ({ key: readKey(at), register: readRegister(at) })),
      };
    case kinds.stale:
      return { kind: "stale", epoch: readRound(from) };
    default:
      return kind <= kinds.erase ? readRequest(from, kind) : readResponse(from, kind);
  }
};

const readRequest = (from: Decoder, kind: number): RegisterMessage => {
  const epoch = readRound(from);
  const key = readKey(from);
  if (kind === kinds.read) return { kind: "read", epoch, key, ...readReader(from) };
  const ballot = readBallot(from);
  switch (kind) {
    case kinds.prepare:
      return { kind: "prepare", epoch, key, ballot };
    case kinds.erase:
      return { kind: "erase", epoch, key, ballot };
    case kinds.accept: {
      const next = nextOf(ballot, readRound(from));
      return { kind: "accept", epoch, key, ballot, next, state: readState(from) };
    }
    default:
      return refuse();
  }
};

const nextOf = ({ round, proposer }: Ballot, roundsLater: number): Ballot | null => {
  if (roundsLater === 0) return null;
  return round + roundsLater > ROUND_MAX ? refuse() : { round: round + roundsLater, proposer };
};

const readResponse = (from: Decoder, kind: number): RegisterMessage => {
  const key = readKey(from);
  if (kind === kinds.reading) {
    const which = readReader(from);
    return { kind: "reading", key, ...which, accepted: readOptional(from, readAccepted) };
  }
  const ballot = readBallot(from);
  switch (kind) {
    case kinds.accepted:
      return { kind: "accepted", key, ballot };
    case kinds.erased:
      return { kind: "erased", key, ballot };
    case kinds.conflict:
      return { kind: "conflict", key, ballot, seen: readAnyBallot(from) };
    case kinds.promise: {
      const accepted = readOptional(from, readAccepted);
      return { kind: "promise", key, ballot, accepted, floor: readRound(from) };
    }
    default:
      return refuse();
  }
};
