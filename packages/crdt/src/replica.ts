/** One replica of one value: its state, mutators that need neither state nor id, and who wants to know. */
import type { Bound, Crdt, ReplicaId } from "./crdt.ts";
import { foldedReplica } from "./crdt.ts";
import { isIncarnation } from "@syncline/clocks";

/** A value with an identity. */
export interface Replica<State, Value, M> {
  readonly id: ReplicaId;
  /** The type's mutators; each applies its delta, tells the subscribers, and returns the delta, to be encoded and sent. */
  readonly mutate: Bound<M, State>;
  /** The state, to be stored and joined; who changes it by hand changes the value without telling anybody. */
  readonly state: State;
  /** The value as it is now. */
  readonly value: () => Value;
  /** Takes in a delta or state. Returns the part that was new, to be passed on; null if nothing was. Throws a `CrdtError` as `apply` does. */
  readonly receive: (delta: State) => State | null;
  /** Calls back after each change with what changed. Returns the end of it. */
  readonly subscribe: (listener: (change: ReplicaChange<State>) => void) => () => void;
}

/** What changed, and whether it was done here. */
export interface ReplicaChange<State> {
  readonly delta: State;
  readonly isLocal: boolean;
}

/** A replica under this id, from nothing or from a stored state, which it takes over. Throws a `RangeError` for what is no id. */
export const createReplica = <State, Value, M extends object>(
  type: Crdt<State, Value, M>,
  id: ReplicaId,
  state: State = type.bottom(),
): Replica<State, Value, M> => {
  if (!isIncarnation(id) || id === foldedReplica) throw new RangeError(`no replica id: ${id}`);
  const listeners = new Set<(change: ReplicaChange<State>) => void>();
  const tell = (change: ReplicaChange<State>): void => {
    for (const listener of listeners) listener(change);
  };
  const mutate: Record<string, (...rest: readonly unknown[]) => State> = {};
  for (const [name, mutator] of Object.entries(type.mutators)) {
    mutate[name] = (...rest) => {
      const delta = (mutator as (...all: readonly unknown[]) => State)(state, id, ...rest);
      if (type.apply(state, delta)) tell({ delta, isLocal: true });
      return delta;
    };
  }
  return {
    id,
    state,
    mutate: mutate as object as Bound<M, State>,
    value: () => type.value(state),
    receive: (delta) => {
      const news = type.delta(delta, state);
      if (!type.apply(state, news)) return null;
      tell({ delta: news, isLocal: false });
      return news;
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
};
