/**
 * What each type's value is, as a function of the changes that are visible: written down without states, dots or clocks, and compared with the real
 * thing at every replica after every step of random histories. (In the style of Antidote's property tests; the specifications are those of
 * Burckhardt et al. 2014, §4.)
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
import fc from "fast-check";
import { expect, test } from "vitest";
import { type AnyChange, deltaOfChange, replicas, subjects, type Tried } from "./changes.ts";
import { causalSteps, type Step } from "./histories.ts";

/** A change that took place, and the changes that its author had seen. */
interface Operation {
  readonly replica: string;
  readonly change: AnyChange;
  readonly sees: ReadonlySet<Operation>;
  /** Whether the type refused it. */
  readonly isRefused: boolean;
}

type Visible = ReadonlySet<Operation>;

type Specification = (visible: Visible) => unknown;

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

/** About the same element, or about all. */
const sameElement = ({ change: left }: Operation, { change: right }: Operation): boolean =>
  right[0] === "clear" || same(left[1], right[1]);

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

const resetWins: Specification = (visible) =>
  sum(unseenBy(named(visible, "increment", "decrement"), named(visible, "reset")));

const addWins = (visible: Visible): readonly unknown[] =>
  setOf(
    unseenBy(named(visible, "add"), named(visible, "remove", "clear"), sameElement).map(
      ({ change }) => change[1],
    ),
  );

const removeWins: Specification = (visible) => {
  const standing = unseenBy(
    named(visible, "add", "remove"),
    named(visible, "add", "remove"),
    sameElement,
  );
  const removed = standing.filter(({ change }) => change[0] === "remove");
  return setOf(
    standing
      .filter(({ change }) => change[0] === "add")
      .map(({ change }) => change[1])
      .filter((element) => !removed.some(({ change }) => same(change[1], element))),
  );
};

const twoPhase: Specification = (visible) => {
  const removed = named(visible, "remove").map(({ change }) => change[1]);
  return setOf(
    named(visible, "add")
      .map(({ change }) => change[1])
      .filter((element) => !removed.some((other) => same(other, element))),
  );
};

const enableWins: Specification = (visible) =>
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

/** Reset-remove: at each key the part's own specification, without what a visible removal of the key has seen. */
const resetRemove =
  (part: (visible: Visible) => unknown, isEmpty: (value: unknown) => boolean): Specification =>
  (visible) => {
    const updates = named(visible, "update");
    const removals = named(visible, "remove", "clear");
    const keys = new Set(updates.map(({ change }) => change[1]));
    return new Map(
      [...keys].flatMap((key) => {
        const standing = unseenBy(
          updates.filter(({ change }) => change[1] === key),
          removals,
          sameElement,
        );
        const value = part(insideOf(standing, updates, key));
        return isEmpty(value) ? [] : [[key, value] as const];
      }),
    );
  };

/** The changes inside a key, as operations that see the changes inside that key. */
const insideOf = (
  standing: readonly Operation[],
  updates: readonly Operation[],
  key: unknown,
): Visible => {
  const inner = new Map<Operation, Operation>();
  // Authors are before those who see them, since operations are visible in the order in which they took place.
  for (const update of updates.filter(({ change }) => change[1] === key)) {
    const sees = new Set([...update.sees].flatMap((seen) => inner.get(seen) ?? []));
    inner.set(update, { ...update, change: update.change[2] as AnyChange, sees });
  }
  // What was removed cannot be seen, but what a removal inside had seen stays removed.
  const removals = [...inner.values()].filter(({ change }) => change[0] !== "add");
  return new Set([...standing.flatMap((update) => inner.get(update) ?? []), ...removals]);
};

const isNone = (value: unknown): boolean => (value as readonly unknown[]).length === 0;

/** A set's value in the order of values, and maps of them alike; anything else as it is. */
const shown = (value: unknown): unknown => {
  if (value instanceof Set) return setOf([...value]);
  if (value instanceof Map) return new Map([...value].map(([key, part]) => [key, shown(part)]));
  return value;
};

const specifications: readonly (readonly [name: string, Specification])[] = [
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
  [orMap(awSet).name, resetRemove(addWins, isNone)],
];

const withoutMinusZero = ([name, ...rest]: AnyChange): AnyChange => [
  name,
  ...rest.map((value) =>
    Array.isArray(value) && typeof value[0] === "string"
      ? withoutMinusZero(value as unknown as AnyChange)
      : Object.is(value, -0)
        ? 0
        : value,
  ),
];

const judge = (
  type: Tried,
  steps: readonly Step[],
  look: (visible: Visible, value: unknown) => void,
): void => {
  const states = replicas.map(() => type.bottom());
  const visible: Set<Operation>[] = replicas.map(() => new Set());
  const order: Operation[] = [];
  for (const step of steps) {
    const [state, seen] = [states[step.at], visible[step.at]!];
    if (step.kind === "change") {
      const replica = replicas[step.at]!;
      const delta = deltaOfChange(type, state, replica, step.change);
      const isRefused = step.change[0] === "decrement" && type.isBottom(delta);
      // As elements of sets, 0 and -0 are one.
      const isOfSet = /\b(?:set|or-map)\b/u.test(type.name);
      const change = isOfSet ? withoutMinusZero(step.change) : step.change;
      const operation = { replica, change, sees: new Set(seen), isRefused };
      order.push(operation);
      seen.add(operation);
      type.apply(state, delta);
    } else if (step.kind === "hear") {
      for (const operation of visible[step.from]!) seen.add(operation);
      type.apply(state, states[step.from]);
    }
    look(new Set(order.filter((operation) => seen.has(operation))), type.value(state));
  }
};

test.each(specifications)("%s is what its visible changes say", (name, specification) => {
  const subject = subjects.find(({ type }) => type.name === name)!;
  let lookCount = 0;

  fc.assert(
    fc.property(causalSteps(subject), (steps) => {
      judge(subject.type, steps, (visible, value) => {
        lookCount += 1;
        expect(shown(value)).toEqual(specification(visible));
      });
    }),
    { numRuns: 300 },
  );

  expect(lookCount).toBeGreaterThan(1_000);
});

test("a bounded counter is never below zero, wherever one looks", () => {
  const subject = subjects.find(({ type }) => type.name === boundedCounter.name)!;
  let lookCount = 0;

  fc.assert(
    fc.property(causalSteps(subject), (steps) => {
      judge(subject.type, steps, (_visible, value) => {
        lookCount += 1;
        expect(value as number | bigint).toBeGreaterThanOrEqual(0);
      });
    }),
    { numRuns: 300 },
  );

  expect(lookCount).toBeGreaterThan(1_000);
});
