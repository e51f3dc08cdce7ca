/** Elements of sets, each with the facts about it. */
import type { Fact } from "./dot-store.ts";
import type { Plain } from "./plain.ts";
import { type Key, keyOf, valueOfKey } from "./plain-order.ts";

/** One fact, or a list of several. Nearly always it is one, so a list is made for the second only: a million elements save a million lists. */
export type Bag = Fact<unknown> | Fact<unknown>[];

/** Elements by key, each with its facts. */
export type Elements = Map<Key, Bag>;

/** Adds a fact about an element. */
export const addFact = (elements: Elements, element: Plain, fact: Fact<unknown>): void => {
  const key = keyOf(element);
  const facts = elements.get(key);
  if (facts === undefined) elements.set(key, fact);
  else if ("length" in facts) facts.push(fact);
  else elements.set(key, [facts, fact]);
};

/** Takes a fact away, and with the last one the element. */
export const takeFact = (elements: Elements, element: Plain, fact: Fact<unknown>): void => {
  const key = keyOf(element);
  const rest = factsAbout(elements, element).filter((other) => other !== fact);
  if (rest[0] === undefined) elements.delete(key);
  else elements.set(key, rest.length > 1 ? rest : rest[0]);
};

/** The facts about one element. */
export const factsAbout = (elements: Elements, element: Plain): Fact<unknown>[] =>
  [elements.get(keyOf(element)) ?? []].flat();

/** The facts about all elements. */
export const factsAboutAll = (elements: Elements): readonly Fact<unknown>[] =>
  [...elements.values()].flat();

/** The elements of which these are the keys. */
export const setOf = (keys: Iterable<Key>): ReadonlySet<Plain> =>
  new Set([...keys].map(valueOfKey));
