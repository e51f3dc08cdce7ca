/**
 * What each type's value is, as a function of the changes that are visible: written down without states, dots or clocks. (The specifications are those
 * of Burckhardt et al. 2014, §4; reset-remove is that of Riak's maps.)
 */
import { compareStamps, type HybridTime, timeAfter } from "@syncline/clocks";
import {
  awSet,
  boundedCounter,
  comparePlain,
  dwFlag,
  ewFlag,
  gCounter,
  gSet,
  lwwMap,
  lwwRegister,
  maxRegister,
  minRegister,
  mvRegister,
  orMap,
  type Plain,
  pnCounter,
  resettableCounter,
  rwSet,
  twoPhaseSet,
} from "@syncline/crdt";
import { type AnyChange, card } from "./changes.ts";

/** A change that took place, and the changes that its author had seen. */
export interface Operation {
  readonly replica: string;
  readonly change: AnyChange;
  readonly sees: ReadonlySet<Operation>;
  /** Whether the type refused it. */
  readonly isRefused: boolean;
}

/** The operations that a replica has seen. */
export type Visible = ReadonlySet<Operation>;

/** The value that these operations make. */
export type Specification = (visible: Visible) => unknown;

const named = (visible: Visible, ...names: readonly string[]): readonly Operation[] =>
  [...visible].filter(({ change, isRefused }) => !isRefused && names.includes(change[0]));

/** Those that no visible operation of these, about the same, has seen. */
const unseenBy = (
  operations: readonly Operation[],
  others: readonly Operation[],
  isAboutSame: (operation: Operation, other: Operation) => boolean = () => true,
): readonly Operation[] =>
  operations.filter(
    (operation) =>
      !others.some((other) => other.sees.has(operation) && isAboutSame(operation, other)),
  );

const same = (left: unknown, right: unknown): boolean =>
  comparePlain(left as Plain, right as Plain) === 0;

/** What a change is about: an element or a key. As elements of sets, 0 and -0 are one. */
const subjectOf = ({ change }: Operation): unknown => (Object.is(change[1], -0) ? 0 : change[1]);

/** About the same element or key, or about all. */
const sameElement = (left: Operation, right: Operation): boolean =>
  right.change[0] === "clear" || same(subjectOf(left), subjectOf(right));

const sum = (operations: readonly Operation[]): number | bigint => {
  let total = 0n;
  for (const { change } of operations) {
    const amount = BigInt(change[1] as number | bigint);
    total += change[0] === "decrement" ? -amount : amount;
  }
  return Number.isSafeInteger(Number(total)) ? Number(total) : total;
};

const setOf = (values: readonly unknown[]): readonly unknown[] => {
  const sorted = values.toSorted((left, right) => comparePlain(left as Plain, right as Plain));
  return sorted.filter((value, index) => index === 0 || !same(value, sorted[index - 1]));
};

const counts: Specification = (visible) => sum(named(visible, "increment", "decrement"));

const standingCounts = (visible: Visible): readonly Operation[] =>
  unseenBy(named(visible, "increment", "decrement"), named(visible, "reset"));

const resetWins: Specification = (visible) => sum(standingCounts(visible));

const addWins = (visible: Visible): readonly unknown[] =>
  setOf(
    unseenBy(named(visible, "add"), named(visible, "remove", "clear"), sameElement).map(subjectOf),
  );

/** Additions and removals that nothing later about the same element has seen. */
const verdicts = (visible: Visible): readonly Operation[] => {
  const all = named(visible, "add", "remove");
  return unseenBy(all, all, sameElement);
};

const removeWins: Specification = (visible) => {
  const standing = verdicts(visible);
  const removed = standing.filter(({ change }) => change[0] === "remove");
  return setOf(
    standing
      .filter(({ change }) => change[0] === "add")
      .filter((addition) => !removed.some((removal) => sameElement(addition, removal)))
      .map(subjectOf),
  );
};

const twoPhase: Specification = (visible) => {
  const removed = named(visible, "remove");
  return setOf(
    named(visible, "add")
      .filter((addition) => !removed.some((removal) => sameElement(addition, removal)))
      .map(subjectOf),
  );
};

const enableWins = (visible: Visible): boolean =>
  unseenBy(named(visible, "enable"), named(visible, "disable")).length > 0;

const disableWins: Specification = (visible) => {
  const all = named(visible, "enable", "disable");
  const last = unseenBy(all, all);
  return last.length > 0 && last.every(({ change }) => change[0] === "enable");
};

const siblings = (visible: Visible): readonly unknown[] =>
  unseenBy(named(visible, "set"), named(visible, "set", "clear"))
    .map(({ change }) => change[1])
    .toSorted((left, right) => comparePlain(left as Plain, right as Plain));

/** When a write counts as written: as its clock says, and after what it has seen. */
const timeOf = (operation: Operation, key: unknown): HybridTime => {
  const before = latest(writesOf(operation.sees, key), key);
  const time = operation.change.at(-1) as HybridTime;
  return timeAfter(before === undefined ? undefined : timeOf(before, key), time);
};

const writesOf = (visible: Visible, key: unknown): readonly Operation[] =>
  named(visible, "set", "delete").filter(({ change }) => key === null || change[1] === key);

const latest = (writes: readonly Operation[], key: unknown): Operation | undefined => {
  const stamped = writes.map((write) => ({
    write,
    stamp: { ...timeOf(write, key), replica: write.replica },
  }));
  return stamped.toSorted((left, right) => compareStamps(left.stamp, right.stamp)).at(-1)?.write;
};

const lastWrite: Specification = (visible) =>
  latest(writesOf(visible, null), null)?.change[1] ?? null;

const lastWrites: Specification = (visible) => {
  const keys = new Set(named(visible, "set").map(({ change }) => change[1]));
  return new Map(
    [...keys].flatMap((key) => {
      const last = latest(writesOf(visible, key), key);
      return last?.change[0] === "set" ? [[key, last.change[2]] as const] : [];
    }),
  );
};

const extreme =
  (sign: 1 | -1): Specification =>
  (visible) =>
    named(visible, "put")
      .map(({ change }) => change[1])
      .toSorted((left, right) => sign * comparePlain(left as Plain, right as Plain))
      .at(-1) ?? null;

/** A type inside another: its value, and whether anything there stands, which is what keeps a key. */
interface PartSpecification {
  readonly value: Specification;
  readonly stands: (visible: Visible) => boolean;
}

/** The operation inside each update: it sees what its author saw inside that key. Made once, since operations are told apart by what they are. */
const insides = new WeakMap<Operation, Operation>();

const insideOf = (update: Operation): Operation => {
  const known = insides.get(update);
  if (known !== undefined) return known;
  const change = update.change[2] as AnyChange;
  const inside = { ...update, change, sees: at(update.sees, update.change[1]) };
  insides.set(update, inside);
  return inside;
};

/** What is visible inside a key: the updates there, without those that a visible removal of the key has seen. */
const at = (visible: Visible, key: unknown): Visible =>
  new Set(
    unseenBy(
      named(visible, "update").filter(({ change }) => change[1] === key),
      named(visible, "remove", "reset", "clear"),
      sameElement,
    ).map(insideOf),
  );

/** Reset-remove: at each key what the part says of the updates that no visible removal has seen; a key is there while something stands. */
const mapOf = ({ value, stands }: PartSpecification): PartSpecification => {
  const keysIn = (visible: Visible): readonly unknown[] =>
    [...new Set(named(visible, "update").map(({ change }) => change[1]))].filter((key) =>
      stands(at(visible, key)),
    );
  return {
    value: (visible) => new Map(keysIn(visible).map((key) => [key, value(at(visible, key))])),
    stands: (visible) => keysIn(visible).length > 0,
  };
};

/** Each part says its own, also those that nobody has touched. */
const recordOf = (parts: Readonly<Record<string, PartSpecification>>): PartSpecification => ({
  value: (visible) =>
    Object.fromEntries(
      Object.entries(parts).map(([name, { value }]) => [name, value(at(visible, name))]),
    ),
  stands: (visible) =>
    Object.entries(parts).some(([name, { stands }]) => stands(at(visible, name))),
});

/** The types that can be parts, by the names of their shapes. */
const parts = {
  "aw-set": { value: addWins, stands: (visible) => addWins(visible).length > 0 },
  "rw-set": { value: removeWins, stands: (visible) => verdicts(visible).length > 0 },
  "ew-flag": { value: enableWins, stands: enableWins },
  "dw-flag": {
    value: disableWins,
    stands: (visible) => named(visible, "enable", "disable").length > 0,
  },
  "lww-register": { value: lastWrite, stands: (visible) => writesOf(visible, null).length > 0 },
  "mv-register": { value: siblings, stands: (visible) => siblings(visible).length > 0 },
  counter: { value: resetWins, stands: (visible) => standingCounts(visible).length > 0 },
} satisfies Readonly<Record<string, PartSpecification>>;

/** A set's value in the order of values, and maps and records of them alike; anything else as it is. */
export const shown = (value: unknown): unknown => {
  if (value instanceof Set) return setOf([...value]);
  if (value instanceof Map) return new Map([...value].map(([key, part]) => [key, shown(part)]));
  if (typeof value !== "object" || value === null) return value;
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, shown(part)]));
};

const cardSpecification = recordOf({
  constructor: parts["mv-register"],
  flag: parts["dw-flag"],
  likes: parts.counter,
  nested: mapOf(parts["rw-set"]),
  tags: parts["aw-set"],
  title: parts["lww-register"],
});

/** The specification of each type, by name. */
export const specifications: readonly (readonly [name: string, Specification])[] = [
  [gCounter.name, counts],
  [pnCounter.name, counts],
  [resettableCounter.name, resetWins],
  [boundedCounter.name, counts],
  [gSet.name, addWins],
  [twoPhaseSet.name, twoPhase],
  [awSet.name, addWins],
  [rwSet.name, removeWins],
  [ewFlag.name, enableWins],
  [dwFlag.name, disableWins],
  [lwwRegister.name, lastWrite],
  [mvRegister.name, siblings],
  [lwwMap.name, lastWrites],
  [maxRegister.name, extreme(1)],
  [minRegister.name, extreme(-1)],
  ...Object.entries(parts).map(([name, part]) => [`or-map(${name})`, mapOf(part).value] as const),
  [orMap(orMap(mvRegister)).name, mapOf(mapOf(parts["mv-register"])).value],
  [orMap(card).name, mapOf(cardSpecification).value],
  [card.name, cardSpecification.value],
];
