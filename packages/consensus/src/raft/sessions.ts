/**
 * Exactly once: a command that is sent again, because nobody knows what became of it, has its effect once and gives the first result (Raft thesis, §6.3).
 *
 * The table of sessions is part of the replicated state: it changes by entries of the log alone, and stands in every snapshot. Were it anywhere else, a
 * node that starts from a snapshot would apply a command again.
 */
import { assert } from "@syncline/machine";
import { createDecoder, hasContent, readVarUint, readVarUint8Array } from "lib0/decoding";
import { createEncoder, toUint8Array, writeVarUint, writeVarUint8Array } from "lib0/encoding";

/** What the application replicates: deterministic, and all of it in `encode`. */
export interface ReplicatedState {
  /** Applies a committed command and gives its result. The same commands in the same order give the same state and results at every node. */
  apply(command: Uint8Array): Uint8Array;
  encode(): Uint8Array;
  /** Replaces everything by what `encode` gave. */
  decode(bytes: Uint8Array): void;
}

/** What a client puts into the log. Times are of the leader that proposes, in milliseconds, of any clock: the table's own time never goes back. */
export type SessionCommand =
  /** Begins a session. Sent twice it begins two; one of them is never used and expires. */
  | { readonly kind: "open"; readonly timeMs: number }
  /**
   * The session's command with this number, from 1. `doneNumber` is the last number up to which the client has every result, so that those can be
   * forgotten; it lies below `number`.
   */
  | {
      readonly kind: "call";
      readonly timeMs: number;
      readonly session: number;
      readonly number: number;
      readonly doneNumber: number;
      readonly command: Uint8Array;
    }
  /** Lets time pass: sessions that were not used for longer than the limit end. Any leader proposes it now and then. */
  | { readonly kind: "expire"; readonly timeMs: number };

/** What became of a command. */
export type SessionResult =
  /** The session's name is the index of the entry. */
  | { readonly kind: "opened"; readonly session: number }
  /** The result, now or of the first time. */
  | { readonly kind: "done"; readonly result: Uint8Array }
  /** There is no such session, or not any more: for ever. What its unanswered commands did is unknown; a new session must not send them again as if they had done nothing. */
  | { readonly kind: "no-session" }
  /** The client had said that it has this result. */
  | { readonly kind: "forgotten" }
  /** More than `RESULTS_MAX` results would be kept: not done yet; it may be sent again once the client says that it has results. */
  | { readonly kind: "too-far-ahead" }
  | { readonly kind: "time" };

/** A replicated state with sessions around it. */
export interface Sessions {
  /** Applies the entry's command. Returns null for bytes that are none; every node drops those. */
  apply(index: number, data: Uint8Array): SessionResult | null;
  /** The whole, for a snapshot. */
  encode(): Uint8Array;
  decode(bytes: Uint8Array): void;
  readonly sessionCount: number;
}

/** How many sessions there are at most; beyond that the one that was not used for longest ends. */
export const SESSIONS_MAX = 10_000;

/** How many results are kept for one session. */
export const RESULTS_MAX = 64;

interface Session {
  usedAtMs: number;
  doneNumber: number;
  readonly resultByNumber: Map<number, Uint8Array>;
}

interface Table {
  timeMs: number;
  /** In the order of last use. */
  readonly sessions: Map<number, Session>;
}

/** Puts sessions around a state. A session ends when it was not used for `expiryMs` of the table's time. */
export const createSessions = (state: ReplicatedState, expiryMs: number): Sessions => {
  const table: Table = { timeMs: 0, sessions: new Map() };
  return {
    apply: (index, data) => {
      const command = decodeSessionCommand(data);
      return command === null ? null : apply(table, state, expiryMs, index, command);
    },
    encode: () => encodeTable(table, state.encode()),
    decode: (bytes) => state.decode(decodeTable(table, bytes)),
    get sessionCount() {
      return table.sessions.size;
    },
  };
};

const apply = (
  table: Table,
  state: ReplicatedState,
  expiryMs: number,
  index: number,
  command: SessionCommand,
): SessionResult => {
  table.timeMs = Math.max(table.timeMs, command.timeMs);
  switch (command.kind) {
    case "open":
      return open(table, index);
    case "call":
      return call(table, state, command);
    case "expire":
      // In the order of last use: the first that is young enough ends the search.
      for (const [name, { usedAtMs }] of table.sessions) {
        if (usedAtMs + expiryMs >= table.timeMs) break;
        table.sessions.delete(name);
      }
      return { kind: "time" };
  }
};

const open = ({ sessions, timeMs }: Table, index: number): SessionResult => {
  assert(!sessions.has(index), "an entry is applied twice");
  sessions.set(index, { usedAtMs: timeMs, doneNumber: 0, resultByNumber: new Map() });
  for (const name of sessions.keys()) {
    if (sessions.size <= SESSIONS_MAX) break;
    sessions.delete(name);
  }
  return { kind: "opened", session: index };
};

const call = (
  { sessions, timeMs }: Table,
  state: ReplicatedState,
  { session: name, number, doneNumber, command }: Extract<SessionCommand, { kind: "call" }>,
): SessionResult => {
  const session = sessions.get(name);
  if (session === undefined) return { kind: "no-session" };
  sessions.delete(name);
  sessions.set(name, session);
  session.usedAtMs = timeMs;
  const known = session.resultByNumber.get(number);
  if (known !== undefined) return { kind: "done", result: known };
  if (number <= session.doneNumber) return { kind: "forgotten" };
  forget(session, Math.min(doneNumber, number - 1));
  if (session.resultByNumber.size >= RESULTS_MAX) return { kind: "too-far-ahead" };
  const result = state.apply(command);
  session.resultByNumber.set(number, result);
  return { kind: "done", result };
};

const forget = (session: Session, doneNumber: number): void => {
  if (doneNumber <= session.doneNumber) return;
  session.doneNumber = doneNumber;
  for (const number of session.resultByNumber.keys()) {
    if (number <= doneNumber) session.resultByNumber.delete(number);
  }
};

const kinds = ["open", "call", "expire"] as const;

/** A command as the data of an entry. */
export const encodeSessionCommand = (command: SessionCommand): Uint8Array => {
  const encoder = createEncoder();
  writeVarUint(encoder, kinds.indexOf(command.kind));
  writeVarUint(encoder, command.timeMs);
  if (command.kind === "call") {
    writeVarUint(encoder, command.session);
    writeVarUint(encoder, command.number);
    writeVarUint(encoder, command.doneNumber);
    writeVarUint8Array(encoder, command.command);
  }
  return toUint8Array(encoder);
};

/** The command in an entry's data, or null if there is none. */
export const decodeSessionCommand = (data: Uint8Array): SessionCommand | null => {
  const decoder = createDecoder(data);
  try {
    const kind = kinds[readVarUint(decoder)];
    const timeMs = readVarUint(decoder);
    if (kind === undefined) return null;
    if (kind !== "call") return hasContent(decoder) ? null : { kind, timeMs };
    const session = readVarUint(decoder);
    const number = readVarUint(decoder);
    const doneNumber = readVarUint(decoder);
    const command = readVarUint8Array(decoder);
    return hasContent(decoder) || number === 0
      ? null
      : { kind, timeMs, session, number, doneNumber, command };
  } catch {
    return null;
  }
};

const encodeTable = ({ timeMs, sessions }: Table, state: Uint8Array): Uint8Array => {
  const encoder = createEncoder();
  writeVarUint(encoder, timeMs);
  writeVarUint(encoder, sessions.size);
  for (const [name, { usedAtMs, doneNumber, resultByNumber }] of sessions) {
    writeVarUint(encoder, name);
    writeVarUint(encoder, usedAtMs);
    writeVarUint(encoder, doneNumber);
    writeVarUint(encoder, resultByNumber.size);
    for (const [number, result] of resultByNumber) {
      writeVarUint(encoder, number);
      writeVarUint8Array(encoder, result);
    }
  }
  writeVarUint8Array(encoder, state);
  return toUint8Array(encoder);
};

/** Fills the table, and gives the bytes of the state. A snapshot is checked by its store; one that is none of ours throws. */
const decodeTable = (table: Table, bytes: Uint8Array): Uint8Array => {
  const decoder = createDecoder(bytes);
  table.timeMs = readVarUint(decoder);
  table.sessions.clear();
  for (let left = readVarUint(decoder); left > 0; left -= 1) {
    const name = readVarUint(decoder);
    const usedAtMs = readVarUint(decoder);
    const session: Session = {
      usedAtMs,
      doneNumber: readVarUint(decoder),
      resultByNumber: new Map(),
    };
    for (let resultsLeft = readVarUint(decoder); resultsLeft > 0; resultsLeft -= 1) {
      const number = readVarUint(decoder);
      session.resultByNumber.set(number, Uint8Array.from(readVarUint8Array(decoder)));
    }
    table.sessions.set(name, session);
  }
  return Uint8Array.from(readVarUint8Array(decoder));
};
