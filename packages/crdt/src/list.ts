/** A list: elements in an order that all replicas agree on. */
import { type Causal, causal } from "./causal.ts";
import type { Fact } from "./dot-store.ts";
import { comparePositions, type Position, positionBetween } from "./list-position.ts";
import { readPosition, writePosition } from "./list-encoding.ts";
import type { Plain } from "./plain.ts";
import { plainOf } from "./plain-check.ts";
import { readValue, writePlain } from "./plain-encoding.ts";
import { isSamePlain } from "./plain-order.ts";
import type { Cursor, Shape } from "./shape.ts";

/** An element and its place. */
export interface Element extends Position {
  readonly value: Plain;
}

/** An element with its fact. */
export interface Item {
  readonly element: Element;
  readonly fact: Fact<unknown>;
}

/** The elements in order. */
export type Items = Item[];

type At = Cursor<Element, Items>;

/** The mutators of a list. Indexes are of what this replica sees; beyond an end they mean the end. */
export interface ListMutators {
  /** Puts values in before the element at this index, as one sequence. */
  readonly insert: (at: At, index: number, ...values: Plain[]) => void;
  readonly push: (at: At, ...values: Plain[]) => void;
  /** Takes out as many elements as the count says, one by default, from this index on. */
  readonly delete: (at: At, index: number, count?: number) => void;
}

/** The type of `list`. */
export type List = Causal<Element, Items, readonly Plain[], ListMutators>;

const insert = (at: At, index: number, values: readonly Plain[]): void => {
  const place = clamp(index, at.node.length);
  const after = at.node[place]?.element ?? null;
  let before: Position | null = at.node[place - 1]?.element ?? null;
  for (const value of values.map(plainOf)) {
    const { run, offset } = positionBetween(before, after, at.replica, at.nextNumber());
    before = { run, offset };
    at.put({ run, offset, value });
  }
};

const shape: Shape<Element, Items, readonly Plain[], ListMutators> = {
  name: "list",
  createNode: () => [],
  insert: (node, element, fact) => {
    const item = { element, fact };
    const last = node.at(-1);
    if (last === undefined || compareItems(last, item) < 0) node.push(item);
    else node.splice(placeOf(node, item), 0, item);
  },
  remove: (node, element, fact) => {
    const place = placeOf(node, { element, fact });
    if (node[place]?.fact === fact) node.splice(place, 1);
  },
  isSame: (left, right) =>
    comparePositions(left, right) === 0 && isSamePlain(left.value, right.value),
  isEmpty: (node) => node.length === 0,
  factsOf: function* (node) {
    for (const { fact } of node) yield fact;
  },
  value: (node) => node.map(({ element }) => element.value),
  write: (encoder, element, place, spelled) => {
    writePosition(encoder, element, place, spelled);
    writePlain(encoder, element.value);
  },
  read: (decoder, place, spelled) => {
    const { run, offset } = readPosition(decoder, place, spelled);
    return { run, offset, value: readValue(decoder) };
  },
  mutators: {
    insert: (at, index, ...values) => insert(at, index, values),
    push: (at, ...values) => insert(at, at.node.length, values),
    delete: (at, index, count = 1) => {
      const from = clamp(index, at.node.length);
      for (const { fact } of at.node.slice(from, from + Math.max(0, count))) at.cover(fact);
    },
  },
};

/**
 * A list in which each element has a place of its own, once and for all: Fugue's tree (Weidner and Kleppmann 2023), with places spelled out instead of
 * naming a parent, as in Logoot (Weiss et al. 2009). So it is a delta-state type like the others, on the same dots: a deleted element leaves
 * nothing behind, and lists can be parts of maps and records. Two who insert at one place at once do not interleave.
 *
 * For tasks, rows and slides. An insertion finds its place in log n, and moves what is behind it in memory; its delta is about 20 bytes and the value, and
 * some 12 more for each run of another's that it is in the midst of. Long text that many edit is better off in a Yjs document, which names the
 * neighbours instead, and keeps what was deleted for it.
 */
export const list: List = causal(shape);

const clamp = (index: number, length: number): number =>
  Math.max(0, Math.min(Number.isNaN(index) ? length : Math.trunc(index), length));

const compareItems = (left: Item, right: Item): number => {
  const order = comparePositions(left.element, right.element);
  if (order !== 0) return order;
  const [leftFact, rightFact] = [left.fact, right.fact];
  if (leftFact.replica !== rightFact.replica) return leftFact.replica < rightFact.replica ? -1 : 1;
  return leftFact.number - rightFact.number;
};

/** The index of the first item that does not come before this one. */
const placeOf = (node: Items, item: Item): number => {
  let low = 0;
  let high = node.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareItems(node[middle] as Item, item) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
};
