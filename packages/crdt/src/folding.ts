/** What a type must do with the entries of a retired replica. */
import type { ReplicaId } from "./crdt.ts";

/** How a retired replica's entries are renamed, the same way everywhere: see `retirement.ts`. */
export interface Fold<State> {
  readonly retired: ReplicaId;
  /** What is folded of the retired replica. */
  readonly fence: State;
  /** All that there is of the folded replica once this is in it. */
  readonly folded: State;
}

/** The functions of folding. They leave their arguments as they are. */
export interface Folding<State> {
  /** Whose changes a state holds. */
  readonly replicasIn: (state: State) => ReadonlySet<ReplicaId>;
  /** What a state knows of one replica's changes: its totals, or its dots without their content. Bottom where changes belong to nobody. */
  readonly partOf: (state: State, replica: ReplicaId) => State;
  /** How everybody is to fold the replica, as far as this state knows it. */
  readonly startFold: (state: State, retired: ReplicaId) => Fold<State>;
  /**
   * The state, or delta, with the retired replica's entries as entries of the folded one, as far as the fence goes; what is beyond it stays under the
   * retired replica's own id, as what it is more than the fence. So nothing is lost with a fence that knew too little.
   *
   * A homomorphism: `fold(join(a, b)) = join(fold(a), fold(b))`. It may be applied to the parts of a state or to the whole, whatever order they come in.
   */
  readonly fold: (state: State, fold: Fold<State>) => State;
  /**
   * What is in `unsent` by `retired` and beyond the fence, as new changes of `replica` on top of `state`; for one who alone brings it, such as a device that
   * takes a new id. Rights stay where they are: another id has none.
   */
  readonly respell: (unsent: State, fold: Fold<State>, state: State, replica: ReplicaId) => State;
}
