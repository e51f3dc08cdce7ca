/** What a batch of a value carries in a space: a delta with its place among all that its replica sent, or a joined state with how far it goes. */
import {
  bytesLeft,
  bytesOf,
  readAll,
  readIncarnation,
  readShortUint,
  refuse,
  writeByte,
  writeIncarnation,
  writeUint,
} from "@syncline/clocks";
import type { Decoder } from "lib0/decoding";
import type { Encoder } from "lib0/encoding";
import type { Crdt, ReplicaId } from "./crdt.ts";
import { newOrigin, type Origin, send, type Sent } from "./origins.ts";
import { readLength } from "./text-encoding.ts";

/** How far each replica's deltas are in a state. */
export type Heads = ReadonlyMap<ReplicaId, Origin>;

/** A payload that was read. */
export interface ValuePayload<State> {
  readonly state: State;
  /** What is in it: of a delta one replica's place after it, of a joined state all. */
  readonly heads: Heads;
  /** The delta's place; null for a joined state. */
  readonly sent: Sent | null;
}

/** Who writes: its id, how far it has got, and a number that was drawn for this run of it. */
export interface Writer {
  readonly replica: ReplicaId;
  readonly origin: Origin;
  /**
   * 32 bits, drawn anew whenever a device begins to write under an id that it had before. Two devices that go on from one past and do the same, such as
   * counting one, would else send the same bytes, and one of the two counts would be lost without a sign.
   */
  readonly session: number;
}

const kinds = { delta: 0, joined: 1 } as const;

/** Bytes of a session. */
const SESSION_BYTES = 4;

/** A head is at least eight bytes of a replica, a number and a digest. */
const HEAD_BYTES_MIN = 10;

/** A delta as a payload: `0, replica, varUint number, varUint before, session (4 bytes), delta`. Also gives how far its writer is then. */
export const encodeDelta = <State>(
  type: Crdt<State, unknown, object>,
  { replica, origin, session }: Writer,
  delta: State,
): { readonly payload: Uint8Array; readonly origin: Origin } => {
  const bytes = bytesBefore(type.encode(delta), (encoder) => {
    for (let shift = 24; shift >= 0; shift -= 8) writeByte(encoder, (session >>> shift) & 255);
  });
  const next = send(replica, origin, bytes);
  const payload = bytesBefore(bytes, (encoder) => {
    writeUint(encoder, kinds.delta);
    writeIncarnation(encoder, replica);
    writeUint(encoder, next.sent.number);
    writeUint(encoder, next.sent.before);
  });
  return { payload, origin: next.origin };
};

/** A state as a payload: `1, varUint count, (replica, varUint number, varUint digest)*, state`, heads by replica ascending. */
export const encodeJoined = <State>(
  type: Crdt<State, unknown, object>,
  heads: Heads,
  state: State,
): Uint8Array =>
  bytesBefore(type.encode(state), (encoder) => {
    writeUint(encoder, kinds.joined);
    writeUint(encoder, heads.size);
    for (const replica of [...heads.keys()].sort()) {
      const { number, digest } = heads.get(replica) ?? newOrigin;
      writeIncarnation(encoder, replica);
      writeUint(encoder, number);
      writeUint(encoder, digest);
    }
  });

/** A head, and behind it bytes to the end. */
const bytesBefore = (tail: Uint8Array, writeHead: (encoder: Encoder) => void): Uint8Array => {
  const head = bytesOf(writeHead);
  const bytes = new Uint8Array(head.length + tail.length);
  bytes.set(head);
  bytes.set(tail, head.length);
  return bytes;
};

/** What the payload says, or null if it is none of a value of this type. Linear in its bytes. */
export const decodePayload = <State>(
  type: Crdt<State, unknown, object>,
  payload: Uint8Array,
): ValuePayload<State> | null =>
  readAll(payload, (decoder) => {
    const { sent, heads } = readHead(decoder);
    const bytes = sent === null ? readTail(decoder) : sent.bytes.subarray(SESSION_BYTES);
    const state = type.decode(bytes);
    if (state === null) refuse();
    return { state, heads, sent };
  });

/** The place of a delta, of which its type need not be known; null for a joined state and for what is no payload. Linear in its bytes, for their digest is in it. */
export const sentIn = (
  payload: Uint8Array,
): { readonly sent: Sent; readonly origin: Origin; readonly session: number } | null =>
  readAll(payload, (decoder) => {
    const { sent, heads } = readHead(decoder);
    if (sent === null) refuse();
    const [a = 0, b = 0, c = 0, d = 0] = sent.bytes;
    const session = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
    return { sent, origin: heads.get(sent.replica) ?? newOrigin, session };
  });

/** Takes note of a head, if it is further. Of two that are equally far the greater stands everywhere. */
export const noteHead = (heads: Map<ReplicaId, Origin>, replica: ReplicaId, head: Origin): void => {
  const known = heads.get(replica) ?? newOrigin;
  const isFurther = head.number > known.number;
  const isOther = head.number === known.number && head.digest > known.digest;
  if (isFurther || isOther) heads.set(replica, head);
};

/** Of a delta all is read, of a joined state all but the state. */
const readHead = (decoder: Decoder): { readonly sent: Sent | null; readonly heads: Heads } => {
  switch (readShortUint(decoder)) {
    case kinds.delta: {
      const replica = readIncarnation(decoder);
      const number = readShortUint(decoder);
      const before = readShortUint(decoder);
      const bytes = readTail(decoder);
      if (number === 0 || bytes.length < SESSION_BYTES) refuse();
      const { sent, origin } = send(replica, { number: number - 1, digest: before }, bytes);
      return { sent, heads: new Map([[replica, origin]]) };
    }
    case kinds.joined:
      return { sent: null, heads: readHeads(decoder) };
    default:
      return refuse();
  }
};

const readHeads = (decoder: Decoder): Heads => {
  const count = readLength(decoder);
  if (count * HEAD_BYTES_MIN > bytesLeft(decoder)) refuse();
  const heads = new Map<ReplicaId, Origin>();
  let previous = "";
  for (let index = 0; index < count; index += 1) {
    const replica = readIncarnation(decoder);
    const number = readShortUint(decoder);
    const digest = readShortUint(decoder);
    if (replica <= previous || number === 0) refuse();
    heads.set(replica, { number, digest });
    previous = replica;
  }
  return heads;
};

/** A view of all that was not read. */
const readTail = (decoder: Decoder): Uint8Array => {
  const tail = decoder.arr.subarray(decoder.pos);
  decoder.pos = decoder.arr.length;
  return tail;
};
