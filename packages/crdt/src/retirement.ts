/**
 * How the entries of a replica that is gone become part of one entry that stands for all such: otherwise a value that a thousand tabs have counted in
 * carries a thousand ids for ever.
 *
 * Two phases, since a state in which an entry was folded must never be joined with one in which it was not: the count would be there twice.
 *
 * 1. `prepare` says how the replica is to be folded, as far as one member knows it. Every member `agree`s: from then on it takes nothing more from that
 *    replica. Who knows more of it than the proposal answers with that, and there is a new proposal.
 * 2. When all have agreed, and only then, everybody `perform`s the same fold, in their own time. The epoch goes up by one.
 *
 * Deltas say their epoch, and `admit` refuses those of another: that is the fence. A replica that was away meets it with `BELOW_FENCE`, fetches state and
 * folds, and `rejoin`s: what it had not sent is folded, too. (Akka's pruning, without its silent hole: there a replica that was away longer than
 * the pruning is remembered brings the removed entry back, and is counted twice.)
 */
import { bytesOf, readAll, readIncarnation, refuse, writeIncarnation } from "@syncline/clocks";
import { type Crdt, foldedReplica, type ReplicaId } from "./crdt.ts";
import { CrdtError } from "./crdt-error.ts";
import type { Fold } from "./folding.ts";
import { foldingOf } from "./folding-of.ts";
import { readBytes, readLength, writeBytes } from "./text-encoding.ts";

/** A state, and which folds are in it. A record: functions give a new one, and leave the old as it was. */
export interface Fenced<State> {
  readonly state: State;
  /** All folds that were performed, in order; how many they are is the epoch. */
  readonly folds: readonly Fold<State>[];
  /** The replica from which nothing more is taken, between agreeing and performing. */
  readonly closing: ReplicaId | null;
}

/** A delta that says when it was made. */
export interface FencedDelta<State> {
  readonly epoch: number;
  readonly from: ReplicaId;
  readonly delta: State;
}

type AnyType<State> = Crdt<State, unknown, object>;

/** A state in which nobody was retired. */
export const unfenced = <State>(state: State): Fenced<State> => ({
  state,
  folds: [],
  closing: null,
});

/** Phase one, at the member that leads it: the proposal. Throws a `RangeError` for the folded replica itself. */
export const prepare = <State>(
  type: AnyType<State>,
  fenced: Fenced<State>,
  retired: ReplicaId,
): Fold<State> => {
  if (retired === foldedReplica) throw new RangeError("the folded replica is not retired");
  return foldingOf(type).startFold(fenced.state, retired);
};

/** A member's answer to a proposal: agreed, or what it knows beyond it. */
export type Answer<State> =
  | { readonly kind: "agreed"; readonly fenced: Fenced<State> }
  | { readonly kind: "more"; readonly delta: State };

/** Phase one, at each member, the leader included. After `more` the leader applies the delta and prepares again. Throws a `CrdtError` `BELOW_FENCE` or `ABOVE_FENCE` for a proposal of another epoch. */
export const agree = <State>(
  type: AnyType<State>,
  fenced: Fenced<State>,
  proposal: { readonly epoch: number; readonly fold: Fold<State> },
): Answer<State> => {
  refuseOtherEpoch(fenced, proposal.epoch);
  const { retired, fence } = proposal.fold;
  if (!type.leq(foldingOf(type).partOf(fenced.state, retired), fence)) {
    return { kind: "more", delta: type.join(fenced.state, type.bottom()) };
  }
  return { kind: "agreed", fenced: { ...fenced, closing: retired } };
};

/** Phase two, at each member, once all have agreed. Linear in the state. */
export const perform = <State>(
  type: AnyType<State>,
  fenced: Fenced<State>,
  fold: Fold<State>,
): Fenced<State> => ({
  state: foldingOf(type).fold(fenced.state, fold),
  folds: [...fenced.folds, fold],
  closing: null,
});

/**
 * Applies a delta that came from another replica to `fenced.state`. Returns whether it changed.
 *
 * Throws a `CrdtError`: `BELOW_FENCE` if the sender has not performed a fold that is performed here, `ABOVE_FENCE` if it is the other way round, `RETIRED`
 * for a delta of a replica that was retired or is about to be. Nothing has changed then.
 */
export const admit = <State>(
  type: AnyType<State>,
  fenced: Fenced<State>,
  { epoch, from, delta }: FencedDelta<State>,
): boolean => {
  const isRetired = fenced.folds.some(({ retired }) => retired === from);
  if (isRetired || from === fenced.closing || from === foldedReplica) {
    throw new CrdtError("RETIRED", `${from} was retired`);
  }
  refuseOtherEpoch(fenced, epoch);
  return type.apply(fenced.state, delta);
};

/**
 * The way back for a replica that was refused: `current` is another member's state and folds, `unsent` is what this one had not sent, from `epoch` on.
 *
 * The result is the new state and what to send of it. A replica that was retired itself must give a new id, under which its unsent changes are new ones;
 * throws a `CrdtError` `RETIRED` if it gives a retired one.
 */
export const rejoin = <State>(
  type: AnyType<State>,
  current: Fenced<State>,
  mine: { readonly epoch: number; readonly unsent: State; readonly replica: ReplicaId },
): { readonly fenced: Fenced<State>; readonly unsent: State } => {
  if (current.folds.some(({ retired }) => retired === mine.replica)) {
    throw new CrdtError("RETIRED", `${mine.replica} was retired`);
  }
  const state = type.join(current.state, type.bottom());
  // What the retired replica did beyond the fence keeps its own id: whoever brings it, and however often, it counts once.
  let { unsent } = mine;
  for (const fold of current.folds.slice(mine.epoch)) unsent = foldingOf(type).fold(unsent, fold);
  type.apply(state, unsent);
  return { fenced: { ...current, state }, unsent };
};

/** The bytes of a fold, to be sent and kept. */
export const encodeFold = <State>(type: AnyType<State>, fold: Fold<State>): Uint8Array =>
  bytesOf((encoder) => {
    writeIncarnation(encoder, fold.retired);
    writeBytes(encoder, type.encode(fold.fence));
    writeBytes(encoder, type.encode(fold.folded));
  });

/** The fold that these bytes are, or null. */
export const decodeFold = <State>(type: AnyType<State>, bytes: Uint8Array): Fold<State> | null =>
  readAll(bytes, (decoder) => {
    const retired = readIncarnation(decoder);
    const [fence, folded] = [0, 1].map(() => {
      return type.decode(readBytes(decoder, readLength(decoder)));
    });
    if (fence === null || fence === undefined || folded === null || folded === undefined) {
      refuse();
    }
    return { retired, fence, folded };
  });

const refuseOtherEpoch = <State>({ folds }: Fenced<State>, epoch: number): void => {
  if (epoch < folds.length) throw new CrdtError("BELOW_FENCE", `of epoch ${epoch}`);
  if (epoch > folds.length) throw new CrdtError("ABOVE_FENCE", `of epoch ${epoch}`);
};
