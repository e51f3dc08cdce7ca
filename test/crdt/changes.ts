/** Every type with random changes of it: what the laws, the specifications and the malformed bytes are tried on. */
import type { HybridTime } from "@syncline/clocks";
import {
  awSet,
  boundedCounter,
  type Crdt,
  CrdtError,
  dwFlag,
  ewFlag,
  gCounter,
  gSet,
  list,
  lwwMap,
  lwwRegister,
  maxRegister,
  minRegister,
  mvRegister,
  orMap,
  type Plain,
  pnCounter,
  record,
  type ReplicaId,
  resettableCounter,
  rwSet,
  twoPhaseSet,
} from "@syncline/crdt";
import fc from "fast-check";

/** A change as data: a mutator's name, and what it takes. */
export type AnyChange = readonly [name: string, ...rest: unknown[]];

/** A type as the suites see it. */
export type Tried = Crdt<unknown, unknown, object>;

/** A type, and changes of it. */
export interface Subject {
  readonly type: Tried;
  readonly changes: fc.Arbitrary<AnyChange>;
}

/** Three replicas, of which no id is a prefix of another's bytes. */
export const replicas: readonly ReplicaId[] = [
  "00000000000000aa",
  "8000000000000001",
  "fffffffffffffffe",
];

/** The delta of a change; bottom if the type refuses it for want of rights. */
export const deltaOfChange = (
  type: Tried,
  state: unknown,
  replica: ReplicaId,
  [name, ...rest]: AnyChange,
): unknown => {
  const mutator = (type.mutators as Record<string, (...all: unknown[]) => unknown>)[name];
  try {
    return mutator?.(state, replica, ...rest);
  } catch (error) {
    if (error instanceof CrdtError && error.code === "NO_RIGHTS") return type.bottom();
    throw error;
  }
};

/** Few elements, so that changes meet; among them those that others have confused. */
const elements: fc.Arbitrary<Plain> = fc.constantFrom<Plain[]>(
  "a",
  "b",
  "__proto__",
  0,
  -0,
  Number.NaN,
  1n,
  null,
  true,
  [],
  { constructor: "a" },
  new Uint8Array([97]),
);
const keys = fc.constantFrom("a", "__proto__", "constructor", "");
const amounts = fc.constantFrom<(number | bigint)[]>(1, 2, 3, 2 ** 31, 2 ** 53 - 1, 2n ** 64n);
const times: fc.Arbitrary<HybridTime> = fc.record({
  timeMs: fc.integer({ min: 1, max: 3 }),
  counter: fc.integer({ min: 0, max: 1 }),
});

const change = (name: string, ...rest: readonly fc.Arbitrary<unknown>[]): fc.Arbitrary<AnyChange> =>
  fc.tuple(...rest).map((values) => [name, ...values]);

const countings = [change("increment", amounts), change("decrement", amounts)];
const flaggings = fc.oneof(change("enable"), change("disable"));
const settings = fc.oneof(change("set", elements), change("clear"));
const addings = fc.oneof(
  { weight: 4, arbitrary: change("add", elements) },
  { weight: 3, arbitrary: change("remove", elements) },
  { weight: 1, arbitrary: change("clear") },
);
const listings = fc.oneof(
  { weight: 3, arbitrary: change("insert", fc.nat(6), elements) },
  { weight: 1, arbitrary: change("push", elements, elements) },
  { weight: 2, arbitrary: change("delete", fc.nat(6)) },
);
const keyed = (inner: fc.Arbitrary<AnyChange>): fc.Arbitrary<AnyChange> =>
  fc.oneof(
    { weight: 6, arbitrary: change("update", keys, inner) },
    { weight: 3, arbitrary: change("remove", keys) },
    { weight: 1, arbitrary: change("clear") },
  );
const mapChanges = fc.oneof(
  { weight: 4, arbitrary: change("set", keys, elements, times) },
  { weight: 2, arbitrary: change("delete", keys, times) },
);

const everyField = record({
  "add-wins": awSet,
  constructor: mvRegister,
  flag: dwFlag,
  likes: pnCounter,
  nested: orMap(rwSet),
  text: list,
  title: lwwRegister,
});

const fieldChanges = fc.oneof(
  change("update", fc.constant("add-wins"), addings),
  change("update", fc.constant("constructor"), settings),
  change("update", fc.constant("flag"), flaggings),
  change("update", fc.constant("likes"), fc.oneof(...countings)),
  change(
    "update",
    fc.constant("nested"),
    keyed(fc.oneof(change("add", elements), change("remove", elements))),
  ),
  change("update", fc.constant("text"), listings),
  change("update", fc.constant("title"), change("set", elements, times)),
  change("reset", fc.constantFrom("add-wins", "likes", "title", "text")),
);

const subject = (type: unknown, changes: fc.Arbitrary<AnyChange>): Subject => ({
  type: type as Tried,
  changes,
});

/** All types, maps and records of others included. */
export const subjects: readonly Subject[] = [
  subject(gCounter, change("increment", amounts)),
  subject(pnCounter, fc.oneof(...countings)),
  subject(resettableCounter, fc.oneof(...countings, change("reset"))),
  subject(
    boundedCounter,
    fc.oneof(...countings, change("transfer", fc.constantFrom(...replicas), amounts)),
  ),
  subject(gSet, change("add", elements)),
  subject(twoPhaseSet, fc.oneof(change("add", elements), change("remove", elements))),
  subject(awSet, addings),
  subject(rwSet, fc.oneof(change("add", elements), change("remove", elements))),
  subject(ewFlag, flaggings),
  subject(dwFlag, flaggings),
  subject(lwwRegister, change("set", elements, times)),
  subject(mvRegister, settings),
  subject(lwwMap, mapChanges),
  subject(
    maxRegister,
    change(
      "put",
      elements.filter((value) => !Number.isNaN(value)),
    ),
  ),
  subject(
    minRegister,
    change(
      "put",
      elements.filter((value) => !Number.isNaN(value)),
    ),
  ),
  subject(list, listings),
  subject(orMap(awSet), keyed(addings)),
  subject(orMap(lwwRegister), keyed(change("set", elements, times))),
  subject(orMap(pnCounter), keyed(fc.oneof(...countings, change("reset")))),
  subject(orMap(orMap(mvRegister)), keyed(keyed(settings))),
  subject(everyField, fieldChanges),
];

/** A record with a part of each kind. */
export const card = record({
  constructor: mvRegister,
  flag: dwFlag,
  likes: pnCounter,
  nested: orMap(rwSet),
  tags: awSet,
  title: lwwRegister,
});

const removals = fc.oneof(change("add", elements), change("remove", elements));
const writes = change("set", elements, times);

const cardChanges = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.oneof(
      change("update", fc.constant("constructor"), settings),
      change("update", fc.constant("flag"), flaggings),
      change("update", fc.constant("likes"), fc.oneof(...countings, change("reset"))),
      change("update", fc.constant("nested"), keyed(removals)),
      change("update", fc.constant("tags"), addings),
      change("update", fc.constant("title"), writes),
    ),
  },
  {
    weight: 1,
    arbitrary: change(
      "reset",
      fc.constantFrom("constructor", "flag", "likes", "nested", "tags", "title"),
    ),
  },
);

/** Maps of each type that can be a part, of maps and of records, and such a record: for the specifications, which say what nesting means. */
export const nestedSubjects: readonly Subject[] = [
  subject(orMap(rwSet), keyed(removals)),
  subject(orMap(ewFlag), keyed(flaggings)),
  subject(orMap(dwFlag), keyed(flaggings)),
  subject(orMap(mvRegister), keyed(settings)),
  subject(orMap(card), keyed(cardChanges)),
  subject(card, cardChanges),
];
