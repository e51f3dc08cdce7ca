/** The add-wins map of other types. */
import { type Causal, causal } from "./causal.ts";
import type { DotStore } from "./dot-store.ts";
import { nodeOf } from "./dot-store.ts";
import { latestOf } from "./latest-time.ts";
import { keyTextOf, readKeyText } from "./key-text.ts";
import {
  type AnyShape,
  carryOut,
  type Change,
  coverAll,
  type Cursor,
  type Shape,
} from "./shape.ts";
import { writeText } from "./text-encoding.ts";

/** A key, and what was said of the value there. */
export interface AtKey {
  readonly key: string;
  readonly inner: unknown;
}

/** The values by key; none of them is empty. */
export type Branches = Map<string, unknown>;

type At = Cursor<AtKey, Branches>;

/** The mutators of an add-wins map. */
export interface ORMapMutators<M> {
  /** Changes the value at a key: `["add", "apple"]`. A key exists while something stands in its value. */
  readonly update: (at: At, key: string, change: Change<M>) => void;
  /** Removes all that this replica has seen at a key. Linear in that. */
  readonly remove: (at: At, key: string) => void;
  /** Removes all that this replica has seen. */
  readonly clear: (at: At) => void;
}

/** The type of `orMap(type)`. */
export type ORMap<Value, M> = Causal<AtKey, Branches, ReadonlyMap<string, Value>, ORMapMutators<M>>;

/** A type that can be a part of a map or record. */
export interface Embeddable<Value, M extends object> {
  // oxlint-disable-next-line typescript/no-explicit-any -- as in `AnyShape`: a map takes parts of every shape.
  readonly shape: Shape<any, any, Value, M>;
}

/**
 * A map from text to values of one type, in which removing a key resets its value (reset-remove): it takes away what it has seen, and what was changed there
 * concurrently stays, and keeps the key. (Riak DT Map: Brown et al. 2014; as deltas: Almeida et al. 2018, §7.4.4, ORMap.)
 *
 * The whole map, maps in it included, has one causal context, so a key costs what it holds. A change costs what it costs in the part, and the
 * key in the delta.
 */
export const orMap = <Value, M extends object>(type: Embeddable<Value, M>): ORMap<Value, M> =>
  withTimes(causal(mapShape(type.shape)));

/** The value's part at a key, or undefined. Constant time, beside what reading the part costs. */
export const valueAt = <Value, M>(
  type: ORMap<Value, M>,
  state: DotStore<AtKey, Branches>,
  key: string,
): Value | undefined => {
  const node = nodeOf(type.shape, state).get(key);
  if (node === undefined) return undefined;
  return type.shape.value(new Map([[key, node]])).get(key);
};

const mapShape = <Value, M extends object>(
  part: Shape<unknown, unknown, Value, M>,
): Shape<AtKey, Branches, ReadonlyMap<string, Value>, ORMapMutators<M>> => ({
  ...branching(() => part),
  name: `or-map(${part.name})`,
  value: (node) => {
    const values = new Map<string, Value>();
    for (const [key, branch] of node) values.set(key, part.value(branch));
    return values;
  },
  write: (encoder, { key, inner }, place, spelled) => {
    writeText(encoder, key);
    part.write(encoder, inner, place, spelled);
  },
  read: (decoder, place, spelled) => {
    const key = readKeyText(decoder);
    return { key, inner: part.read(decoder, place, spelled) };
  },
  mutators: {
    update: (at, key, change) => carryOutAt(part, at, keyTextOf(key), change as readonly unknown[]),
    remove: (at, key) => {
      const node = at.node.get(keyTextOf(key));
      if (node !== undefined) coverAll(part.factsOf(node), at);
    },
    clear: (at) => {
      for (const node of at.node.values()) coverAll(part.factsOf(node), at);
    },
  },
});

/** What maps and records have in common: facts stand under a key, in the arrangement of the part there. */
export const branching = (
  partAt: (key: string) => AnyShape,
): Pick<
  Shape<AtKey, Branches, unknown, object>,
  "createNode" | "insert" | "remove" | "isSame" | "isEmpty" | "factsOf" | "timeOf"
> => ({
  createNode: () => new Map(),
  insert: (node, { key, inner }, fact) => {
    const part = partAt(key);
    let branch = node.get(key);
    if (branch === undefined) node.set(key, (branch = part.createNode()));
    part.insert(branch, inner, fact);
  },
  remove: (node, { key, inner }, fact) => {
    const part = partAt(key);
    const branch = node.get(key);
    if (branch === undefined) return;
    part.remove(branch, inner, fact);
    if (part.isEmpty(branch)) node.delete(key);
  },
  isSame: (left, right) =>
    left.key === right.key && partAt(left.key).isSame(left.inner, right.inner),
  isEmpty: (node) => node.size === 0,
  factsOf: function* (node) {
    for (const [key, branch] of node) yield* partAt(key).factsOf(branch);
  },
  timeOf: ({ key, inner }) => partAt(key).timeOf?.(inner) ?? null,
});

/** The type, with the times that its parts have. */
export const withTimes = <Value, M extends object>(
  type: Causal<AtKey, Branches, Value, M>,
): Causal<AtKey, Branches, Value, M> => ({
  ...type,
  latestTime: ({ facts }) =>
    latestOf(
      [...facts.values()].flatMap((own) =>
        [...own.values()].map(({ payload }) => type.shape.timeOf?.(payload) ?? null),
      ),
    ),
});

/** Carries out a change at a key: what it says is said under that key. */
export const carryOutAt = (
  part: AnyShape,
  at: At,
  key: string,
  change: readonly unknown[],
): void => {
  const inside: Cursor<unknown, unknown> = {
    ...at,
    node: at.node.get(key) ?? part.createNode(),
    put: (inner) => at.put({ key, inner }),
  };
  carryOut(part, inside, change);
};
