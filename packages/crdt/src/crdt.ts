/** What every type is: a join semilattice with mutators that give deltas, and one canonical spelling in bytes. */
import type { HybridTime, Incarnation } from "@syncline/clocks";

/**
 * The name of one replica of a value: sixteen lower-case hexadecimal digits, eight random bytes.
 *
 * One for each device, kept on it. A device that has lost its state takes a new one: an id that goes on from an older state gives two meanings to
 * one dot, and replicas that have either never ask for the other.
 */
export type ReplicaId = Incarnation;

/** How large a state is. `bytes` is exact, and costs an encoding. */
export interface Stats {
  /** Replicas that the state names. */
  readonly actors: number;
  /** What the state holds: live dots, or entries of a type without dots. */
  readonly dots: number;
  /** Ranges of the causal context beyond a gap; 0 for a type without dots, and for one that has received everything. */
  readonly cloud: number;
  readonly bytes: number;
}

/**
 * A delta-state type (Almeida, Shoker, Baquero 2018, §4): states, and the functions on them. Deltas are states.
 *
 * States are mutable and opaque. Only `apply` changes one, and only its first argument; everything else leaves its arguments alone, and gives states
 * that share nothing mutable with them. In place, since a persistent structure for a million elements costs log n and much garbage at each step,
 * and a replica has one current state and no use for the old one.
 */
export interface Crdt<State, Value, M extends object> {
  /** The name under which everybody knows the type, its arguments included: `or-map(aw-set)`. Two types with one name are one type. */
  readonly name: string;
  /** By name: each takes a state and the replica that acts, changes neither, and gives the delta, in time and bytes of what it changes. */
  readonly mutators: M;
  /** The least state, of a value that nobody has touched. */
  bottom(): State;
  /** Whether the state says nothing. An emptied set is not bottom: it says what was removed. */
  isBottom(state: State): boolean;
  /** The least state that is at least both: associative, commutative, idempotent. Costs a copy of `left`. */
  join(left: State, right: State): State;
  /**
   * Moves `state` to `join(state, delta)`, in time of the delta. Returns whether it changed.
   *
   * Throws a `CrdtError` `CLONED_REPLICA`, and changes nothing, where both hold a live dot with different content: two devices use one id.
   */
  apply(state: State, delta: State): boolean;
  /** Whether `join(left, right)` is `right`. */
  leq(left: State, right: State): boolean;
  /** The least `d` with `join(d, known) = join(state, known)`: what to send to somebody who has `known`, what is new in a message. */
  delta(state: State, known: State): State;
  /** The irredundant join decomposition: join-irreducible states that join to `state`, none of which the others make superfluous (Enes et al. 2019, §III). */
  decompose(state: State): Iterable<State>;
  /** The plain JavaScript value. Equal states have equal values. */
  value(state: State): Value;
  /** Equal states have equal bytes. */
  encode(state: State): Uint8Array;
  /** The state that these bytes are; null for everything that `encode` does not write. Memory and time are linear in the bytes. */
  decode(bytes: Uint8Array): State | null;
  stats(state: State): Stats;
  /** The latest time that a last-writer-wins part of the state carries, to be observed by a hybrid clock before the state is applied; null if none does. */
  latestTime(state: State): HybridTime | null;
  /** How entries of retired replicas are folded: totals of a counter, dots, or not at all, since entries belong to nobody. See `retirement.ts`. */
  readonly folding: "totals" | "dots" | "none";
}

/** A type of which nothing but its being one is known, for those who only join, store and compare. */
export type AnyCrdt = Crdt<unknown, unknown, object>;

/** The replica whose entries are those of all retired ones. Nobody writes under it. */
export const foldedReplica: ReplicaId = "ffffffffffffffff";

/** The mutators with the state and the replica left out, as a handle offers them. */
export type Bound<M, Result> = {
  readonly [Name in keyof M]: M[Name] extends (...all: infer All) => unknown
    ? (...rest: WithoutTwo<All>) => Result
    : never;
};

/** Of each alternative: a record's `update` has one for each of its parts. */
type WithoutTwo<All> = All extends readonly [unknown, unknown, ...infer Rest] ? Rest : never;
