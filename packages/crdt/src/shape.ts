/** What makes a dot store one type and not another: how its facts are arranged, read, spelled and made. */
import type { HybridTime } from "@syncline/clocks";
import type { Decoder } from "lib0/decoding";
import type { Encoder } from "lib0/encoding";
import type { ReplicaId } from "./crdt.ts";
import type { Arrangement, Fact } from "./dot-store.ts";

/** Where a mutator looks and what it can say: a new fact, and that a fact is overwritten. It sees the state before itself. */
export interface Cursor<Payload, Node> {
  readonly node: Node;
  readonly replica: ReplicaId;
  /** The number of the dot that the next `put` gets. */
  readonly nextNumber: () => number;
  readonly put: (payload: Payload) => void;
  readonly cover: (fact: Fact<unknown>) => void;
}

/** The place of a fact, for payloads that are spelled relative to it. */
export type Place = Pick<Fact<unknown>, "replica" | "number">;

/** What a codec remembers of the facts that it has written or read before, in one state. */
export type Spelled = Map<unknown, unknown>;

/**
 * A causal type, which can be a value of its own or a part of a map or record.
 *
 * In a map, a fact's payload is the key and the inner payload, so facts handed to `insert` have a payload of their own that is not the inner one.
 */
export interface Shape<Payload, Node, Value, M extends object> extends Arrangement<Payload, Node> {
  readonly name: string;
  /** By name: each takes a cursor, and then what its caller gives. */
  readonly mutators: M;
  readonly value: (node: Node) => Value;
  readonly isEmpty: (node: Node) => boolean;
  /** All facts below the node. */
  readonly factsOf: (node: Node) => Iterable<Fact<unknown>>;
  readonly write: (encoder: Encoder, payload: Payload, place: Place, spelled: Spelled) => void;
  /** Throws for what `write` does not write. */
  readonly read: (decoder: Decoder, place: Place, spelled: Spelled) => Payload;
  readonly timeOf?: (payload: Payload) => HybridTime | null;
}

/** A shape of which nothing but its being one is known. */
// oxlint-disable-next-line typescript/no-explicit-any -- nodes and payloads stand on both sides of its functions, so no narrower type takes all shapes.
export type AnyShape = Shape<any, any, unknown, object>;

/** What a caller gives to each mutator of a shape. */
export type ArgumentsOf<Mutator> = Mutator extends (...all: infer All) => void
  ? WithoutFirst<All>
  : never;

/** Of each alternative: inferred as the rest beside a first parameter, a union of tuples would come out as `never`. */
type WithoutFirst<All> = All extends readonly [unknown, ...infer Rest] ? Rest : never;

/** A change as data: the name of a mutator and what it takes. For parts of maps and records. */
export type Change<M> = {
  readonly [Name in keyof M]: readonly [Name, ...ArgumentsOf<M[Name]>];
}[keyof M];

/** Carries out a change. Throws a `TypeError` if the shape has no such mutator. */
export const carryOut = (
  shape: AnyShape,
  at: Cursor<unknown, unknown>,
  [name, ...rest]: readonly unknown[],
): void => {
  const mutator: unknown = Object.hasOwn(shape.mutators, String(name))
    ? Reflect.get(shape.mutators, String(name))
    : undefined;
  if (typeof mutator !== "function") throw new TypeError(`${shape.name} has no ${String(name)}`);
  Reflect.apply(mutator, null, [at, ...rest]);
};

/** The payload arrangement of types that need no more than their facts: each with what it says here. */
export type Leaf<Payload> = Map<Fact<unknown>, Payload>;

/** The functions on leaves. */
export const leaf = <Payload>(): Pick<
  Shape<Payload, Leaf<Payload>, unknown, object>,
  "createNode" | "insert" | "remove" | "isEmpty" | "factsOf"
> => ({
  createNode: () => new Map(),
  insert: (node, payload, fact) => void node.set(fact, payload),
  remove: (node, _payload, fact) => void node.delete(fact),
  isEmpty: (node) => node.size === 0,
  factsOf: (node) => node.keys(),
});

/** Overwrites everything below the node. */
export const coverAll = (
  facts: Iterable<Fact<unknown>>,
  at: Pick<Cursor<unknown, unknown>, "cover">,
): void => {
  for (const fact of facts) at.cover(fact);
};
