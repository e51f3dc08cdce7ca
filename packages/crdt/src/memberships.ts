/** What grow-only and two-phase sets have in common: an element is absent, then present, then perhaps removed for ever. */
import type { Chain, ChainMap } from "./chain-map.ts";
import type { ReplicaId } from "./crdt.ts";
import type { Plain } from "./plain.ts";
import { elementOf } from "./plain-check.ts";
import { comparePlain, keyOf } from "./plain-order.ts";
import { readFlag, writeFlag } from "./flag-encoding.ts";
import { readElement, writePlain } from "./plain-encoding.ts";

/** An element, and whether it was removed: absent, then present, then removed for ever. */
export interface Membership {
  readonly element: Plain;
  readonly isRemoved: boolean;
}

/** The state of a grow-only or two-phase set. */
export type Memberships = ChainMap<Membership>;

/** Adds or removes an element. Throws a `TypeError` or `RangeError` for what is no plain value within the limits. */
export type ChangeMembership = (
  state: Memberships,
  replica: ReplicaId,
  element: Plain,
) => Memberships;

/** The chain of memberships, in which removal is a step or is not. */
export const membershipChain = (canRemove: boolean): Chain<Membership> => ({
  keyOf: ({ element }) => keyOf(element),
  compareKeys: (left, right) => comparePlain(left.element, right.element),
  compare: (left, right) => Number(left.isRemoved) - Number(right.isRemoved),
  write: (encoder, { element, isRemoved }) => {
    if (canRemove) writeFlag(encoder, isRemoved);
    writePlain(encoder, element);
  },
  read: (decoder) => {
    const isRemoved = canRemove && readFlag(decoder);
    return { element: readElement(decoder), isRemoved };
  },
});

/** The mutator that makes an element present, or removed. */
export const changeMembership =
  (isRemoved: boolean): ChangeMembership =>
  (state, _replica, element) => {
    const plain = elementOf(element);
    const key = keyOf(plain);
    const known = state.get(key);
    const isKnown = known !== undefined && (known.isRemoved || !isRemoved);
    return isKnown ? new Map() : new Map([[key, { element: plain, isRemoved }]]);
  };

/** The elements that are present. */
export const presentIn = (state: Memberships): ReadonlySet<Plain> => {
  const present = new Set<Plain>();
  for (const { element, isRemoved } of state.values()) if (!isRemoved) present.add(element);
  return present;
};

/** Whether the element is in the set. Constant time. */
export const hasMember = (state: Memberships, element: Plain): boolean =>
  state.get(keyOf(element))?.isRemoved === false;
