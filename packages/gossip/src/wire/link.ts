/**
 * Frames of one connection, both ways: many spaces on one socket, each under a channel number, logs under indexes.
 *
 * Each side numbers channels and logs for what it sends. The numbers belong to the sender's process, not to the connection, so the same
 * message to a hundred edges is the same bytes, and is encoded once.
 */
import { type Incarnation, readIncarnation, writeIncarnation } from "@syncline/clocks";
import { type ErrorCode, unreachable } from "@syncline/machine";
import { createDecoder, type Decoder, readVarUint } from "lib0/decoding";
import { type Encoder, writeUint8Array, writeVarString, writeVarUint } from "lib0/encoding";
import type { HomeId } from "../batch.ts";
import { encoded } from "../encoded.ts";
import type { SpaceMessage } from "../messages.ts";
import { NAME_BYTES_MAX } from "../names.ts";
import { edgeKinds, readEdgeMessage, writeEdgeMessage } from "./edge-messages.ts";
import { homeKinds, readErrorCode, readHomeMessage, writeHomeMessage } from "./home-messages.ts";
import { peerKinds, readPeerMessage, writePeerMessage } from "./peer-messages.ts";
import {
  bytesLeft,
  createLogTable,
  type LogTable,
  readList,
  readText,
  type Writing,
} from "./primitives.ts";

/** The version of the wire format that this code speaks, told in `greet`. */
export const WIRE_VERSION = 1;
/** The WebSocket subprotocol. A new name is for formats that this one cannot refuse politely. */
export const SUBPROTOCOL = "syncline.v1";
/** Encoded messages that are remembered; one that is asked for later is encoded again. */
const LAST_ENCODED_MAX = 3;
/** A larger one is remembered alone. */
const LAST_ENCODED_BYTES_MAX = 64 * 1024;
/** Logs that one side may name in one space; beyond it the frame is malformed. */
const LOGS_MAX = 4096;

const linkKinds = { heartbeat: 0, greet: 1, open: 2, close: 3, logs: 4, error: 5 } as const;
const roles = ["edge", "home"] as const;

/** The first item of each side's first frame. */
export interface Greeting {
  readonly version: number;
  readonly role: "edge" | "home";
  /** The sender's name if it is a home, or empty. */
  readonly home: HomeId;
  /** The incarnation of the sender's directory if it is a home, or null. */
  readonly incarnation: Incarnation | null;
  /** What the sender shows to be let in; empty if nothing. At most 8 KiB. */
  readonly token: string;
}

/** One item of a frame, with numbers resolved. */
export type LinkItem =
  | { readonly kind: "heartbeat" }
  | { readonly kind: "greet"; readonly greeting: Greeting }
  | { readonly kind: "space"; readonly space: string; readonly message: SpaceMessage }
  /** The sender has no more to say about this space, for now. */
  | { readonly kind: "close"; readonly space: string }
  /** Something was refused: a space, or with an empty name the connection. */
  | {
      readonly kind: "error";
      readonly space: string;
      readonly code: ErrorCode;
      readonly reason: string;
    };

/** What a process keeps for one space to send about it on any number of connections. */
export interface SpaceWriter {
  readonly space: string;
  readonly channel: number;
  readonly logs: LogTable;
}

interface EncodedMessage {
  readonly writer: SpaceWriter;
  readonly message: SpaceMessage;
  readonly bytes: Uint8Array;
  /** How many logs must have been named for the bytes to make sense. */
  readonly logCount: number;
}

/**
 * The last few messages: the same one goes to many connections, one after the other. Of the whole process, not of each space: a space where
 * nothing happens any more would keep its last batches in memory for as long as it is open.
 */
const lastEncoded: EncodedMessage[] = [];

/**
 * Pages of catch-ups: the same one may go to many connections at different times. Each is kept for as long as its message, which is as long as somebody
 * may be sent it, and as it waits in a queue anyway.
 */
const encodedPages = new WeakMap<SpaceMessage, EncodedMessage>();

/** A writer for a space; no two spaces of a process may have the same channel at a time. */
export const createSpaceWriter = (space: string, channel: number): SpaceWriter => ({
  space,
  channel,
  logs: createLogTable(),
});

/** The sending half of one connection. */
export interface LinkWriter {
  /** The frame of a message; names the space and its logs first if the other side does not know them. Cost: once for each message object. */
  message(writer: SpaceWriter, message: SpaceMessage): Uint8Array;
  /** The frame that says that no more comes about this space. */
  close(writer: SpaceWriter): Uint8Array;
  /** The frame that refuses a space, or with an empty name the connection. */
  error(space: string, code: ErrorCode, reason: string): Uint8Array;
}

/** The sending half of a new connection. */
export const createLinkWriter = (): LinkWriter => {
  const namedLogCountByChannel = new Map<number, number>();
  return {
    message: (writer, message) => {
      const { bytes, logCount } = encodeOnce(writer, message);
      const namedCount = namedLogCountByChannel.get(writer.channel);
      if (namedCount !== undefined && namedCount >= logCount) return bytes;
      const isNaming = (namedCount ?? 0) < logCount;
      namedLogCountByChannel.set(
        writer.channel,
        isNaming ? writer.logs.incarnations.length : (namedCount ?? 0),
      );
      return encoded((encoder) => {
        if (namedCount === undefined) writeOpen(encoder, writer);
        if (isNaming) writeLogs(encoder, writer, namedCount ?? 0);
        writeUint8Array(encoder, bytes);
      });
    },
    close: (writer) => {
      namedLogCountByChannel.delete(writer.channel);
      return encoded((encoder) => {
        writeVarUint(encoder, linkKinds.close);
        writeVarUint(encoder, writer.channel);
      });
    },
    error: (space, code, reason) =>
      encoded((encoder) => {
        writeVarUint(encoder, linkKinds.error);
        writeVarString(encoder, space);
        writeVarString(encoder, code);
        writeVarString(encoder, reason.slice(0, 300));
      }),
  };
};

/** The frame that keeps a connection alive: one byte. */
export const heartbeatFrame: Uint8Array = Uint8Array.of(linkKinds.heartbeat);

/** The frame that begins a connection. */
export const greetFrame = (greeting: Greeting): Uint8Array =>
  encoded((encoder) => {
    writeVarUint(encoder, linkKinds.greet);
    writeVarUint(encoder, greeting.version);
    writeVarUint(encoder, roles.indexOf(greeting.role));
    writeVarString(encoder, greeting.home);
    writeVarUint(encoder, greeting.incarnation === null ? 0 : 1);
    if (greeting.incarnation !== null) writeIncarnation(encoder, greeting.incarnation);
    writeVarString(encoder, greeting.token);
  });

const writeOpen = (encoder: Encoder, writer: SpaceWriter): void => {
  writeVarUint(encoder, linkKinds.open);
  writeVarUint(encoder, writer.channel);
  writeVarString(encoder, writer.space);
};

const writeLogs = (encoder: Encoder, writer: SpaceWriter, fromIndex: number): void => {
  const incarnations = writer.logs.incarnations.slice(fromIndex);
  writeVarUint(encoder, linkKinds.logs);
  writeVarUint(encoder, writer.channel);
  writeVarUint(encoder, incarnations.length);
  for (const incarnation of incarnations) writeIncarnation(encoder, incarnation);
};

const encodeOnce = (writer: SpaceWriter, message: SpaceMessage): EncodedMessage => {
  if (message.kind === "group" && !message.isLast) return encodePageOnce(writer, message);
  for (const known of lastEncoded) {
    if (known.message === message && known.writer === writer) return known;
  }
  const made = encode(writer, message);
  if (made.bytes.length > LAST_ENCODED_BYTES_MAX) lastEncoded.length = 0;
  if (lastEncoded.length === LAST_ENCODED_MAX) lastEncoded.shift();
  lastEncoded.push(made);
  return made;
};

const encodePageOnce = (writer: SpaceWriter, message: SpaceMessage): EncodedMessage => {
  const known = encodedPages.get(message);
  if (known !== undefined && known.writer === writer) return known;
  const made = encode(writer, message);
  encodedPages.set(message, made);
  return made;
};

const encode = (writer: SpaceWriter, message: SpaceMessage): EncodedMessage => {
  const { logs, channel } = writer;
  const bytes = encoded((encoder) => {
    writeVarUint(encoder, kindOf(message));
    writeVarUint(encoder, channel);
    writeBody({ encoder, logs }, message);
  });
  return { writer, message, bytes, logCount: logs.incarnations.length };
};

const kinds = { ...edgeKinds, ...homeKinds, ...peerKinds } as const;

const kindOf = (message: SpaceMessage): number => kinds[message.kind];

const writeBody = (writing: Writing, message: SpaceMessage): void => {
  switch (message.kind) {
    case "join":
    case "submit":
    case "carry":
    case "presence":
      return writeEdgeMessage(writing, message);
    case "hello":
    case "replicate":
    case "stored":
    case "pull":
    case "fill":
      return writePeerMessage(writing, message);
    case "welcome":
    case "group":
    case "update":
    case "admitted":
    case "carried":
    case "heard":
    case "durable":
    case "refused":
      return writeHomeMessage(writing, message);
    default:
      return unreachable(message);
  }
};

/** The receiving half of one connection. */
export interface LinkReader {
  /** The items of a frame in order, or null if it is malformed: then nothing of it may be used, and the connection must end with `BAD_FRAME`. */
  read(frame: Uint8Array): readonly LinkItem[] | null;
}

interface Channel {
  readonly space: string;
  readonly logs: LogTable;
}

/** The receiving half of a new connection; more than `channelsMax` open spaces are malformed. */
export const createLinkReader = (channelsMax: number): LinkReader => {
  const channels = new Map<number, Channel>();
  return {
    read: (frame) => {
      try {
        const decoder = createDecoder(frame);
        const items: LinkItem[] = [];
        if (bytesLeft(decoder) === 0) return null;
        while (bytesLeft(decoder) > 0) {
          const item = readItem(decoder, channels, channelsMax);
          if (item !== null) items.push(item);
        }
        return items;
      } catch {
        return null;
      }
    },
  };
};

const readItem = (
  decoder: Decoder,
  channels: Map<number, Channel>,
  channelsMax: number,
): LinkItem | null => {
  const kind = readVarUint(decoder);
  switch (kind) {
    case linkKinds.heartbeat:
      return { kind: "heartbeat" };
    case linkKinds.greet:
      return { kind: "greet", greeting: readGreeting(decoder) };
    case linkKinds.error:
      return {
        kind: "error",
        space: readText(decoder, NAME_BYTES_MAX),
        code: readErrorCode(decoder),
        reason: readText(decoder, NAME_BYTES_MAX),
      };
    case linkKinds.open: {
      const number = readVarUint(decoder);
      const space = readText(decoder, NAME_BYTES_MAX);
      if (channels.size >= channelsMax) throw new RangeError("too many spaces");
      channels.set(number, { space, logs: createLogTable() });
      return null;
    }
  }
  const number = readVarUint(decoder);
  const channel = channels.get(number);
  if (channel === undefined) throw new RangeError("a channel that was not opened");
  if (kind === linkKinds.close) {
    channels.delete(number);
    return { kind: "close", space: channel.space };
  }
  if (kind === linkKinds.logs) {
    readLogs(decoder, channel.logs);
    return null;
  }
  const reading = { decoder, logs: channel.logs };
  const message =
    readEdgeMessage(reading, kind) ??
    readHomeMessage(reading, kind) ??
    readPeerMessage(reading, kind);
  if (message === null) throw new RangeError("an unknown kind of message");
  return { kind: "space", space: channel.space, message };
};

const readGreeting = (decoder: Decoder): Greeting => {
  const version = readVarUint(decoder);
  const role = roles[readVarUint(decoder)];
  if (role === undefined) throw new RangeError("an unknown role");
  return {
    version,
    role,
    home: readText(decoder, 64),
    incarnation: readVarUint(decoder) === 0 ? null : readIncarnation(decoder),
    token: readText(decoder, 8192),
  };
};

const readLogs = (decoder: Decoder, logs: LogTable): void => {
  const named = readList({ decoder, logs }, 8, () => readIncarnation(decoder));
  for (const incarnation of named) {
    if (logs.indexByIncarnation.has(incarnation)) throw new RangeError("a log is named twice");
    if (logs.incarnations.length >= LOGS_MAX) throw new RangeError("too many logs");
    logs.indexByIncarnation.set(incarnation, logs.incarnations.length);
    logs.incarnations.push(incarnation);
  }
};
