/** Brings a change that was made before replicas were folded up to the value as it is. */
import {
  type Crdt,
  foldedBetween,
  foldedReplica,
  foldingOf,
  type JoinedValue,
} from "@syncline/crdt";
import { respell } from "./rebasing.ts";
import type { SentDelta } from "./value-writer.ts";

type Type<State> = Crdt<State, unknown, object>;

/**
 * The delta and its fence after the folds that came since; null if some of these are forgotten. Then `spellAnew` is all that can be done. Linear in the delta
 * for each fold.
 */
export const raised = <State>(
  type: Type<State>,
  { folds, epoch }: JoinedValue<State>,
  one: SentDelta<State>,
): SentDelta<State> | null => {
  if (one.epoch >= epoch) return one;
  const range = { from: one.epoch, to: epoch };
  const delta = foldedBetween(type, folds, one.delta, range);
  const fence = foldedBetween(type, folds, one.fence, range);
  return delta === null || fence === null ? null : { ...one, delta, fence, epoch };
};

/** Whether the id under which a change was made was folded so long ago that this is forgotten: others of its changes were known, and none is. */
export const isForgotten = <State>(
  type: Type<State>,
  { state, heads }: JoinedValue<State>,
  { writer, fence }: SentDelta<State>,
): boolean =>
  !type.isBottom(fence) &&
  !heads.has(writer.replica) &&
  type.isBottom(foldingOf(type).partOf(state, writer.replica));

/**
 * A change as one of the present epoch, where the folds since are forgotten.
 *
 * What its id did in it has no other name now, so it is the same change, and counts once however it comes; if the id itself was folded, it is a new change of
 * `replica`. What it says of others' changes stays as far as these are known by their names: that it removed, reset or overwrote what a folded replica
 * did is lost.
 */
export const spellAnew = <State>(
  type: Type<State>,
  value: JoinedValue<State>,
  one: SentDelta<State>,
  replica: string,
): State => {
  const folding = foldingOf(type);
  const own = one.writer.replica;
  const known = folding.replicasIn(value.state);
  const isGone = own !== replica;
  const delta = isGone ? respell(type, one, value.state, replica) : one.delta;
  let kept = delta;
  for (const other of folding.replicasIn(delta)) {
    const isKept = other === replica || other === foldedReplica;
    const isKnown = known.has(other) && other !== own;
    if (!isKept && !isKnown) kept = type.delta(kept, folding.partOf(kept, other));
  }
  return kept;
};
