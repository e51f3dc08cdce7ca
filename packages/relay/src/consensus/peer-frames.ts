/**
 * Frames between the nodes of a cluster. The first byte says what one is: 0 nothing (a heartbeat of the connection), 1 a greeting, 2 messages.
 *
 * A greeting is JSON. Messages are one behind the other, each with its length before it; what they say is for `@syncline/consensus/wire`.
 */
import { createDecoder, hasContent, readVarUint8Array } from "lib0/decoding";
import { createEncoder, toUint8Array, writeUint8, writeVarUint8Array } from "lib0/encoding";

/** The WebSocket subprotocol of these frames. */
export const PEER_PROTOCOL = "syncline.raft.v1";
/** The longest frame that is taken: an append or a chunk, with some room. */
export const PEER_FRAME_BYTES_MAX: number = 4 * 1024 * 1024;
const GREETING_BYTES_MAX = 16 * 1024;

/** What each side says first. */
export interface PeerGreeting {
  readonly name: string;
  readonly incarnation: string;
  /** Whether its disk holds nothing yet: it waits to be told, or to decide, who the first members are. */
  readonly isNew: boolean;
  /** The ids of the first members, from the one who decided; else null. */
  readonly founders: readonly string[] | null;
  /** The cluster's secret. */
  readonly token: string;
}

/** What a frame holds. */
export type PeerFrame =
  | { readonly kind: "heartbeat" }
  | { readonly kind: "greeting"; readonly greeting: PeerGreeting }
  | { readonly kind: "messages"; readonly messages: readonly Uint8Array[] };

const tags = { heartbeat: 0, greeting: 1, messages: 2 } as const;

/** Means only that this side is there. */
export const peerHeartbeat: Uint8Array = Uint8Array.of(tags.heartbeat);

/** A greeting as a frame. */
export const encodeGreeting = (greeting: PeerGreeting): Uint8Array =>
  Buffer.concat([Buffer.of(tags.greeting), Buffer.from(JSON.stringify(greeting))]);

/** Messages as one frame. */
export const encodeMessages = (messages: readonly Uint8Array[]): Uint8Array => {
  const encoder = createEncoder();
  writeUint8(encoder, tags.messages);
  for (const message of messages) writeVarUint8Array(encoder, message);
  return toUint8Array(encoder);
};

/** What a peer sent, or null if it makes no sense. */
export const decodePeerFrame = (frame: Uint8Array): PeerFrame | null => {
  const tag: number = frame[0] ?? -1;
  switch (tag) {
    case tags.heartbeat:
      return { kind: "heartbeat" };
    case tags.greeting: {
      const greeting = frame.length > GREETING_BYTES_MAX ? null : greetingIn(frame.subarray(1));
      return greeting === null ? null : { kind: "greeting", greeting };
    }
    case tags.messages: {
      const messages = messagesIn(frame.subarray(1));
      return messages === null ? null : { kind: "messages", messages };
    }
    default:
      return null;
  }
};

const messagesIn = (bytes: Uint8Array): readonly Uint8Array[] | null => {
  const decoder = createDecoder(bytes);
  const messages: Uint8Array[] = [];
  try {
    while (hasContent(decoder)) messages.push(readVarUint8Array(decoder));
    return messages;
  } catch {
    return null;
  }
};

const greetingIn = (bytes: Uint8Array): PeerGreeting | null => {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString());
    if (typeof value !== "object" || value === null) return null;
    const { name, incarnation, isNew, founders, token } = value as Record<string, unknown>;
    if (typeof name !== "string" || typeof incarnation !== "string") return null;
    if (typeof isNew !== "boolean" || typeof token !== "string") return null;
    if (founders === null) return { name, incarnation, isNew, founders, token };
    if (!Array.isArray(founders) || !founders.every((one) => typeof one === "string")) return null;
    return { name, incarnation, isNew, founders, token };
  } catch {
    return null;
  }
};
