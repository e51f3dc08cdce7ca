/** A value as applications see it. */
import type { Bound, ReplicaId } from "@syncline/crdt";
import type { ReplicaUse } from "./retiring.ts";
import type { WaitOptions } from "./waiting.ts";

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
  /** The replicas that have changed it and were not retired, the most costly first. Cost: their number times the entries. */
  replicas(): readonly ReplicaUse[];
  /**
   * Folds what the value keeps of replicas that are gone into one entry: the value stays, and its bytes shrink, here and at every relay.
   *
   * Resolves when that is done here. It is then on every relay's disk that it will be done, and no order of crashes undoes it; so it waits until each relay of
   * the space has been there, while everybody goes on writing. Asking again, or for a replica that is not known, does nothing. A replica that was
   * not gone takes a new id, is told so by `error` (`RETIRED`), and loses nothing. Rights that it had in a bounded counter are locked for good.
   *
   * Rejects with `TIMEOUT` or the signal's reason (it may still be done), with `CLOSED`, with why the relay did not take it, or with a `RangeError` for
   * what is no replica id.
   */
  retire(replica: ReplicaId | readonly ReplicaId[], options?: WaitOptions): Promise<void>;
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
