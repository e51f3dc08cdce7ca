/** How a retired replica's totals become totals of the folded replica. */
import { foldedReplica, type ReplicaId } from "./crdt.ts";
import type { Folding } from "./folding.ts";
import { subtractIntegers } from "./integer.ts";
import { raiseTotal, totalOf, type Totals } from "./totals.ts";

const partOfTotals = (state: Totals, replica: ReplicaId): Totals =>
  new Map([...state].filter(([, total]) => total.replica === replica));

/** The folding of counters. Linear in the totals. */
export const totalsFolding: Folding<Totals> = {
  partOf: partOfTotals,
  startFold: (state, retired) => {
    const fence = partOfTotals(state, retired);
    const folded = partOfTotals(state, foldedReplica);
    for (const { column, amount } of fence.values()) {
      for (const [key, total] of raiseTotal(folded, foldedReplica, column, amount)) {
        folded.set(key, total);
      }
    }
    return { retired, fence, folded };
  },
  // A state of before the fence may know less of the retired replica than the fence does; so what is counted is the fence, not what the state has.
  fold: (state, { retired, folded }) => {
    const rest: Totals = new Map();
    for (const [key, total] of state) if (total.replica !== retired) rest.set(key, total);
    for (const [key, total] of folded) rest.set(key, total);
    return rest;
  },
  // Under the retired replica's own id, as what it is more than the fence: whoever brings it, and however often, it counts once.
  rebase: (unsent, { retired, fence }) => {
    const beyond: Totals = new Map();
    for (const [key, total] of partOfTotals(unsent, retired)) {
      const amount = subtractIntegers(total.amount, totalOf(fence, retired, total.column));
      if (amount > 0) beyond.set(key, { ...total, amount });
    }
    return beyond;
  },
  respell: (unsent, { retired, fence }, state, replica) => {
    const delta: Totals = new Map();
    for (const { column, amount } of partOfTotals(unsent, retired).values()) {
      const more = subtractIntegers(amount, totalOf(fence, retired, column));
      if (more <= 0) continue;
      for (const [key, total] of raiseTotal(state, replica, column, more)) delta.set(key, total);
    }
    return delta;
  },
};
