/** The remove-wins set. */
import { writeUint8 } from "lib0/encoding";
import { type Bag, addToBag, factsOfBag, takeFromBag } from "./bag.ts";
import { type Causal, causal } from "./causal.ts";
import type { Plain } from "./plain.ts";
import { elementOf } from "./plain-check.ts";
import { readElement, readFlag, writePlain } from "./plain-encoding.ts";
import { isSamePlain, type Key, keyOf, valueOfKey } from "./plain-order.ts";
import { coverAll, type Cursor, type Shape } from "./shape.ts";

/** What was last said of an element: that it is in the set, or not. */
export interface Verdict {
  readonly element: Plain;
  readonly isPresent: boolean;
}

/** Elements by key, each with the additions and the removals that stand. */
export type Verdicts = Map<
  Key,
  { readonly added: Bag | undefined; readonly removed: Bag | undefined }
>;

type At = Cursor<Verdict, Verdicts>;

/** The mutators of a remove-wins set. */
export interface RWSetMutators {
  /** Adds an element. Throws a `TypeError` or `RangeError` for what is no plain value within the limits. */
  readonly add: (at: At, element: Plain) => void;
  /** Removes an element, whether it is there or not. */
  readonly remove: (at: At, element: Plain) => void;
}

/** The type of `rwSet`. */
export type RWSet = Causal<Verdict, Verdicts, ReadonlySet<Plain>, RWSetMutators>;

const say = (at: At, element: Plain, isPresent: boolean): void => {
  const plain = elementOf(element);
  const known = at.node.get(keyOf(plain));
  coverAll(factsOfBag(known?.added), at);
  coverAll(factsOfBag(known?.removed), at);
  at.put({ element: plain, isPresent });
};

const shape: Shape<Verdict, Verdicts, ReadonlySet<Plain>, RWSetMutators> = {
  name: "rw-set",
  createNode: () => new Map(),
  insert: (node, { element, isPresent }, fact) => {
    const key = keyOf(element);
    const { added, removed } = node.get(key) ?? { added: undefined, removed: undefined };
    const next = isPresent
      ? { added: addToBag(added, fact), removed }
      : { added, removed: addToBag(removed, fact) };
    node.set(key, next);
  },
  remove: (node, { element, isPresent }, fact) => {
    const key = keyOf(element);
    const { added, removed } = node.get(key) ?? { added: undefined, removed: undefined };
    const next = isPresent
      ? { added: takeFromBag(added, fact), removed }
      : { added, removed: takeFromBag(removed, fact) };
    if (next.added === undefined && next.removed === undefined) node.delete(key);
    else node.set(key, next);
  },
  isSame: (left, right) =>
    left.isPresent === right.isPresent && isSamePlain(left.element, right.element),
  isEmpty: (node) => node.size === 0,
  factsOf: function* (node) {
    for (const { added, removed } of node.values()) {
      yield* factsOfBag(added);
      yield* factsOfBag(removed);
    }
  },
  value: (node) => {
    const elements = new Set<Plain>();
    for (const [key, { removed }] of node) if (removed === undefined) elements.add(valueOfKey(key));
    return elements;
  },
  write: (encoder, { element, isPresent }) => {
    writeUint8(encoder, isPresent ? 1 : 0);
    writePlain(encoder, element);
  },
  read: (decoder) => {
    const isPresent = readFlag(decoder);
    return { element: readElement(decoder), isPresent };
  },
  mutators: {
    add: (at, element) => say(at, element, true),
    remove: (at, element) => say(at, element, false),
  },
};

/**
 * The remove-wins set: of an addition and a concurrent removal of one element, the removal stands. For rights, blocks and bans.
 *
 * An element is in the set if some addition of it stands and no removal. A removal is a fact, so elements that were removed last stay in the state.
 * Costs as `awSet`. (Almeida et al. 2018, §7.4.2, RWSet.)
 */
export const rwSet: RWSet = causal(shape);
