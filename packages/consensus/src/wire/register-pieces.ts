/** Bytes of registers and configurations, on the wire and on disk alike. */
import { type Decoder, readVarUint } from "lib0/decoding";
import { type Encoder, writeVarString, writeVarUint, writeVarUint8Array } from "lib0/encoding";
import { type RegisterConfig, whyBadConfig } from "../caspaxos/config.ts";
import {
  REGISTER_KEY_BYTES_MAX,
  REGISTER_VALUE_BYTES_MAX,
  RESULT_BYTES_MAX,
} from "../caspaxos/limits.ts";
import type { Accepted, Register, RegisterState, Session } from "../caspaxos/register.ts";
import {
  readAnyBallot,
  readBallot,
  readBytes,
  readList,
  readName,
  readOptional,
  readRound,
  readText,
  refuse,
  writeBallot,
  writeList,
  writeOptional,
} from "./pieces.ts";

/** Reads the key of a register. */
export const readKey = (from: Decoder): string => readText(from, REGISTER_KEY_BYTES_MAX);

/** Writes a state. */
export const writeState = (to: Encoder, { value, knownFrom, sessions }: RegisterState): void => {
  writeOptional(to, value, writeVarUint8Array);
  writeVarUint(to, knownFrom);
  writeList(to, sessions, writeSession);
};

/** Reads a state. */
export const readState = (from: Decoder): RegisterState => ({
  value: readOptional(from, (at) => readBytes(at, REGISTER_VALUE_BYTES_MAX)),
  knownFrom: readRound(from),
  sessions: readList(from, 4, readSession),
});

const writeSession = (to: Encoder, { client, round, droppedTo, results }: Session): void => {
  writeVarString(to, client);
  writeVarUint(to, round);
  writeVarUint(to, droppedTo);
  writeList(to, results, (at, { number, result }) => {
    writeVarUint(at, number);
    writeVarUint8Array(at, result);
  });
};

const readSession = (from: Decoder): Session => ({
  client: readName(from),
  round: readRound(from),
  droppedTo: readRound(from),
  results: readList(from, 2, (at) => ({
    number: readRound(at),
    result: readBytes(at, RESULT_BYTES_MAX),
  })),
});

/** Writes a state with its ballot. */
export const writeAccepted = (to: Encoder, { ballot, state }: Accepted): void => {
  writeBallot(to, ballot);
  writeState(to, state);
};

/** Reads a state with its ballot. */
export const readAccepted = (from: Decoder): Accepted => ({
  ballot: readBallot(from),
  state: readState(from),
});

/** Writes what an acceptor keeps of a key. */
export const writeRegister = (to: Encoder, { promise, accepted }: Register): void => {
  writeBallot(to, promise);
  writeOptional(to, accepted, writeAccepted);
};

/** Reads what an acceptor keeps of a key. */
export const readRegister = (from: Decoder): Register => ({
  promise: readAnyBallot(from),
  accepted: readOptional(from, readAccepted),
});

/** Writes a configuration. */
export const writeConfig = (to: Encoder, config: RegisterConfig): void => {
  writeVarUint(to, config.epoch);
  writeVarUint(to, config.prepareQuorum);
  writeVarUint(to, config.acceptQuorum);
  writeList(to, config.acceptors, (at, { name, incarnation }) => {
    writeVarString(at, name);
    writeVarString(at, incarnation);
  });
};

/** Reads a configuration; one whose quorums do not meet is refused. */
export const readConfig = (from: Decoder): RegisterConfig => {
  const config: RegisterConfig = {
    epoch: readRound(from),
    prepareQuorum: readVarUint(from),
    acceptQuorum: readVarUint(from),
    acceptors: readList(from, 2, (at) => ({ name: readName(at), incarnation: readName(at) })),
  };
  return whyBadConfig(config) === null ? config : refuse();
};
