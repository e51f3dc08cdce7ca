/** The facts about one element: nearly always one, so a list is made for the second only. A million elements save a million lists. */
import type { Fact } from "./dot-store.ts";

/** One fact, or a list of several. */
export type Bag = Fact<unknown> | Fact<unknown>[];

/** The bag with one more fact. May change the given one. */
export const addToBag = (bag: Bag | undefined, fact: Fact<unknown>): Bag => {
  if (bag === undefined) return fact;
  if (!Array.isArray(bag)) return [bag, fact];
  bag.push(fact);
  return bag;
};

/** The bag without the fact; undefined if that was all. */
export const takeFromBag = (bag: Bag | undefined, fact: Fact<unknown>): Bag | undefined => {
  if (!Array.isArray(bag)) return bag === fact ? undefined : bag;
  const rest = bag.filter((other) => other !== fact);
  return rest.length > 1 ? rest : rest[0];
};

/** The facts of a bag. */
export const factsOfBag = (bag: Bag | undefined): readonly Fact<unknown>[] =>
  bag === undefined ? [] : Array.isArray(bag) ? bag : [bag];
