/** A counter as a part of a map or record, where removing the part sets it back to zero. */
import { refuse } from "@syncline/clocks";
import { addIntegers, amountOf, type Integer, integerOf, subtractIntegers } from "./integer.ts";
import type { Fact } from "./dot-store.ts";
import { readPlain, writePlain } from "./plain-encoding.ts";
import { coverAll, type Cursor, type Shape } from "./shape.ts";

/** The counts that nothing has reset, and their sum. */
export interface Counts {
  readonly facts: Set<Fact<unknown>>;
  sum: Integer;
}

type At = Cursor<Integer, Counts>;

/** The mutators of an embedded counter. */
export interface CounterShapeMutators {
  readonly increment: (at: At, amount?: Integer) => void;
  readonly decrement: (at: At, amount?: Integer) => void;
  /** Takes away all counts that this replica has seen. Linear in them. */
  readonly reset: (at: At) => void;
}

/** The type of `counterShape`. */
export type CounterShape = Shape<Integer, Counts, Integer, CounterShapeMutators>;

/**
 * Each count is a fact of its own, and the value is the sum of those that stand, so that a reset or removal takes exactly what it has seen.
 *
 * With one fact for each replica, raised in place, a removal would bring back, or take away, counts that it has not seen (the anomaly of Riak's
 * counters in maps: Baquero, Almeida, Lerche 2016; one token for each count is how Antidote's fat counter avoids it). The price is about 4 bytes a
 * count until the next reset: a counter that is not a part of something is far smaller, whatever it counts.
 */
export const counterShape: CounterShape = {
  name: "counter",
  createNode: () => ({ facts: new Set(), sum: 0 }),
  insert: (node, amount, fact) => {
    node.facts.add(fact);
    node.sum = addIntegers(node.sum, amount);
  },
  remove: (node, amount, fact) => {
    if (node.facts.delete(fact)) node.sum = subtractIntegers(node.sum, amount);
  },
  isSame: Object.is,
  isEmpty: (node) => node.facts.size === 0,
  factsOf: (node) => node.facts,
  value: (node) => node.sum,
  write: (encoder, amount) => writePlain(encoder, amount),
  read: (decoder) => {
    const amount = readPlain(decoder);
    const isExact = typeof amount === "bigint" ? integerOf(amount) === amount : isWhole(amount);
    if (!isExact || amount === 0) refuse();
    return amount as Integer;
  },
  mutators: {
    increment: (at, amount = 1) => count(at, amountOf(amount)),
    decrement: (at, amount = 1) => count(at, subtractIntegers(0, amountOf(amount))),
    reset: (at) => coverAll(at.node.facts, at),
  },
};

const count = (at: At, amount: Integer): void => {
  if (amount !== 0) at.put(amount);
};

const isWhole = (value: unknown): boolean => Number.isSafeInteger(value);
