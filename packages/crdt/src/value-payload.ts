/** What a batch of a value carries in a space: a delta with its place among all that its replica sent, a joined state with how far it goes, or news of retired replicas. */
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
import {
  type Fences,
  isUnfenced,
  noFences,
  type RawFences,
  readFences,
  readRawFences,
  writeFences,
} from "./fences.ts";
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
  /** Which folds are in it; of a delta the epoch alone. */
  readonly fences: Fences<State>;
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

const kinds = { delta: 0, joined: 1, fencedDelta: 2, fencedJoined: 3, fences: 4 } as const;

/** Bytes of a session. */
const SESSION_BYTES = 4;

/** A head is at least eight bytes of a replica, a number and a digest. */
const HEAD_BYTES_MIN = 10;

/**
 * A delta as a payload: `0, replica, varUint number, varUint before, session (4 bytes), delta`, after an epoch other than 0 `2, varUint epoch, replica, …`.
 * Also gives how far its writer is then.
 */
export const encodeDelta = <State>(
  type: Crdt<State, unknown, object>,
  { replica, origin, session }: Writer,
  delta: State,
  epoch = 0,
): { readonly payload: Uint8Array; readonly origin: Origin } => {
  const bytes = bytesBefore(type.encode(delta), (encoder) => {
    for (let shift = 24; shift >= 0; shift -= 8) writeByte(encoder, (session >>> shift) & 255);
  });
  const next = send(replica, origin, bytes);
  const payload = bytesBefore(bytes, (encoder) => {
    writeUint(encoder, epoch === 0 ? kinds.delta : kinds.fencedDelta);
    if (epoch > 0) writeUint(encoder, epoch);
    writeIncarnation(encoder, replica);
    writeUint(encoder, next.sent.number);
    writeUint(encoder, next.sent.before);
  });
  return { payload, origin: next.origin };
};

/**
 * A state as a payload: `1, varUint count, (replica, varUint number, varUint digest)*, state`, heads by replica ascending; with fences
 * `3, fences, varUint count, …`.
 */
export const encodeJoined = <State>(
  type: Crdt<State, unknown, object>,
  heads: Heads,
  state: State,
  fences: Fences<State> = noFences,
): Uint8Array =>
  bytesBefore(type.encode(state), (encoder) => {
    writeUint(encoder, isUnfenced(fences) ? kinds.joined : kinds.fencedJoined);
    if (!isUnfenced(fences)) writeFences(encoder, type, fences);
    writeUint(encoder, heads.size);
    for (const replica of [...heads.keys()].sort()) {
      const { number, digest } = heads.get(replica) ?? newOrigin;
      writeIncarnation(encoder, replica);
      writeUint(encoder, number);
      writeUint(encoder, digest);
    }
  });

/** News of folds alone, as a payload: `4, fences`. */
export const encodeFences = <State>(
  type: Crdt<State, unknown, object>,
  fences: Fences<State>,
): Uint8Array =>
  bytesOf((encoder) => {
    writeUint(encoder, kinds.fences);
    writeFences(encoder, type, fences);
  });

/** The news that folds are performed up to this epoch, for which no type need be known. */
export const encodeEpoch = (epoch: number): Uint8Array =>
  bytesOf((encoder) => {
    for (const number of [kinds.fences, epoch, 0, 0]) writeUint(encoder, number);
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
    const kind = readShortUint(decoder);
    switch (kind) {
      case kinds.delta:
      case kinds.fencedDelta: {
        const { epoch, sent, origin } = readDeltaHead(decoder, kind);
        const state = type.decode(sent.bytes.subarray(SESSION_BYTES)) ?? refuse();
        const heads = new Map([[sent.replica, origin]]);
        return { state, heads, sent, fences: { ...noFences, epoch } };
      }
      case kinds.joined:
      case kinds.fencedJoined: {
        const fences = kind === kinds.joined ? noFences : readFences(decoder, type);
        const heads = readHeads(decoder);
        const state = type.decode(readTail(decoder)) ?? refuse();
        return { state, heads, sent: null, fences };
      }
      case kinds.fences: {
        const fences = readFences(decoder, type);
        return { state: type.bottom(), heads: new Map(), sent: null, fences };
      }
      default:
        return refuse();
    }
  });

/** What a home must know of a payload to keep folds in order, whatever the type. */
export interface FencesSeen {
  /** Which folds the payload has. */
  readonly epoch: number;
  /** The last fold that it tells of, or its epoch if it tells of none beyond. */
  readonly proposedEpoch: number;
  /** It asks for a replica to be retired. */
  readonly isAsking: boolean;
  /** It brings the folds that it speaks of; otherwise who takes it must know them. */
  readonly isWhole: boolean;
}

/** The fences of a payload, of which its type need not be known; null for one without, and for what is no payload. A delta costs a few steps. */
export const fencesIn = (payload: Uint8Array): FencesSeen | null => {
  const [kind = 0] = payload;
  if (kind < kinds.fencedDelta) return null;
  return readBeginning(payload, (decoder) => {
    readShortUint(decoder);
    if (kind === kinds.fencedDelta) {
      const epoch = readShortUint(decoder);
      return { epoch, proposedEpoch: epoch, isAsking: false, isWhole: false };
    }
    const { epoch, folds, wanted }: RawFences = readRawFences(decoder);
    const proposedEpoch = Math.max(epoch, ...folds.keys());
    const isWhole = kind === kinds.fencedJoined;
    return { epoch, proposedEpoch, isAsking: wanted.size > 0, isWhole };
  });
};

/** As `readAll`, but what stands behind is left. */
const readBeginning = <Read>(bytes: Uint8Array, read: (decoder: Decoder) => Read): Read | null =>
  readAll(bytes, (decoder) => {
    const result = read(decoder);
    if (decoder.pos <= decoder.arr.length) decoder.pos = decoder.arr.length;
    return result;
  });

/** The place of a delta, of which its type need not be known; null for a joined state and for what is no payload. Linear in its bytes, for their digest is in it. */
export const sentIn = (
  payload: Uint8Array,
): { readonly sent: Sent; readonly origin: Origin; readonly session: number } | null =>
  readAll(payload, (decoder) => {
    const kind = readShortUint(decoder);
    if (kind !== kinds.delta && kind !== kinds.fencedDelta) return refuse();
    const { sent, origin } = readDeltaHead(decoder, kind);
    const [a = 0, b = 0, c = 0, d = 0] = sent.bytes;
    const session = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
    return { sent, origin, session };
  });

/** Takes note of a head, if it is further. Of two that are equally far the greater stands everywhere. */
export const noteHead = (heads: Map<ReplicaId, Origin>, replica: ReplicaId, head: Origin): void => {
  const known = heads.get(replica) ?? newOrigin;
  const isFurther = head.number > known.number;
  const isOther = head.number === known.number && head.digest > known.digest;
  if (isFurther || isOther) heads.set(replica, head);
};

const readDeltaHead = (
  decoder: Decoder,
  kind: 0 | 2,
): { readonly epoch: number; readonly sent: Sent; readonly origin: Origin } => {
  const epoch = kind === kinds.delta ? 0 : readShortUint(decoder);
  const replica = readIncarnation(decoder);
  const number = readShortUint(decoder);
  const before = readShortUint(decoder);
  const bytes = readTail(decoder);
  const isSpelledOtherwise = kind === kinds.fencedDelta && epoch === 0;
  if (number === 0 || bytes.length < SESSION_BYTES || isSpelledOtherwise) refuse();
  return { epoch, ...send(replica, { number: number - 1, digest: before }, bytes) };
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
