/** A set in which removal is for ever. */
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

/** The type of `twoPhaseSet`. */
export type TwoPhaseSet = Crdt<
  Memberships,
  ReadonlySet<Plain>,
  { readonly add: ChangeMembership; readonly remove: ChangeMembership }
>;

/**
 * A set from which an element can be removed once, for ever (Shapiro et al. 2011, §3.3.2): for what has an end, such as ids of invitations.
 *
 * Removing wins, also before the element was added. Removed elements stay in the state. Costs as `gSet`.
 */
export const twoPhaseSet: TwoPhaseSet = chainMap("two-phase-set", membershipChain(true), {
  value: presentIn,
  mutators: { add: changeMembership(false), remove: changeMembership(true) },
});
