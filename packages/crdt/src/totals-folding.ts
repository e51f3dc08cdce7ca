/** How a retired replica's totals become totals of the folded replica. */
import { foldedReplica, type ReplicaId } from "./crdt.ts";
import type { Folding } from "./folding.ts";
import { subtractIntegers } from "./integer.ts";
import { raiseTotal, type Total, totalOf, type Totals } from "./totals.ts";

const partOfTotals = (state: Totals, replica: ReplicaId): Totals =>
  new Map([...state].filter(([, total]) => total.replica === replica));

/**
 * The column whose amounts this one's are a prefix of: a reset's mark says how far it has seen a total, and so is measured from where that total begins.
 * What such a mark says of counts below the fence, and the fence does not, is lost: that reset does not reach them.
 */
const countedIn = ({ column }: Total): number => (column > 1 ? column - 2 : column);

/** The folding of counters. Linear in the totals. */
export const totalsFolding: Folding<Totals> = {
  replicasIn: (state) => new Set([...state.values()].map(({ replica }) => replica)),
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
  fold: (state, { retired, fence, folded }) => {
    const rest: Totals = new Map();
    for (const [key, total] of state) {
      if (total.replica !== retired) {
        rest.set(key, total);
        continue;
      }
      const amount = subtractIntegers(total.amount, totalOf(fence, retired, countedIn(total)));
      if (amount > 0) rest.set(key, { ...total, amount });
    }
    // A reset may have raised a mark of the folded replica meanwhile.
    for (const [key, total] of folded) {
      if (total.amount > (rest.get(key)?.amount ?? 0)) rest.set(key, total);
    }
    return rest;
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
