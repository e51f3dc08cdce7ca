/** A counter that goes both ways. */
import { chainMap } from "./chain-map.ts";
import { type CounterShape, counterShape } from "./counter-shape.ts";
import type { Crdt } from "./crdt.ts";
import type { Integer } from "./integer.ts";
import { type Count, countIn, sumOf, type Totals, totalsChain } from "./totals.ts";

/** The type of `pnCounter`. */
export type PNCounter = Crdt<
  Totals,
  Integer,
  { readonly increment: Count; readonly decrement: Count }
> & { readonly shape: CounterShape };

/**
 * A counter that goes both ways: what was added and what was taken are totals of their own (Shapiro et al. 2011, §3.1.2).
 *
 * Costs as `gCounter`, with two totals for each replica. Embedded in a map or record it is the counter of `counter-shape.ts`.
 */
export const pnCounter: PNCounter = {
  ...chainMap("pn-counter", totalsChain(2), {
    value: (state) => sumOf(state, [1, -1]),
    mutators: { increment: countIn(0), decrement: countIn(1) },
  }),
  shape: counterShape,
};
