/**
 * The other half of all types in one: immutable facts, each at a dot, beside one causal context.
 *
 * The literature builds causal types from dot sets, dot functions and dot maps (Almeida et al. 2018, §7.3). All three are the same thing seen from the
 * dots: a function from live dots to what they say, where in a map that includes the path of keys. So there is one join for all of them, and one
 * context for a value, however deep: a dot that both have stays; one that only one has stays if the other has not seen it.
 * What a type adds is how its facts are looked at: its shape.
 */
import {
  addContext,
  addRange,
  contextMinus,
  isInRanges,
  type MutableCausalContext,
} from "@syncline/clocks";
import type { ReplicaId } from "./crdt.ts";
import { CrdtError } from "./crdt-error.ts";

/** A fact: what one change said, until something overwrites it. */
export interface Fact<Payload> {
  readonly replica: ReplicaId;
  /** The dot's number, counted from 1 at each replica. */
  readonly number: number;
  readonly payload: Payload;
}

/** The facts of one replica by number. */
export type FactsByNumber<Payload> = Map<number, Fact<Payload>>;

/** A state: live facts, all dots ever seen, and the facts as the shape arranges them. */
export interface DotStore<Payload, Node> {
  readonly facts: Map<ReplicaId, FactsByNumber<Payload>>;
  readonly context: MutableCausalContext;
  /** Made when somebody first looks, and kept up from then on: a delta on its way needs none. */
  node: Node | null;
}

/** How facts are arranged. A node is mutable, and belongs to one state. */
export interface Arrangement<Payload, Node> {
  readonly createNode: () => Node;
  /** Adds the fact with this payload, which is the fact's own or a part of it. */
  readonly insert: (node: Node, payload: Payload, fact: Fact<unknown>) => void;
  readonly remove: (node: Node, payload: Payload, fact: Fact<unknown>) => void;
  /** Whether two payloads say the same. */
  readonly isSame: (left: Payload, right: Payload) => boolean;
}

/** A state without facts. */
export const emptyStore = <Payload, Node>(
  context: MutableCausalContext = new Map(),
): DotStore<Payload, Node> => ({
  facts: new Map(),
  context,
  node: null,
});

/** The facts as the shape arranges them. Linear in the facts the first time, constant from then on. */
export const nodeOf = <Payload, Node>(
  arrangement: Arrangement<Payload, Node>,
  store: DotStore<Payload, Node>,
): Node => {
  if (store.node !== null) return store.node;
  const node = arrangement.createNode();
  for (const own of store.facts.values()) {
    for (const fact of own.values()) arrangement.insert(node, fact.payload, fact);
  }
  store.node = node;
  return node;
};

/** Moves `store` to its join with `delta`, in time of the delta. Returns whether it changed; throws before anything has where a dot means two things. */
export const applyStore = <Payload, Node>(
  arrangement: Arrangement<Payload, Node>,
  store: DotStore<Payload, Node>,
  delta: DotStore<Payload, Node>,
): boolean => {
  refuseClones(arrangement, store, delta);
  const news = deltaOf(delta, store);
  for (const [replica, ranges] of news.context) {
    const own: FactsByNumber<Payload> = store.facts.get(replica) ?? new Map();
    for (const fact of factsIn(own, ranges)) {
      own.delete(fact.number);
      if (store.node !== null) arrangement.remove(store.node, fact.payload, fact);
    }
    for (const [number, fact] of news.facts.get(replica) ?? []) {
      own.set(number, fact);
      if (store.node !== null) arrangement.insert(store.node, fact.payload, fact);
    }
    setFacts(store, replica, own);
  }
  addContext(store.context, news.context);
  return news.context.size > 0;
};

/** The least that brings `known` up to `state`: dots that it has not seen, and those of its facts that are overwritten. */
export const deltaOf = <Payload, Node>(
  state: DotStore<Payload, Node>,
  known: DotStore<Payload, Node>,
): DotStore<Payload, Node> => {
  const news = emptyStore<Payload, Node>(contextMinus(state.context, known.context));
  for (const [replica, ranges] of state.context) {
    const own = state.facts.get(replica);
    for (const fact of factsIn(own, news.context.get(replica))) putFact(news, fact);
    for (const fact of factsIn(known.facts.get(replica), ranges)) {
      if (!own?.has(fact.number)) putDot(news, fact);
    }
  }
  return news;
};

/** The facts of one replica whose dots are in these ranges, in no order. Linear in the smaller of the two. */
const factsIn = <Payload>(
  own: FactsByNumber<Payload> = new Map(),
  ranges: readonly number[] = [],
): readonly Fact<Payload>[] => {
  // The ends less the beginnings.
  let dotCount = 0;
  for (const bound of ranges) dotCount = bound - dotCount;
  if (dotCount > own.size) {
    return [...own.values()].filter(({ number }) => isInRanges(ranges, number));
  }
  const facts: Fact<Payload>[] = [];
  for (const number of numbersIn(ranges)) {
    const fact = own.get(number);
    if (fact !== undefined) facts.push(fact);
  }
  return facts;
};

/** The numbers in these ranges, one by one. */
export function* numbersIn(ranges: readonly number[]): Generator<number> {
  for (let index = 0; index < ranges.length; index += 2) {
    const to = ranges[index + 1] ?? 0;
    for (let number = ranges[index] ?? 0; number < to; number += 1) yield number;
  }
}

/** Makes these all the facts of the replica; none is the same as no entry. */
export const setFacts = <Payload, Node>(
  { facts }: DotStore<Payload, Node>,
  replica: ReplicaId,
  own: FactsByNumber<Payload>,
): void => {
  if (own.size > 0) facts.set(replica, own);
  else facts.delete(replica);
};

/** Adds a fact and its dot to a state that nobody has looked at yet. */
export const putFact = <Payload, Node>(
  store: DotStore<Payload, Node>,
  fact: Fact<Payload>,
): void => {
  const own: FactsByNumber<Payload> = store.facts.get(fact.replica) ?? new Map();
  setFacts(store, fact.replica, own.set(fact.number, fact));
  putDot(store, fact);
};

/** Adds a dot without a fact: what was there is overwritten. */
export const putDot = <Payload, Node>(
  store: DotStore<Payload, Node>,
  { replica, number }: Pick<Fact<unknown>, "replica" | "number">,
): void => {
  addRange(store.context, { incarnation: replica, fromNumber: number, toNumber: number + 1 });
};

/**
 * A replica id that two devices use gives one dot two meanings, and each replica keeps the one that it heard first, for ever. Where both are still
 * live that is seen here, at the first exchange; `origins.ts` sees it for every type.
 */
const refuseClones = <Payload, Node>(
  arrangement: Arrangement<Payload, Node>,
  store: DotStore<Payload, Node>,
  delta: DotStore<Payload, Node>,
): void => {
  for (const [replica, theirs] of delta.facts) {
    const own = store.facts.get(replica);
    for (const [number, fact] of theirs) {
      const known = own?.get(number);
      if (known === undefined || known === fact) continue;
      if (!arrangement.isSame(known.payload, fact.payload)) {
        throw new CrdtError("CLONED_REPLICA", `two devices write as ${replica}`);
      }
    }
  }
};
