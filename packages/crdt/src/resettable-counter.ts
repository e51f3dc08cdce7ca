/** A counter that can be set back to zero. */
import { chainMap } from "./chain-map.ts";
import { type CounterShape, counterShape } from "./counter-shape.ts";
import type { Crdt, ReplicaId } from "./crdt.ts";
import type { Integer } from "./integer.ts";
import { type Count, countIn, sumOf, totalOf, type Totals, totalsChain } from "./totals.ts";

/** The type of `resettableCounter`. */
export type ResettableCounter = Crdt<
  Totals,
  Integer,
  {
    readonly increment: Count;
    readonly decrement: Count;
    readonly reset: (state: Totals, replica: ReplicaId) => Totals;
  }
> & { readonly shape: CounterShape };

/**
 * A counter that can be set back to zero: a reset takes away exactly what it has seen, and what is counted concurrently stays.
 *
 * Beside its two totals each replica has two that say how much of them resets have seen. A reset sees a prefix of a replica's counts, and of two
 * prefixes the longer is their union, so the higher of two marks is their join. This keeps what counters of one dot for each replica lose or
 * bring back at a concurrent reset (Baquero, Almeida, Lerche 2016), at the price that totals never go away.
 * A count costs a constant, a reset is linear in the replicas.
 */
export const resettableCounter: ResettableCounter = {
  ...chainMap("resettable-counter", totalsChain(4), {
    value: (state) => sumOf(state, [1, -1, -1, 1]),
    mutators: {
      increment: countIn(0),
      decrement: countIn(1),
      reset: (state) => {
        const delta: Totals = new Map();
        for (const { replica, column, amount } of state.values()) {
          if (column > 1 || totalOf(state, replica, column + 2) === amount) continue;
          const mark = { replica, column: column + 2, amount };
          delta.set(replica + mark.column, mark);
        }
        return delta;
      },
    },
  }),
  shape: counterShape,
};
