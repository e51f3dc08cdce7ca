/** The remove-wins set. */
import { refuse } from "@syncline/clocks";
import { type Causal, causal } from "./causal.ts";
import { addFact, type Elements, factsAbout, factsAboutAll, setOf, takeFact } from "./elements.ts";
import type { Plain } from "./plain.ts";
import { elementOf } from "./plain-check.ts";
import { readElement, readPlain, writePlain } from "./plain-encoding.ts";
import { isSamePlain } from "./plain-order.ts";
import { coverAll, type Cursor, type Shape } from "./shape.ts";

/** What was last said of an element: that it is in the set, or not. */
export interface Verdict {
  readonly element: Plain;
  readonly isPresent: boolean;
}

/** The elements of which a removal stands, and those of which an addition does. */
export type Verdicts = readonly [removed: Elements, added: Elements];

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

const say = (at: At, given: Plain, isPresent: boolean): void => {
  const element = elementOf(given);
  for (const elements of at.node) coverAll(factsAbout(elements, element), at);
  at.put({ element, isPresent });
};

const shape: Shape<Verdict, Verdicts, ReadonlySet<Plain>, RWSetMutators> = {
  name: "rw-set",
  createNode: () => [new Map(), new Map()],
  insert: (node, { element, isPresent }, fact) => addFact(node[isPresent ? 1 : 0], element, fact),
  remove: (node, { element, isPresent }, fact) => takeFact(node[isPresent ? 1 : 0], element, fact),
  isSame: (left, right) =>
    left.isPresent === right.isPresent && isSamePlain(left.element, right.element),
  isEmpty: (node) => node.every(({ size }) => size === 0),
  factsOf: (node) => node.flatMap(factsAboutAll),
  value: ([removed, added]) => setOf([...added.keys()].filter((key) => !removed.has(key))),
  write: (encoder, { element, isPresent }) => {
    writePlain(encoder, isPresent);
    writePlain(encoder, element);
  },
  read: (decoder) => {
    const isPresent = readPlain(decoder);
    if (typeof isPresent !== "boolean") refuse();
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
