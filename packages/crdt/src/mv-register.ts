/** The multi-value register. */
import type { Dot } from "@syncline/clocks";
import { type Causal, causal } from "./causal.ts";
import { type DotStore, nodeOf } from "./dot-store.ts";
import type { Plain } from "./plain.ts";
import { plainOf } from "./plain-check.ts";
import { readValue, writePlain } from "./plain-encoding.ts";
import { comparePlain, isSamePlain } from "./plain-order.ts";
import { coverAll, type Cursor, type Leaf, leaf, type Shape } from "./shape.ts";

type At = Cursor<Plain, Leaf<Plain>>;

/** The mutators of a multi-value register. */
export interface MVRegisterMutators {
  /** Writes a value in place of all that this replica sees. Throws a `TypeError` or `RangeError` for what is no plain value within the limits. */
  readonly set: (at: At, value: Plain) => void;
  /** Writes what the function makes of all concurrent values, in their order, in place of them. Does nothing if there are not two. */
  readonly resolve: (at: At, merge: (values: readonly Plain[]) => Plain) => void;
  /** Takes all values away that this replica sees. */
  readonly clear: (at: At) => void;
}

/** The state of a multi-value register. */
export type MVRegisterState = DotStore<Plain, Leaf<Plain>>;

/** The type of `mvRegister`. */
export type MVRegister = Causal<Plain, Leaf<Plain>, readonly Plain[], MVRegisterMutators>;

/** One of the values that were written concurrently, with the dot of its write. */
export interface Sibling {
  readonly dot: Dot;
  readonly value: Plain;
}

const set = (at: At, value: Plain): void => {
  const plain = plainOf(value);
  coverAll(at.node.keys(), at);
  at.put(plain);
};

const valuesIn = (node: Leaf<Plain>): readonly Plain[] =>
  [...node]
    .sort(([leftFact, left], [rightFact, right]) => {
      const order = comparePlain(left, right);
      if (order !== 0 || leftFact.replica === rightFact.replica) return order;
      return leftFact.replica < rightFact.replica ? -1 : 1;
    })
    .map(([, value]) => value);

const shape: Shape<Plain, Leaf<Plain>, readonly Plain[], MVRegisterMutators> = {
  ...leaf<Plain>(),
  name: "mv-register",
  isSame: isSamePlain,
  value: valuesIn,
  write: (encoder, value) => writePlain(encoder, value),
  read: (decoder) => readValue(decoder),
  mutators: {
    set,
    resolve: (at, merge) => {
      if (at.node.size > 1) set(at, merge(valuesIn(at.node)));
    },
    clear: (at) => coverAll(at.node.keys(), at),
  },
};

/**
 * A register that keeps every value that nothing has overwritten, and leaves it to the application to make one of them.
 *
 * Its value is the list of all siblings in the order of values: none at first, one after a write that has seen everything. Costs are linear in the
 * siblings, at most one for each replica. (DeCandia et al. 2007, §4.4; as deltas: Almeida et al. 2018, §7.4.3, MVRegister.)
 */
export const mvRegister: MVRegister = causal(shape);

/** All concurrent values with the dots of their writes, by replica. */
export const siblingsOf = (state: MVRegisterState): readonly Sibling[] =>
  [...nodeOf(shape, state)]
    .map(([{ replica, number }, value]) => ({ dot: { incarnation: replica, number }, value }))
    .sort((left, right) => (left.dot.incarnation < right.dot.incarnation ? -1 : 1));
