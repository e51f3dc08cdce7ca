/** The add-wins set. */
import { type Causal, causal } from "./causal.ts";
import { type DotStore, nodeOf } from "./dot-store.ts";
import { addFact, type Elements, factsAbout, factsAboutAll, setOf, takeFact } from "./elements.ts";
import type { Plain } from "./plain.ts";
import { elementOf } from "./plain-check.ts";
import { readElement, writePlain } from "./plain-encoding.ts";
import { isSamePlain, keyOf } from "./plain-order.ts";
import { coverAll, type Cursor, type Shape } from "./shape.ts";

type At = Cursor<Plain, Elements>;

/** The mutators of an add-wins set. */
export interface AWSetMutators {
  /** Adds an element. Throws a `TypeError` or `RangeError` for what is no plain value within the limits. */
  readonly add: (at: At, element: Plain) => void;
  /** Removes what this replica has seen of an element. */
  readonly remove: (at: At, element: Plain) => void;
  /** Removes all that this replica has seen. Linear in the set. */
  readonly clear: (at: At) => void;
}

/** The state of an add-wins set. */
export type AWSetState = DotStore<Plain, Elements>;

/** The type of `awSet`. */
export type AWSet = Causal<Plain, Elements, ReadonlySet<Plain>, AWSetMutators>;

const shape: Shape<Plain, Elements, ReadonlySet<Plain>, AWSetMutators> = {
  name: "aw-set",
  createNode: () => new Map(),
  insert: addFact,
  remove: takeFact,
  isSame: isSamePlain,
  isEmpty: (node) => node.size === 0,
  factsOf: factsAboutAll,
  value: (node) => setOf(node.keys()),
  write: (encoder, element) => writePlain(encoder, element),
  read: (decoder) => readElement(decoder),
  mutators: {
    add: (at, element) => {
      const plain = elementOf(element);
      coverAll(factsAbout(at.node, plain), at);
      at.put(plain);
    },
    remove: (at, element) => coverAll(factsAbout(at.node, elementOf(element)), at),
    clear: (at) => coverAll(factsAboutAll(at.node), at),
  },
};

/**
 * The add-wins (observed-remove) set: of an addition and a concurrent removal of one element, the addition stands.
 *
 * Elements can be added and removed any number of times; what is removed leaves nothing behind but its dot in the context. Adding and removing cost
 * a constant; the delta of an addition is its dot, the dots that it replaces (nearly always none or one), and the element.
 * (Bieniusa et al. 2012, ORSWOT; as deltas: Almeida et al. 2018, §7.4.1, AWSet.)
 */
export const awSet: AWSet = causal(shape);

/** Whether the element is in the set. Constant time. */
export const hasElement = (state: AWSetState, element: Plain): boolean =>
  nodeOf(shape, state).has(keyOf(element));

/** How many elements are in the set. Constant time. */
export const sizeOfSet = (state: AWSetState): number => nodeOf(shape, state).size;
