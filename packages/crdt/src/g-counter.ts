/** A counter that only grows. */
import { chainMap } from "./chain-map.ts";
import type { Crdt } from "./crdt.ts";
import type { Integer } from "./integer.ts";
import { type Count, countIn, sumOf, type Totals, totalsChain } from "./totals.ts";

/** The type of `gCounter`. */
export type GCounter = Crdt<Totals, Integer, { readonly increment: Count }>;

/**
 * A counter that only grows: the sum of one total for each replica (Shapiro et al. 2011, §3.1.1).
 *
 * An increment costs a constant, its delta about 12 bytes; the value is linear in the replicas that ever counted.
 */
export const gCounter: GCounter = chainMap("g-counter", totalsChain(1), {
  value: (state) => sumOf(state, [1]),
  mutators: { increment: countIn(0) },
});
