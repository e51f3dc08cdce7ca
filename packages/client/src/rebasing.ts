/** Spells changes anew under another id, when the one under which they were made turned out to be another device's too. */
import { type Crdt, foldingOf, type ReplicaId } from "@syncline/crdt";
import type { SentDelta, Writer } from "./value-writer.ts";

type Type<State> = Crdt<State, unknown, object>;

/**
 * The state without what was written here under this id beyond the fence, and with what others wrote under it.
 *
 * A home takes one of two batches that have the same place in an id's chain. Had this replica kept its own, it would count what nobody else counts.
 */
export const withoutOwn = <State>(
  type: Type<State>,
  state: State,
  { replica, foreign, heard }: Writer<State>,
  fence: State,
): State => {
  const folding = foldingOf(type);
  const stripped = strip();
  for (const delta of [heard, ...foreign]) type.apply(stripped, delta);
  return stripped;

  function strip(): State {
    switch (type.folding) {
      case "totals":
        return type.join(type.delta(state, folding.partOf(state, replica)), fence);
      case "dots":
        return type.delta(state, type.delta(folding.partOf(state, replica), fence));
      case "rights":
      case "none":
        return type.join(state, type.bottom());
    }
  }
};

/** The delta as a new change of `replica` on top of the state; the same delta where changes belong to nobody. */
export const respell = <State>(
  type: Type<State>,
  { writer, delta, fence }: SentDelta<State>,
  state: State,
  replica: ReplicaId,
): State => {
  const folding = foldingOf(type);
  const fold = { retired: writer.replica, fence, folded: fence };
  const own = type.delta(folding.partOf(delta, writer.replica), fence);
  // What it says of older changes of the same id, such as that they are removed, stays; only what is new in it is moved.
  const kept = type.delta(delta, own);
  const moved = folding.respell(type.delta(delta, fence), fold, state, replica);
  return type.join(kept, moved);
};
