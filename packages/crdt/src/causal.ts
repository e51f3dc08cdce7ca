/** A type of its own from a shape: dot store, join, deltas, bytes. */
import {
  bytesOf,
  isInRanges,
  nextNumber,
  readAll,
  readIncarnation,
  readRanges,
  readShortUint,
  refuse,
  writeIncarnation,
  writeRanges,
  writeUint,
} from "@syncline/clocks";
import type { Decoder } from "lib0/decoding";
import type { Crdt, ReplicaId } from "./crdt.ts";
import {
  applyStore,
  deltaOf,
  type DotStore,
  emptyStore,
  type Fact,
  nodeOf,
  numbersIn,
  putDot,
  putFact,
  setFacts,
} from "./dot-store.ts";
import { readLength } from "./text-encoding.ts";
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
  bottom: () => emptyStore(),
  isBottom: (state) => state.context.size === 0,
  join: (left, right) => {
    const joined = emptyStore<Payload, Node>();
    for (const part of [left, right]) applyStore(shape, joined, part);
    return joined;
  },
  apply: (state, delta) => applyStore(shape, state, delta),
  leq: (left, right) => deltaOf(left, right).context.size === 0,
  delta: deltaOf,
  decompose: partsOf,
  value: (state) => shape.value(nodeOf(shape, state)),
  encode: (state) => encodeStore(shape, state),
  decode: (bytes) => readAll(bytes, (decoder) => readStore(decoder, shape)),
  stats: (state) => {
    let [dots, cloud] = [0, 0];
    for (const own of state.facts.values()) dots += own.size;
    for (const ranges of state.context.values()) {
      cloud += ranges.length / 2 - Number(ranges[0] === 1);
    }
    return { actors: state.context.size, dots, cloud, bytes: encodeStore(shape, state).length };
  },
  latestTime: () => null,
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
      const delta = emptyStore<Payload, Node>();
      let number = nextNumber(state.context, replica);
      const at: Cursor<Payload, Node> = {
        node: nodeOf(shape, state),
        replica,
        nextNumber: () => number,
        put: (payload) => {
          putFact(delta, { replica, number, payload });
          number += 1;
        },
        cover: (fact) => putDot(delta, fact),
      };
      (mutator as (at: Cursor<Payload, Node>, ...rest: readonly unknown[]) => void)(at, ...rest);
      return delta;
    };
  }
  return mutators as CausalMutators<DotStore<Payload, Node>, M>;
};

function* partsOf<Payload, Node>(
  state: DotStore<Payload, Node>,
): Generator<DotStore<Payload, Node>> {
  for (const [replica, ranges] of state.context) {
    for (const number of numbersIn(ranges)) {
      const part = emptyStore<Payload, Node>();
      const fact = state.facts.get(replica)?.get(number);
      if (fact === undefined) putDot(part, { replica, number });
      else putFact(part, fact);
      yield part;
    }
  }
}

/** `varUint count, (replica, ranges of dots, varUint fact count, (varUint number, payload)*)*`, numbers from the first dot on, then from the one before. */
const encodeStore = <Payload, Node>(
  shape: Shape<Payload, Node, unknown, object>,
  state: DotStore<Payload, Node>,
): Uint8Array =>
  bytesOf((encoder) => {
    const spelled: Spelled = new Map();
    writeUint(encoder, state.context.size);
    for (const [replica, ranges] of [...state.context].sort(byReplica)) {
      const facts = [...(state.facts.get(replica)?.values() ?? [])];
      writeIncarnation(encoder, replica);
      writeRanges(encoder, ranges);
      writeUint(encoder, facts.length);
      let free = ranges[0] ?? 0;
      for (const fact of facts.sort(byNumber)) {
        writeUint(encoder, fact.number - free);
        shape.write(encoder, fact.payload, fact, spelled);
        free = fact.number + 1;
      }
    }
  });

const byReplica = ([left]: readonly [ReplicaId, unknown], [right]: readonly [ReplicaId, unknown]) =>
  left < right ? -1 : 1;

const byNumber = (left: Fact<unknown>, right: Fact<unknown>): number => left.number - right.number;

const readStore = <Payload, Node>(
  decoder: Decoder,
  shape: Shape<Payload, Node, unknown, object>,
): DotStore<Payload, Node> => {
  const spelled: Spelled = new Map();
  const state: DotStore<Payload, Node> = emptyStore();
  const count = readLength(decoder);
  let previous = "";
  while (state.context.size < count) {
    const replica = readIncarnation(decoder);
    if (replica <= previous) refuse();
    previous = replica;
    const ranges = readRanges(decoder);
    const factCount = readLength(decoder);
    let free = ranges[0] ?? 0;
    state.context.set(replica, ranges);
    const own = new Map<number, Fact<Payload>>();
    while (own.size < factCount) {
      const number = free + readShortUint(decoder);
      if (!isInRanges(ranges, number)) refuse();
      const payload = shape.read(decoder, { replica, number }, spelled);
      own.set(number, { replica, number, payload });
      free = number + 1;
    }
    setFacts(state, replica, own);
  }
  return state;
};
