/** A value as applications see it. */
import type { Bound, ReplicaId } from "@syncline/crdt";

/** What a listener of a value is told. */
export interface ValueChange<Value> {
  /** As it is now. */
  readonly value: Value;
  /** As it was when listeners were last told. */
  readonly before: Value;
  /** Who changed it: this client, or others. What came together is one change. */
  readonly origin: "local" | "remote";
}

/** What every value has, beside the mutators of its type. */
export interface ValueFace<State, Value> {
  readonly name: string;
  /** The name of its type. */
  readonly type: string;
  /** Plain JavaScript; the same object until the value changes. Cost: the value's size, once for each change. */
  readonly value: Value;
  /** The state behind it, for the functions of `@syncline/crdt` that read one in constant time (`hasElement`, `rightsOf`, …). Not to be changed. */
  readonly state: State;
  /** The id under which this client changes the value at present: another after `CLONED_REPLICA`. */
  readonly replica: ReplicaId;
  /** Calls the listener after each change, until the function that it returns is called. Cost: the value's size for each change. */
  subscribe(listener: (change: ValueChange<Value>) => void): () => void;
}

/**
 * A value of a space, with the mutators of its type: `likes.increment()`, `tags.add("crdt")`.
 *
 * A mutator changes the value at once and tells listeners; the change is sent with what else is made within `batchDelayMs`. It throws a `SyncError`
 * `TOO_LARGE`, `NO_RIGHTS` or `CLOSED`, or what the type says of its arguments (`RangeError`, `TypeError`); nothing has changed then.
 */
export type SpaceValue<State, Value, M> = ValueFace<State, Value> & Bound<M, void>;
