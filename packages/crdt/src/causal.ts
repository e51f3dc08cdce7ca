/** A type of its own from a shape: dot store, join, deltas, bytes. */
import {
  bytesLeft,
  type CausalContext,
  contextHas,
  contextMinus,
  coversContext,
  type HybridTime,
  nextNumber,
  readIncarnation,
  readRanges,
  readShortUint,
  writeIncarnation,
  writeRanges,
} from "@syncline/clocks";
import type { Decoder } from "lib0/decoding";
import { type Encoder, writeVarUint } from "lib0/encoding";
import { refuse } from "./malformed.ts";
import { laterOf } from "./chain-map.ts";
import type { Crdt, ReplicaId } from "./crdt.ts";
import {
  applyStore,
  copyStore,
  type DotStore,
  emptyStore,
  type Fact,
  factsIn,
  nodeOf,
  putDot,
  putFact,
} from "./dot-store.ts";
import { bytesOf, readAll } from "./encoding.ts";
import { readLength } from "./plain-encoding.ts";
import type { ArgumentsOf, Cursor, Shape, Spelled } from "./shape.ts";

/** The mutators of a causal type: those of its shape, with a state and a replica in place of the cursor. */
export type CausalMutators<State, M> = {
  readonly [Name in keyof M]: (
    state: State,
    replica: ReplicaId,
    ...rest: ArgumentsOf<M[Name]>
  ) => State;
};

/** A causal type, with the shape by which it can be a part of another. */
export type Causal<Payload, Node, Value, M extends object> = Crdt<
  DotStore<Payload, Node>,
  Value,
  CausalMutators<DotStore<Payload, Node>, M>
> & { readonly shape: Shape<Payload, Node, Value, M> };

/**
 * The type whose values have this shape.
 *
 * Applying a delta costs what is in the delta. A state holds one context however deep it is: two numbers for each replica that ever wrote, once all
 * is received. `decompose` gives one part for each dot ever seen, overwritten ones included. (Almeida et al. 2018, §7; Enes et al. 2019, Appendix C.)
 */
export const causal = <Payload, Node, Value, M extends object>(
  shape: Shape<Payload, Node, Value, M>,
): Causal<Payload, Node, Value, M> => ({
  name: shape.name,
  shape,
  mutators: mutatorsOf(shape),
  bottom: emptyStore,
  isBottom: (state) => state.context.size === 0,
  join: (left, right) => {
    const joined = copyStore(left);
    applyStore(shape, joined, right);
    return joined;
  },
  apply: (state, delta) => applyStore(shape, state, delta),
  leq: (left, right) =>
    coversContext(right.context, left.context) && overwritten(left, right).next().done === true,
  delta: deltaOf,
  decompose: partsOf,
  value: (state) => shape.value(nodeOf(shape, state)),
  encode: (state) => bytesOf((encoder) => writeStore(encoder, shape, state)),
  decode: (bytes) => readAll(bytes, (decoder) => readStore(decoder, shape)),
  stats: (state) => ({
    actors: state.context.size,
    dots: [...state.facts.values()].reduce((count, own) => count + own.size, 0),
    cloud: [...state.context.values()].reduce(
      (count, ranges) => count + ranges.length / 2 - (ranges[0] === 1 ? 1 : 0),
      0,
    ),
    bytes: bytesOf((encoder) => writeStore(encoder, shape, state)).length,
  }),
  latestTime: (state) => latestOf(shape, state),
  folding: "dots",
});

const mutatorsOf = <Payload, Node, M extends object>(
  shape: Shape<Payload, Node, unknown, M>,
): CausalMutators<DotStore<Payload, Node>, M> => {
  const mutators: Record<string, unknown> = {};
  for (const [name, mutator] of Object.entries(shape.mutators)) {
    mutators[name] = (
      state: DotStore<Payload, Node>,
      replica: ReplicaId,
      ...rest: readonly unknown[]
    ): DotStore<Payload, Node> => {
      const delta: DotStore<Payload, Node> = emptyStore();
      const at = cursorAt(nodeOf(shape, state), state.context, replica, delta);
      (mutator as (at: Cursor<Payload, Node>, ...rest: readonly unknown[]) => void)(at, ...rest);
      return delta;
    };
  }
  return mutators as CausalMutators<DotStore<Payload, Node>, M>;
};

const cursorAt = <Payload, Node>(
  node: Node,
  context: CausalContext,
  replica: ReplicaId,
  delta: DotStore<Payload, Node>,
): Cursor<Payload, Node> => {
  let number = nextNumber(context, replica);
  return {
    node,
    replica,
    nextNumber: () => number,
    put: (payload) => {
      putFact(delta, { replica, number, payload });
      number += 1;
    },
    cover: (fact) => putDot(delta, fact),
  };
};

/** The facts of `right` that `left` has seen and has no more: what it says beyond its context. */
function* overwritten<Payload, Node>(
  left: DotStore<Payload, Node>,
  right: DotStore<Payload, Node>,
): Generator<Fact<Payload>> {
  for (const [replica, ranges] of left.context) {
    const own = right.facts.get(replica);
    if (own === undefined) continue;
    const mine = left.facts.get(replica);
    for (const fact of factsIn(own, ranges)) if (!mine?.has(fact.number)) yield fact;
  }
}

const deltaOf = <Payload, Node>(
  state: DotStore<Payload, Node>,
  known: DotStore<Payload, Node>,
): DotStore<Payload, Node> => {
  const context = contextMinus(state.context, known.context);
  const news: DotStore<Payload, Node> = { facts: new Map(), context, node: null };
  for (const [replica, ranges] of context) {
    for (const fact of factsIn(state.facts.get(replica) ?? new Map(), ranges)) putFact(news, fact);
  }
  for (const fact of overwritten(state, known)) putDot(news, fact);
  return news;
};

function* partsOf<Payload, Node>(
  state: DotStore<Payload, Node>,
): Generator<DotStore<Payload, Node>> {
  for (const [replica, ranges] of state.context) {
    const own = state.facts.get(replica);
    for (const [index, from] of ranges.entries()) {
      // Every other bound begins a range.
      for (let number = from; index % 2 === 0 && number < (ranges[index + 1] ?? 0); number += 1) {
        const part: DotStore<Payload, Node> = emptyStore();
        const fact = own?.get(number);
        if (fact === undefined) putDot(part, { replica, number });
        else putFact(part, fact);
        yield part;
      }
    }
  }
}

/** `varUint count, (replica, ranges of dots, varUint fact count, (varUint number, payload)*)*`, numbers from the first dot on, then from the one before. */
const writeStore = <Payload, Node>(
  encoder: Encoder,
  shape: Shape<Payload, Node, unknown, object>,
  state: DotStore<Payload, Node>,
): void => {
  const spelled: Spelled = new Map();
  writeVarUint(encoder, state.context.size);
  for (const replica of [...state.context.keys()].sort()) {
    const ranges = state.context.get(replica) ?? [];
    const facts = inOrder([...(state.facts.get(replica)?.values() ?? [])]);
    writeIncarnation(encoder, replica);
    writeRanges(encoder, ranges);
    writeVarUint(encoder, facts.length);
    let free = ranges[0] ?? 0;
    for (const fact of facts) {
      writeVarUint(encoder, fact.number - free);
      shape.write(encoder, fact.payload, fact, spelled);
      free = fact.number + 1;
    }
  }
};

/** Facts mostly are in order already, since each replica's come in order. */
const inOrder = <Payload>(facts: Fact<Payload>[]): readonly Fact<Payload>[] => {
  let previous = 0;
  for (const { number } of facts) {
    if (number < previous) return facts.sort((left, right) => left.number - right.number);
    previous = number;
  }
  return facts;
};

const readStore = <Payload, Node>(
  decoder: Decoder,
  shape: Shape<Payload, Node, unknown, object>,
): DotStore<Payload, Node> => {
  const spelled: Spelled = new Map();
  const state: DotStore<Payload, Node> = emptyStore();
  const count = readShortUint(decoder);
  if (count > bytesLeft(decoder)) refuse();
  let previous = "";
  for (let index = 0; index < count; index += 1) {
    const replica = readIncarnation(decoder);
    if (replica <= previous) refuse();
    previous = replica;
    const ranges = readRanges(decoder);
    state.context.set(replica, ranges);
    let free = ranges[0] ?? 0;
    const factCount = readLength(decoder);
    const own = new Map<number, Fact<Payload>>();
    while (own.size < factCount) {
      const number = free + readShortUint(decoder);
      if (!contextHas(state.context, replica, number)) refuse();
      const payload = shape.read(decoder, { replica, number }, spelled);
      own.set(number, { replica, number, payload });
      free = number + 1;
    }
    if (factCount > 0) state.facts.set(replica, own);
  }
  return state;
};

const latestOf = <Payload, Node>(
  shape: Shape<Payload, Node, unknown, object>,
  state: DotStore<Payload, Node>,
): HybridTime | null => {
  let latest: HybridTime | null = null;
  if (shape.timeOf === undefined) return null;
  for (const own of state.facts.values()) {
    for (const { payload } of own.values()) latest = laterOf(latest, shape.timeOf(payload));
  }
  return latest;
};
