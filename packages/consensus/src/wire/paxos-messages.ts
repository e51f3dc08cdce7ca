/** Bytes of what nodes of single-decree Paxos say. */
import { type Decoder, readVarUint } from "lib0/decoding";
import { type Encoder, writeVarUint, writeVarUint8Array } from "lib0/encoding";
import type { PaxosMessage, Proposal } from "../paxos/messages.ts";
import { PAXOS_VALUE_BYTES_MAX } from "../paxos/node.ts";
import {
  decoded,
  encoded,
  readAnyBallot,
  readBallot,
  readBytes,
  readOptional,
  refuse,
  writeBallot,
  writeOptional,
} from "./pieces.ts";

/** The numbers of these messages on the wire. */
const kinds = { prepare: 1, promise: 2, accept: 3, accepted: 4, conflict: 5, learn: 6 } as const;

/** A message of Paxos as a frame, by PROTOCOL.md. Its owner keeps it below `FRAME_BYTES_MAX` by the limits of keys and values. Cost: linear in its size. */
export const encodePaxosMessage = (message: PaxosMessage): Uint8Array =>
  encoded((to) => {
    writeVarUint(to, kinds[message.kind]);
    switch (message.kind) {
      case "prepare":
        return writeBallot(to, message.ballot);
      case "promise":
        writeBallot(to, message.ballot);
        return writeOptional(to, message.accepted, writeProposal);
      case "accept":
      case "accepted":
        return writeProposal(to, message.proposal);
      case "conflict":
        writeBallot(to, message.ballot);
        return writeBallot(to, message.promised);
      case "learn":
        return;
    }
  });

/** The message of a frame, or null if it is none: too long, cut off, or out of bounds. Never throws. The message shares no bytes with the frame. */
export const decodePaxosMessage = (frame: Uint8Array): PaxosMessage | null =>
  decoded(frame, readPaxosMessage);

const readPaxosMessage = (from: Decoder): PaxosMessage => {
  switch (readVarUint(from)) {
    case kinds.prepare:
      return { kind: "prepare", ballot: readBallot(from) };
    case kinds.promise:
      return {
        kind: "promise",
        ballot: readBallot(from),
        accepted: readOptional(from, readProposal),
      };
    case kinds.accept:
      return { kind: "accept", proposal: readProposal(from) };
    case kinds.accepted:
      return { kind: "accepted", proposal: readProposal(from) };
    case kinds.conflict:
      return { kind: "conflict", ballot: readBallot(from), promised: readAnyBallot(from) };
    case kinds.learn:
      return { kind: "learn" };
    default:
      return refuse();
  }
};

const writeProposal = (to: Encoder, { ballot, value }: Proposal): void => {
  writeBallot(to, ballot);
  writeVarUint8Array(to, value);
};

const readProposal = (from: Decoder): Proposal => ({
  ballot: readBallot(from),
  value: readBytes(from, PAXOS_VALUE_BYTES_MAX),
});
