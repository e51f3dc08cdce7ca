/** Messages of every kind, for properties: anything that the types allow and the wire can carry. */
import { type Dot, incarnationOf } from "@syncline/clocks";
import type { Batch, Entry, SpaceMessage } from "@syncline/gossip";
import { errorCodes } from "@syncline/machine";
import fc from "fast-check";

const NUMBER_MAX = 2 ** 48 - 1;

const identity = fc.uint8Array({ minLength: 8, maxLength: 8 }).map(incarnationOf);
/** Few logs, so that they meet; and extremes, so that arithmetic is tried. */
const log = fc.oneof(identity, fc.constantFrom("00".repeat(8), "ab".repeat(8), "ff".repeat(8)));
const number = fc.oneof(
  fc.integer({ min: 1, max: 200 }),
  fc.constant(NUMBER_MAX),
  fc.integer({ min: 1, max: NUMBER_MAX }),
);
const count = fc.oneof(fc.nat(300), fc.constant(Number.MAX_SAFE_INTEGER));
const bytes = fc.uint8Array({ maxLength: 40 });
const text = fc.string({ unit: "binary", maxLength: 12 });
const homeName = fc.constantFrom("a", "b", "c");
const dot = fc.record({ incarnation: log, number });
const vector = fc.array(fc.tuple(log, number), { maxLength: 5 }).map((entries) => new Map(entries));
const author = fc.option(fc.record({ edge: identity, number }));

const batch: fc.Arbitrary<Batch> = fc.record({
  document: text,
  type: fc.constantFrom("yjs", "set", ""),
  payload: bytes,
});

const entry: fc.Arbitrary<Entry> = fc.record({
  incarnation: log,
  number,
  batch,
  author,
  after: vector,
});

const few = <Value>(of: fc.Arbitrary<Value>): fc.Arbitrary<Value[]> =>
  fc.array(of, { maxLength: 5 });

const shown = fc.oneof(
  fc.record({ incarnation: log, number, batch, ownNumber: fc.constant(0) }),
  fc.record({ incarnation: log, number, batch: fc.constant(null), ownNumber: number }),
);
const state = fc.record({
  document: text,
  type: fc.constantFrom("yjs", "set"),
  payload: bytes,
  last: vector,
});
const durable = { home: homeName, incarnation: log, vector };

const ofKind = <Kind extends SpaceMessage["kind"], Fields>(
  kind: Kind,
  fields: { readonly [Key in keyof Fields]: fc.Arbitrary<Fields[Key]> },
): fc.Arbitrary<Fields & { readonly kind: Kind }> =>
  fc.record({ kind: fc.constant(kind), ...fields }) as unknown as fc.Arbitrary<
    Fields & { readonly kind: Kind }
  >;

interface AdmittedPlace {
  readonly number: number;
  readonly dot: Dot;
}

/** A message of each kind, by kind. */
export const messageByKind: {
  readonly [Kind in SpaceMessage["kind"]]: fc.Arbitrary<SpaceMessage>;
} = {
  join: ofKind("join", { edge: identity, vector }),
  submit: ofKind("submit", { firstNumber: number, batches: few(batch) }),
  carry: ofKind("carry", { batches: few(fc.record({ incarnation: log, number, batch })) }),
  presence: ofKind("presence", { key: count, bytes }),
  welcome: ofKind("welcome", {
    home: homeName,
    incarnation: log,
    vector,
    admitted: fc.option<AdmittedPlace>(fc.record({ number, dot })),
    homeCount: number,
    writeQuorum: number,
    heardCount: count,
    durable: few(fc.record(durable)),
  }),
  group: ofKind("group", { entries: few(shown), states: few(batch), isLast: fc.boolean(), vector }),
  update: ofKind("update", { entries: few(shown) }),
  admitted: ofKind("admitted", { number, dot }),
  carried: ofKind("carried", { from: dot, to: fc.option<Dot>(dot) }),
  heard: ofKind("heard", { heardCount: number, vector }),
  durable: ofKind("durable", { isWhole: fc.boolean(), ...durable }),
  refused: ofKind("refused", { number, code: fc.constantFrom(...errorCodes), reason: text }),
  hello: ofKind("hello", { incarnation: log, vector, round: count, isReply: fc.boolean() }),
  replicate: ofKind("replicate", { entries: few(entry) }),
  stored: ofKind("stored", { vector }),
  pull: ofKind("pull", { number: count, vector }),
  fill: ofKind("fill", {
    number: count,
    entries: few(entry),
    states: few(state),
    edges: few(fc.record({ edge: identity, number, dot })),
    isLast: fc.boolean(),
    vector,
  }),
};

/** A message of any kind. */
export const anyMessage: fc.Arbitrary<SpaceMessage> = fc.oneof(...Object.values(messageByKind));
