/** Under which id a value is changed here, what was sent under it, and whether somebody else uses it. */
import {
  type Crdt,
  encodeDelta,
  foldingOf,
  type Heads,
  newOrigin,
  type Origin,
  type ReplicaId,
} from "@syncline/crdt";
import type { ReplicaIds } from "./replica-ids.ts";

/** One id, as this client writes one value under it. */
export interface Writer<State> {
  readonly replica: ReplicaId;
  origin: Origin;
  /** What a state has of this id, as far as it was handed out. */
  part: State;
  /** The last digests by number, to recognise own batches that come back. */
  readonly digestByNumber: Map<number, number>;
  /** What came of a counter's totals under this id, whoever raised them: resets by others are among them. */
  heard: State;
  /** What another device wrote under this id. */
  readonly foreign: State[];
  /** The id is another device's too: nothing more is written under it. */
  isCloned: boolean;
  /** What was written here under it beyond this was taken out of the state; null if nothing was. */
  strippedTo: State | null;
}

/** A delta that was handed out. */
export interface SentDelta<State> {
  readonly writer: Writer<State>;
  readonly delta: State;
  /** The writer's part before it. */
  readonly fence: State;
  /** How many folds of retired replicas were in the value when it was made. */
  readonly epoch: number;
}

/** What a writer is chosen by. */
export interface WriterPorts {
  readonly replicas: ReplicaIds;
  /** The space and the value, as one text. */
  readonly place: string;
  /** 32 bits of this run. */
  readonly session: number;
  /** Whether everything that a home has is here. */
  isSynced(): boolean;
}

/** How many own batches are recognised when they come back, and how many foreign ones are kept. */
const rememberedMax = 256;

/**
 * The writer of the next change.
 *
 * The lasting id is used when all that was ever done under it is in this state. A page that was reloaded has nothing but what a relay tells it; were
 * it to go on from less, it would give dots that have a meaning already. So before it is told, it writes under the passing id; and if it turns out that
 * nobody has what the id did last, or that somebody did more under it, the id is given up.
 */
export const chooseWriter = <State>(
  type: Crdt<State, unknown, object>,
  state: State,
  heads: Heads,
  ports: WriterPorts,
): Writer<State> => {
  const { replicas, place } = ports;
  const kept = replicas.originAt(place);
  const seen = heads.get(replicas.lasting) ?? newOrigin;
  if (seen.number === kept.number && seen.digest === kept.digest) {
    return writerOf(type, state, replicas.lasting, kept);
  }
  const isBehind = seen.number < kept.number;
  if (isBehind && !ports.isSynced()) {
    return writerOf(type, state, replicas.passing, newOrigin);
  }
  replicas.giveUp(replicas.lasting);
  return writerOf(type, state, replicas.lasting, newOrigin);
};

const writerOf = <State>(
  type: Crdt<State, unknown, object>,
  state: State,
  replica: ReplicaId,
  origin: Origin,
): Writer<State> => ({
  replica,
  origin,
  part: foldingOf(type).partOf(state, replica),
  digestByNumber: new Map(),
  heard: type.bottom(),
  foreign: [],
  isCloned: false,
  strippedTo: null,
});

/** The delta as a payload, at the next place of its writer's chain. How far that goes is kept before the payload is given. */
export const writeDelta = <State>(
  type: Crdt<State, unknown, object>,
  writer: Writer<State>,
  { delta, epoch }: { readonly delta: State; readonly epoch: number },
  { replicas, place, session }: WriterPorts,
): { readonly payload: Uint8Array; readonly sent: SentDelta<State> } => {
  const { replica, origin, part: fence } = writer;
  const { payload, origin: next } = encodeDelta(type, { replica, origin, session }, delta, epoch);
  writer.origin = next;
  writer.part = type.join(fence, foldingOf(type).partOf(delta, replica));
  writer.digestByNumber.set(next.number, next.digest);
  writer.digestByNumber.delete(next.number - rememberedMax);
  replicas.keep(replica, place, next);
  return { payload, sent: { writer, delta, fence, epoch } };
};

/** Whether what has come goes further under the writer's id than the writer, or otherwise: then another device has the same id. */
export const isFromClone = (writer: Writer<unknown>, heads: Heads): boolean => {
  const head = heads.get(writer.replica);
  if (head === undefined) return false;
  const { number, digest } = writer.origin;
  if (head.number > number) return true;
  const known = head.number === number ? digest : writer.digestByNumber.get(head.number);
  return known !== undefined && known !== head.digest;
};

/** Takes note of what came, for the case that what was written here is taken back. */
export const noteHeard = <State>(
  type: Crdt<State, unknown, object>,
  writer: Writer<State>,
  state: State,
  isForeign: boolean,
): void => {
  if (type.folding === "totals") {
    writer.heard = type.join(writer.heard, foldingOf(type).partOf(state, writer.replica));
  }
  if (isForeign && writer.foreign.length < rememberedMax) writer.foreign.push(state);
};
