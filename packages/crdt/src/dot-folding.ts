/** How a retired replica's dots become dots of the folded replica: the same for every causal type, since facts keep what they say. */
import { addRange, createContext, nextNumber, rangesOf } from "@syncline/clocks";
import { foldedReplica, type ReplicaId } from "./crdt.ts";
import { type DotStore, emptyStore, putFact } from "./dot-store.ts";
import type { Fold, Folding } from "./folding.ts";

/** The folding of dot stores. Linear in the state, since each fact may be renamed; a state that has nothing of who is folded stays the same. */
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
  fold: (state, ...folds) =>
    renamed(
      state,
      folds.map((fold) => renamingOf(fold, { replica: fold.retired, shift: 0 })),
    ),
  respell: (unsent, fold, state, replica) => {
    const next = nextNumber(state.context, replica);
    const shift = next - nextNumber(fold.fence.context, fold.retired);
    return renamed(unsent, [renamingOf(fold, { replica, shift })]);
  },
});

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
  if (end > 1) {
    addRange(store.context, { incarnation: replica, fromNumber: 1, toNumber: end });
  }
  return store;
};

/** Numbers of one replica, from `from` (in) to `to` (out). */
interface Run {
  readonly replica: ReplicaId;
  readonly from: number;
  readonly to: number;
}

/** What a run of dots becomes by all renamings, one after the other. */
const runsOf = (run: Run, renamings: readonly Renaming[]): readonly Run[] =>
  renamings.reduce<readonly Run[]>(
    (runs, renaming) => runs.flatMap((one) => movedRuns(one, renaming)),
    [run],
  );

const movedRuns = (run: Run, { retired, end, below, beyond }: Renaming): readonly Run[] => {
  const { replica, from, to } = run;
  if (replica !== retired) return [run];
  return [
    { replica: below.replica, from: from + below.shift, to: Math.min(to, end) + below.shift },
    { replica: beyond.replica, from: Math.max(from, end) + beyond.shift, to: to + beyond.shift },
  ].filter((moved) => moved.from < moved.to);
};

const renamed = <Payload, Node>(
  state: DotStore<Payload, Node>,
  renamings: readonly Renaming[],
): DotStore<Payload, Node> => {
  if (!renamings.some(({ retired }) => state.context.has(retired))) return state;
  const context = createContext();
  for (const { incarnation, fromNumber, toNumber } of rangesOf(state.context)) {
    const run = { replica: incarnation, from: fromNumber, to: toNumber };
    for (const { replica, from, to } of runsOf(run, renamings)) {
      addRange(context, { incarnation: replica, fromNumber: from, toNumber: to });
    }
  }
  const result = emptyStore<Payload, Node>(context);
  for (const [replica, own] of state.facts) {
    const isMoved = renamings.some(({ retired }) => retired === replica);
    for (const fact of own.values()) {
      const run = { replica, from: fact.number, to: fact.number + 1 };
      const [moved] = isMoved ? runsOf(run, renamings) : [run];
      if (moved === undefined) continue;
      const isSame = moved.replica === replica && moved.from === fact.number;
      const { payload } = fact;
      putFact(result, isSame ? fact : { replica: moved.replica, number: moved.from, payload });
    }
  }
  return result;
};
