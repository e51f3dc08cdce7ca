/**
 * Frames between a node and its clients. A request: number · kind · content. An answer: number of the request · status · content. Numbers are varints, and a frame
 * that is one zero means nothing (a heartbeat); requests are numbered from 1.
 */
import {
  createDecoder,
  type Decoder,
  hasContent,
  readVarString,
  readVarUint,
  readVarUint8Array,
} from "lib0/decoding";
import {
  createEncoder,
  toUint8Array,
  writeVarString,
  writeVarUint,
  writeVarUint8Array,
} from "lib0/encoding";

/** The WebSocket subprotocol of these frames. */
export const CLIENT_PROTOCOL = "syncline.raft-client.v1";
/** The longest frame that is taken: a command, with what goes with it. */
export const CLIENT_FRAME_BYTES_MAX: number = 1024 * 1024;
/** Means only that this side is there. */
export const clientHeartbeat: Uint8Array = Uint8Array.of(0);

/** What a client asks. */
export type ClientRequest = { readonly id: number } & (
  | /** Begin a session. */ { readonly kind: "open" }
  /** Apply the session's command with this number, once; the client has all results up to `doneNumber`. */
  | {
      readonly kind: "call";
      readonly session: number;
      readonly number: number;
      readonly doneNumber: number;
      readonly command: Uint8Array;
    }
  /** Answer the query from a state that has everything that was acknowledged before it was asked. */
  | { readonly kind: "read"; readonly query: Uint8Array }
);

/** What became of it. */
export type ClientAnswer = { readonly id: number } & (
  | { readonly kind: "opened"; readonly session: number }
  | { readonly kind: "done"; readonly result: Uint8Array }
  /** It had no effect here; ask the leader, if one is known. */
  | { readonly kind: "not-leader"; readonly leader: string | null }
  /** It had no effect; ask again later. */
  | { readonly kind: "busy" }
  /** It had no effect, and never will. */
  | { readonly kind: "refused"; readonly reason: string }
  /** It may have had its effect, or have it yet. The same number may be sent again. */
  | { readonly kind: "unknown" }
);

const requestKinds = ["open", "call", "read"] as const;
const answerKinds = ["opened", "done", "not-leader", "busy", "refused", "unknown"] as const;

/** A request as a frame. */
export const encodeRequest = (request: ClientRequest): Uint8Array => {
  const encoder = createEncoder();
  writeVarUint(encoder, request.id);
  writeVarUint(encoder, requestKinds.indexOf(request.kind));
  if (request.kind === "call") {
    writeVarUint(encoder, request.session);
    writeVarUint(encoder, request.number);
    writeVarUint(encoder, request.doneNumber);
    writeVarUint8Array(encoder, request.command);
  } else if (request.kind === "read") writeVarUint8Array(encoder, request.query);
  return toUint8Array(encoder);
};

/** The request in a frame, `"heartbeat"`, or null if it is none. Bytes are views of the frame. */
export const decodeRequest = (frame: Uint8Array): ClientRequest | "heartbeat" | null => {
  const decoder = createDecoder(frame);
  try {
    const id = readVarUint(decoder);
    if (id === 0) return hasContent(decoder) ? null : "heartbeat";
    const kind = requestKinds[readVarUint(decoder)];
    return kind === undefined ? null : readRequest(decoder, id, kind);
  } catch {
    return null;
  }
};

const readRequest = (
  decoder: Decoder,
  id: number,
  kind: ClientRequest["kind"],
): ClientRequest | null => {
  switch (kind) {
    case "open":
      return { id, kind };
    case "read":
      return { id, kind, query: readVarUint8Array(decoder) };
    case "call": {
      const session = readVarUint(decoder);
      const number = readVarUint(decoder);
      const doneNumber = readVarUint(decoder);
      const command = readVarUint8Array(decoder);
      const isCall = number > 0 && doneNumber < number;
      return isCall ? { id, kind, session, number, doneNumber, command } : null;
    }
  }
};

/** An answer as a frame. */
export const encodeAnswer = (answer: ClientAnswer): Uint8Array => {
  const encoder = createEncoder();
  writeVarUint(encoder, answer.id);
  writeVarUint(encoder, answerKinds.indexOf(answer.kind));
  if (answer.kind === "opened") writeVarUint(encoder, answer.session);
  else if (answer.kind === "done") writeVarUint8Array(encoder, answer.result);
  else if (answer.kind === "not-leader") writeVarString(encoder, answer.leader ?? "");
  else if (answer.kind === "refused") writeVarString(encoder, answer.reason);
  return toUint8Array(encoder);
};

/** The answer in a frame, `"heartbeat"`, or null if it is none. */
export const decodeAnswer = (frame: Uint8Array): ClientAnswer | "heartbeat" | null => {
  const decoder = createDecoder(frame);
  try {
    const id = readVarUint(decoder);
    if (id === 0) return hasContent(decoder) ? null : "heartbeat";
    const kind = answerKinds[readVarUint(decoder)];
    return kind === undefined ? null : readAnswer(decoder, id, kind);
  } catch {
    return null;
  }
};

const readAnswer = (decoder: Decoder, id: number, kind: ClientAnswer["kind"]): ClientAnswer => {
  switch (kind) {
    case "opened":
      return { id, kind, session: readVarUint(decoder) };
    case "done":
      return { id, kind, result: readVarUint8Array(decoder) };
    case "not-leader": {
      const leader = readVarString(decoder);
      return { id, kind, leader: leader === "" ? null : leader };
    }
    case "refused":
      return { id, kind, reason: readVarString(decoder) };
    case "busy":
    case "unknown":
      return { id, kind };
  }
};
