/** How a retired replica's dots become dots of the folded replica: the same for every causal type, since facts keep what they say. */
import {
  addRange,
  type CausalContext,
  createContext,
  nextNumber,
  rangesOf,
} from "@syncline/clocks";
import { foldedReplica, type ReplicaId } from "./crdt.ts";
import { type DotStore, emptyStore, putFact } from "./dot-store.ts";
import type { Fold, Folding } from "./folding.ts";

/** The folding of dot stores. Linear in the state, since each fact may be renamed. */
export const dotFolding = <Payload, Node>(): Folding<DotStore<Payload, Node>> => ({
  replicasIn: ({ context }) => new Set(context.keys()),
  partOf: (state, replica) => {
    const part = emptyStore<Payload, Node>();
    const ranges = state.context.get(replica);
    if (ranges !== undefined) part.context.set(replica, ranges.slice());
    return part;
  },
  startFold: (state, retired) => {
    const end = nextNumber(state.context, retired);
    const folded = nextNumber(state.context, foldedReplica) + end - 1;
    return { retired, fence: dotsBelow(retired, end), folded: dotsBelow(foldedReplica, folded) };
  },
  // Two dots never become one: below the fence they go behind all that was folded before, and beyond it they stay.
  fold: (state, fold) => renamed(state, renamingOf(fold, { replica: fold.retired, shift: 0 })),
  respell: respelled,
});

const respelled = <Payload, Node>(
  unsent: DotStore<Payload, Node>,
  fold: Fold<DotStore<Payload, Node>>,
  state: DotStore<Payload, Node>,
  replica: ReplicaId,
): DotStore<Payload, Node> => {
  const shift = nextNumber(state.context, replica) - nextNumber(fold.fence.context, fold.retired);
  return renamed(unsent, renamingOf(fold, { replica, shift }));
};

/** Another replica, and what is added to a number. */
interface Move {
  readonly replica: ReplicaId;
  readonly shift: number;
}

/** Dots of one replica move: those below the fence, and those from it on. */
interface Renaming {
  readonly retired: ReplicaId;
  readonly end: number;
  readonly below: Move;
  readonly beyond: Move;
}

const renamingOf = <Payload, Node>(
  { retired, fence, folded }: Fold<DotStore<Payload, Node>>,
  beyond: Move,
): Renaming => {
  const end = nextNumber(fence.context, retired);
  const shift = nextNumber(folded.context, foldedReplica) - end;
  return { retired, end, below: { replica: foldedReplica, shift }, beyond };
};

const dotsBelow = <Payload, Node>(replica: ReplicaId, end: number): DotStore<Payload, Node> => {
  const store = emptyStore<Payload, Node>();
  addDots(store.context, { replica, shift: 0 }, 1, end);
  return store;
};

const addDots = (
  context: ReturnType<typeof createContext>,
  move: Move,
  from: number,
  to: number,
): void => {
  if (from >= to) return;
  const { replica: incarnation, shift } = move;
  addRange(context, { incarnation, fromNumber: from + shift, toNumber: to + shift });
};

const renamedContext = (context: CausalContext, renaming: Renaming): CausalContext => {
  const result = createContext();
  const { retired, end, below, beyond } = renaming;
  for (const { incarnation: replica, fromNumber, toNumber } of rangesOf(context)) {
    if (replica !== retired) addDots(result, { replica, shift: 0 }, fromNumber, toNumber);
    else {
      addDots(result, below, fromNumber, Math.min(toNumber, end));
      addDots(result, beyond, Math.max(fromNumber, end), toNumber);
    }
  }
  return result;
};

const renamed = <Payload, Node>(
  state: DotStore<Payload, Node>,
  renaming: Renaming,
): DotStore<Payload, Node> => {
  const result = emptyStore<Payload, Node>();
  for (const [replica, ranges] of renamedContext(state.context, renaming)) {
    result.context.set(replica, [...ranges]);
  }
  for (const own of state.facts.values()) {
    for (const fact of own.values()) {
      const isBelow = fact.number < renaming.end;
      const move = isBelow ? renaming.below : renaming.beyond;
      if (fact.replica !== renaming.retired) putFact(result, fact);
      else {
        const { replica, shift } = move;
        putFact(result, { replica, number: fact.number + shift, payload: fact.payload });
      }
    }
  }
  return result;
};
