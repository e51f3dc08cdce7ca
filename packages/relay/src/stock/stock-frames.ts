/** The frames of the y-websocket wire: `varUint type, body`, as clients of the versions 1 to 4 send and read them. */
import { createEncoder, length, toUint8Array, writeVarUint } from "lib0/encoding";
import {
  bytesLeft,
  type DocumentReader,
  readWhole,
  ShapeError,
  skipBytes,
  takeBytes,
  takeNumber,
} from "../document-reader.ts";
import { type PresenceEntry, writePresences } from "./presence-entries.ts";

/** What a client says. The bytes are views of the frame. */
export type StockMessage =
  /** What the client has; it wants the rest. */
  | { readonly kind: "step1"; readonly stateVector: Uint8Array }
  /** What the server lacked, with all of the client's deletes. */
  | { readonly kind: "step2"; readonly update: Uint8Array }
  | { readonly kind: "update"; readonly update: Uint8Array }
  | { readonly kind: "awareness"; readonly bytes: Uint8Array }
  /** Asks for everybody's presence. */
  | { readonly kind: "query" }
  /** A message for others than this server: its type has no meaning here. */
  | { readonly kind: "other" };

const types = { sync: 0, awareness: 1, query: 3 } as const;
const steps = { step1: 0, step2: 1, update: 2 } as const;

/** The messages of a frame, or null if it is malformed. Clients send one; a proxy or a later client may join several. */
export const readStockFrame = (frame: Uint8Array): readonly StockMessage[] | null => {
  const read = readWhole(frame, (reader) => {
    const messages: StockMessage[] = [];
    do {
      messages.push(takeMessage(reader));
    } while (bytesLeft(reader) > 0);
    return messages;
  });
  return "why" in read ? null : read.value;
};

const takeMessage = (reader: DocumentReader): StockMessage => {
  switch (takeNumber(reader)) {
    case types.sync:
      return takeSync(reader);
    case types.awareness:
      return { kind: "awareness", bytes: takeBytes(reader) };
    case types.query:
      return { kind: "query" };
    default:
      // Where a message of an unknown type ends is unknown too.
      skipBytes(reader, bytesLeft(reader));
      return { kind: "other" };
  }
};

const takeSync = (reader: DocumentReader): StockMessage => {
  switch (takeNumber(reader)) {
    case steps.step1:
      return { kind: "step1", stateVector: takeBytes(reader) };
    case steps.step2:
      return { kind: "step2", update: takeBytes(reader) };
    case steps.update:
      return { kind: "update", update: takeBytes(reader) };
    default:
      throw new ShapeError("a sync message of an unknown kind");
  }
};

/** Without an encoder: there is one of these for every change. */
const syncFrame = (step: number, bytes: Uint8Array): Uint8Array => {
  let lengthBytes = 1;
  for (let rest = bytes.length; rest > 127; rest = Math.floor(rest / 128)) lengthBytes += 1;
  const frame = new Uint8Array(2 + lengthBytes + bytes.length);
  frame[0] = types.sync;
  frame[1] = step;
  let rest = bytes.length;
  for (let index = 2; index < 2 + lengthBytes; index += 1) {
    frame[index] = rest > 127 ? 128 + (rest % 128) : rest;
    rest = Math.floor(rest / 128);
  }
  frame.set(bytes, 2 + lengthBytes);
  return frame;
};

/** Says what the server has, so that the client sends the rest. */
export const step1Frame = (stateVector: Uint8Array): Uint8Array =>
  syncFrame(steps.step1, stateVector);

/** Answers a client's step 1; with the first of these a client is "synced". */
export const step2Frame = (update: Uint8Array): Uint8Array =>
  heldFrame(step2Frames, steps.step2, update);

/** One change. */
export const updateFrame = (update: Uint8Array): Uint8Array => syncFrame(steps.update, update);

/** A part of a document, to be followed by a step 2: the same update gives the same frame, as there. */
export const partFrame = (update: Uint8Array): Uint8Array =>
  heldFrame(partFrames, steps.update, update);

/**
 * The same update gives the same frame while somebody still holds it: a hundred clients that join at once would otherwise be sent a copy of the document
 * each.
 */
const heldFrame = (frames: HeldFrames, step: number, update: Uint8Array): Uint8Array => {
  const known = frames.get(update)?.deref();
  if (known !== undefined) return known;
  const frame = syncFrame(step, update);
  frames.set(update, new WeakRef(frame));
  return frame;
};

type HeldFrames = WeakMap<Uint8Array, WeakRef<Uint8Array>>;

const step2Frames: HeldFrames = new WeakMap();
const partFrames: HeldFrames = new WeakMap();

/** Presences of clients. With none it means nothing, and still tells the client that the server lives. */
export const awarenessFrame = (entries: readonly PresenceEntry[]): Uint8Array => {
  const encoder = createEncoder();
  writeVarUint(encoder, types.awareness);
  const inner = createEncoder();
  writePresences(inner, entries);
  writeVarUint(encoder, length(inner));
  const head = toUint8Array(encoder);
  const body = toUint8Array(inner);
  const frame = new Uint8Array(head.length + body.length);
  frame.set(head);
  frame.set(body, head.length);
  return frame;
};
