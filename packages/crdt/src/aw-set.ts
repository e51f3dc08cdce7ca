/** The add-wins set. */
import { type Bag, addToBag, factsOfBag, takeFromBag } from "./bag.ts";
import { type Causal, causal } from "./causal.ts";
import { type DotStore, nodeOf } from "./dot-store.ts";
import type { Plain } from "./plain.ts";
import { elementOf } from "./plain-check.ts";
import { readElement, writePlain } from "./plain-encoding.ts";
import { isSamePlain, type Key, keyOf, valueOfKey } from "./plain-order.ts";
import { coverAll, type Cursor, type Shape } from "./shape.ts";

/** Elements by key, each with the additions that nothing has removed. */
export type Elements = Map<Key, Bag>;

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
  insert: (node, element, fact) => {
    const key = keyOf(element);
    node.set(key, addToBag(node.get(key), fact));
  },
  remove: (node, element, fact) => {
    const key = keyOf(element);
    const rest = takeFromBag(node.get(key), fact);
    if (rest === undefined) node.delete(key);
    else node.set(key, rest);
  },
  isSame: isSamePlain,
  isEmpty: (node) => node.size === 0,
  factsOf: function* (node) {
    for (const bag of node.values()) yield* factsOfBag(bag);
  },
  value: (node) => {
    const elements = new Set<Plain>();
    for (const key of node.keys()) elements.add(valueOfKey(key));
    return elements;
  },
  write: (encoder, element) => writePlain(encoder, element),
  read: (decoder) => readElement(decoder),
  mutators: {
    add: (at, element) => {
      const plain = elementOf(element);
      coverAll(factsOfBag(at.node.get(keyOf(plain))), at);
      at.put(plain);
    },
    remove: (at, element) => coverAll(factsOfBag(at.node.get(keyOf(elementOf(element)))), at),
    clear: (at) => coverAll(shape.factsOf(at.node), at),
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
