/** Which folds of retired replicas are in a value that is shared through homes, and which are to come: what a payload says of it. */
import {
  bytesLeft,
  readIncarnation,
  readShortUint,
  refuse,
  writeIncarnation,
  writeUint,
} from "@syncline/clocks";
import type { Decoder } from "lib0/decoding";
import type { Encoder } from "lib0/encoding";
import { type Crdt, foldedReplica, type ReplicaId } from "./crdt.ts";
import type { Fold } from "./folding.ts";
import { decodeFold, encodeFold } from "./retirement.ts";
import { readBytes, readLength, writeBytes } from "./text-encoding.ts";

/**
 * How the folds of a value stand. Folds are in one order, and each begins an epoch; two who know a fold of one epoch know the same. So how far they are
 * performed is a number, and fences have a join.
 */
export interface Fences<State> {
  /** How many folds are in the state. */
  readonly epoch: number;
  /** By the epoch that each begins: the last that are in the state, and beyond those the ones that are proposed. */
  readonly folds: ReadonlyMap<number, Fold<State>>;
  /** Replicas of which somebody asked that they be retired, and at which epoch. */
  readonly wanted: ReadonlyMap<ReplicaId, number>;
}

/** The fences of a value in which nobody was retired. */
export const noFences: Fences<never> = { epoch: 0, folds: new Map(), wanted: new Map() };

/** Folds that are in a state and are remembered, so that changes of before them can still be folded. */
export const foldsRemembered = 64;

/** Folds that are proposed together. */
export const foldsAtOnce = 16;

/**
 * How many epochs old a change may be when a home admits it. A home may be one proposal behind others when it admits, and a change on its way for as long as
 * another takes: 32 + 2 × 16 is what is remembered.
 */
export const epochsAdmitted = 32;

/** Replicas that may be wanted in one payload. */
export const wantedMax = 4096;

/** Folds in one payload: what is remembered, and a proposal. A reader takes a little more. */
const foldsMax = 2 * foldsRemembered;

/** Bytes of a fold and its epoch, and of a wanted replica, at least. */
const bytesMin = { fold: 2, wanted: 9 } as const;

/** Whether a payload need not speak of them. */
export const isUnfenced = ({
  epoch,
  folds,
  wanted,
}: {
  readonly epoch: number;
  readonly folds: { readonly size: number };
  readonly wanted: { readonly size: number };
}): boolean => epoch === 0 && folds.size === 0 && wanted.size === 0;

/** Writes `varUint epoch, list(varUint epoch, bytes fold), list(replica, varUint epoch)`, both lists ascending. */
export const writeFences = <State>(
  encoder: Encoder,
  type: Crdt<State, unknown, object>,
  { epoch, folds, wanted }: Fences<State>,
): void => {
  writeUint(encoder, epoch);
  writeUint(encoder, folds.size);
  for (const [begun, fold] of [...folds].sort(([left], [right]) => left - right)) {
    writeUint(encoder, begun);
    writeBytes(encoder, encodeFold(type, fold));
  }
  writeUint(encoder, wanted.size);
  for (const replica of [...wanted.keys()].sort()) {
    writeIncarnation(encoder, replica);
    writeUint(encoder, wanted.get(replica) ?? 0);
  }
};

/** Fences whose folds were not looked into, for who does not know the type. */
export interface RawFences {
  readonly epoch: number;
  readonly folds: ReadonlyMap<number, Uint8Array>;
  readonly wanted: ReadonlyMap<ReplicaId, number>;
}

/** Reads what `writeFences` wrote, without the type; throws for anything else. */
export const readRawFences = (decoder: Decoder): RawFences => {
  const epoch = readShortUint(decoder);
  const folds = new Map<number, Uint8Array>();
  let previous = 0;
  for (let count = readCount(decoder, foldsMax, bytesMin.fold); count > 0; count -= 1) {
    const begun = readShortUint(decoder);
    if (begun <= previous) refuse();
    folds.set(begun, readBytes(decoder, readLength(decoder)));
    previous = begun;
  }
  const wanted = new Map<ReplicaId, number>();
  let before = "";
  for (let count = readCount(decoder, wantedMax, bytesMin.wanted); count > 0; count -= 1) {
    const replica = readIncarnation(decoder);
    if (replica <= before || replica === foldedReplica) refuse();
    wanted.set(replica, readShortUint(decoder));
    before = replica;
  }
  const fences = { epoch, folds, wanted };
  if (isUnfenced(fences)) refuse();
  return fences;
};

/** Reads fences of a value of this type. */
export const readFences = <State>(
  decoder: Decoder,
  type: Crdt<State, unknown, object>,
): Fences<State> => {
  const { epoch, folds: raw, wanted } = readRawFences(decoder);
  const folds = new Map<number, Fold<State>>();
  for (const [begun, bytes] of raw) folds.set(begun, decodeFold(type, bytes) ?? refuse());
  return { epoch, folds, wanted };
};

const readCount = (decoder: Decoder, countMax: number, itemBytesMin: number): number => {
  const count = readLength(decoder);
  if (count > countMax || count * itemBytesMin > bytesLeft(decoder)) refuse();
  return count;
};
