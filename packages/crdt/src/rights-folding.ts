/** How a retired replica's rights, and what it gave and used of them, become entries of the folded replica. */
import { type RightsTable, type Rights, keyOfRights } from "./bounded-counter.ts";
import { foldedReplica, type ReplicaId } from "./crdt.ts";
import type { Folding } from "./folding.ts";
import { addIntegers, subtractIntegers } from "./integer.ts";

/** What this replica did itself; what others gave to it are their entries. */
const partOfRights = (state: RightsTable, replica: ReplicaId): RightsTable =>
  new Map([...state].filter(([, entry]) => entry.replica === replica));

const put = (table: RightsTable, entry: Rights): void => {
  table.set(keyOfRights(entry.replica, entry.to), entry);
};

/**
 * The folding of bounded counters. Linear in the entries.
 *
 * What the retired replica still had a right to stays locked with the folded one, under which nobody acts: it may have used it where nobody has heard of
 * it yet. So the counter is never below its bound, and a replica that is to be retired gives its rights away first; it must take a new id.
 */
export const rightsFolding: Folding<RightsTable> = {
  replicasIn: (state) => new Set([...state.values()].map(({ replica }) => replica)),
  partOf: partOfRights,
  startFold: (state, retired) => {
    const fence = partOfRights(state, retired);
    const folded = partOfRights(state, foldedReplica);
    for (const { to, amount } of fence.values()) {
      // Given to the folded replica, and now its own again: nothing.
      if (to === foldedReplica) continue;
      const heir = to === retired ? foldedReplica : to;
      const known = folded.get(keyOfRights(foldedReplica, heir))?.amount ?? 0;
      put(folded, { replica: foldedReplica, to: heir, amount: addIntegers(known, amount) });
    }
    return { retired, fence, folded };
  },
  fold: (state, { retired, fence, folded }) => {
    const rest: RightsTable = new Map();
    for (const entry of state.values()) {
      if (entry.replica !== retired) {
        put(rest, entry);
        continue;
      }
      const fenced = fence.get(keyOfRights(retired, entry.to))?.amount ?? 0;
      const amount = subtractIntegers(entry.amount, fenced);
      if (amount > 0) put(rest, { ...entry, amount });
    }
    // Nobody else raises these, and of two folds the later has more: the greater is the later.
    for (const entry of folded.values()) {
      const known = rest.get(keyOfRights(entry.replica, entry.to))?.amount ?? 0;
      if (entry.amount > known) put(rest, entry);
    }
    return rest;
  },
  respell: (unsent) => new Map(unsent),
};
