/** A set that only grows. */
import { chainMap } from "./chain-map.ts";
import type { Crdt } from "./crdt.ts";
import {
  changeMembership,
  type ChangeMembership,
  membershipChain,
  type Memberships,
  presentIn,
} from "./memberships.ts";
import type { Plain } from "./plain.ts";

/** The type of `gSet`. */
export type GSet = Crdt<Memberships, ReadonlySet<Plain>, { readonly add: ChangeMembership }>;

/**
 * A set that only grows (Shapiro et al. 2011, §3.3.1): no metadata at all beside the elements.
 *
 * Adding costs a constant, its delta the element; adding what is there already gives bottom. Encoding sorts.
 */
export const gSet: GSet = chainMap("g-set", membershipChain(false), {
  value: presentIn,
  mutators: { add: changeMembership(false) },
});
