/** Bytes: what one change may cost, whatever the size of the value, and what may be left of what is gone. */
import {
  awSet,
  type Crdt,
  ewFlag,
  gCounter,
  gSet,
  list,
  lwwMap,
  lwwRegister,
  maxRegister,
  mvRegister,
  orMap,
  pnCounter,
  record,
  resettableCounter,
  rwSet,
  twoPhaseSet,
} from "@syncline/crdt";
import { describe, expect, test } from "vitest";

const deltaBytesMax = 64;
const now = { timeMs: 1_795_000_000_000, counter: 3 };
const [alice, bob, carol] = ["00000000000000aa", "00000000000000bb", "00000000000000cc"];

type Act = (state: never, replica: string) => unknown;

const bytesOf = <State>(
  type: Crdt<State, unknown, object>,
  act: (state: State, replica: string) => State,
  state: State,
): number => type.encode(act(state, bob!)).length;

const cases: readonly (readonly [
  string,
  unknown,
  fill: (state: never, index: number) => unknown,
  Act,
])[] = [
  [
    "gCounter",
    gCounter,
    (state) => gCounter.mutators.increment(state, alice!),
    gCounter.mutators.increment as Act,
  ],
  [
    "pnCounter",
    pnCounter,
    (state) => pnCounter.mutators.increment(state, alice!),
    pnCounter.mutators.decrement as Act,
  ],
  [
    "resettableCounter",
    resettableCounter,
    (state) => resettableCounter.mutators.increment(state, alice!),
    resettableCounter.mutators.increment as Act,
  ],
  [
    "gSet",
    gSet,
    (state, index) => gSet.mutators.add(state, alice!, `element-${index}`),
    (state, replica) => gSet.mutators.add(state, replica, "element-99999999"),
  ],
  [
    "twoPhaseSet",
    twoPhaseSet,
    (state, index) => twoPhaseSet.mutators.add(state, alice!, `element-${index}`),
    (state, replica) => twoPhaseSet.mutators.remove(state, replica, "element-7"),
  ],
  [
    "awSet, a new element",
    awSet,
    (state, index) => awSet.mutators.add(state, alice!, `element-${index}`),
    (state, replica) => awSet.mutators.add(state, replica, "element-99999999"),
  ],
  [
    "awSet, an element of another's",
    awSet,
    (state, index) => awSet.mutators.add(state, alice!, `element-${index}`),
    (state, replica) => awSet.mutators.add(state, replica, "element-7"),
  ],
  [
    "awSet, a removal",
    awSet,
    (state, index) => awSet.mutators.add(state, alice!, `element-${index}`),
    (state, replica) => awSet.mutators.remove(state, replica, "element-7"),
  ],
  [
    "rwSet",
    rwSet,
    (state, index) => rwSet.mutators.add(state, alice!, `element-${index}`),
    (state, replica) => rwSet.mutators.remove(state, replica, "element-7"),
  ],
  [
    "ewFlag",
    ewFlag,
    (state) => ewFlag.mutators.enable(state, alice!),
    ewFlag.mutators.enable as Act,
  ],
  [
    "mvRegister",
    mvRegister,
    (state, index) => mvRegister.mutators.set(state, alice!, index),
    (state, replica) => mvRegister.mutators.set(state, replica, "0123456789"),
  ],
  [
    "lwwRegister",
    lwwRegister,
    (state, index) => lwwRegister.mutators.set(state, alice!, index, now),
    (state, replica) => lwwRegister.mutators.set(state, replica, "0123456789", now),
  ],
  [
    "lwwMap",
    lwwMap,
    (state, index) => lwwMap.mutators.set(state, alice!, `key-${index}`, index, now),
    (state, replica) => lwwMap.mutators.set(state, replica, "key-7", "0123456789", now),
  ],
  [
    "maxRegister",
    maxRegister,
    (state, index) => maxRegister.mutators.put(state, alice!, index),
    (state, replica) => maxRegister.mutators.put(state, replica, 2 ** 40),
  ],
  [
    "list, at the end of another's",
    list,
    (state, index) => list.mutators.push(state, alice!, index),
    (state, replica) => list.mutators.push(state, replica, "0123456789"),
  ],
  [
    "list, amid another's",
    list,
    (state, index) => list.mutators.push(state, alice!, index),
    (state, replica) => list.mutators.insert(state, replica, 500, "0123456789"),
  ],
  [
    "orMap of sets",
    orMap(awSet),
    (state, index) => orMap(awSet).mutators.update(state, alice!, `key-${index}`, ["add", 1]),
    (state, replica) =>
      orMap(awSet).mutators.update(state, replica, "key-7", ["add", "0123456789"]),
  ],
  [
    "record",
    record({ likes: pnCounter }),
    (state) => record({ likes: pnCounter }).mutators.update(state, alice!, "likes", ["increment"]),
    (state, replica) =>
      record({ likes: pnCounter }).mutators.update(state, replica, "likes", ["increment"]),
  ],
];

describe.each(cases)("%s", (_name, anyType, fill, act) => {
  const type = anyType as Crdt<unknown, unknown, object>;

  test.each([0, 10, 10_000])("one change of a value of %i is at most 64 bytes", (size) => {
    const state = type.bottom();
    for (let index = 0; index < size; index += 1) type.apply(state, fill(state as never, index));

    const bytes = bytesOf(type, act as never, state);

    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThanOrEqual(deltaBytesMax);
  });
});

test("an empty set after 10,000 adds and removes by three replicas is at most 200 bytes", () => {
  const replicas = [alice!, bob!, carol!];
  const states = replicas.map(() => awSet.bottom());
  for (let index = 0; index < 10_000; index += 1) {
    const state = states[index % 3]!;
    const [replica, element] = [replicas[index % 3]!, `element-${index % 50}`];
    awSet.apply(state, awSet.mutators.add(state, replica, element));
    if (index % 7 === 0) awSet.apply(state, states[(index + 1) % 3]!);
    awSet.apply(state, awSet.mutators.remove(state, replica, element));
  }
  const joined = states.reduce((all, state) => awSet.join(all, state), awSet.bottom());
  awSet.apply(joined, awSet.mutators.clear(joined, alice!));

  expect(awSet.value(joined)).toEqual(new Set());
  expect(awSet.encode(joined).length).toBeLessThanOrEqual(200);
  expect(awSet.stats(joined)).toMatchObject({ actors: 3, dots: 0, cloud: 0 });
});

test("two who append by turns do not nest deeper and deeper", () => {
  const state = list.bottom();
  for (let index = 0; index < 1_000; index += 1) {
    const delta = list.mutators.push(state, [alice!, bob!, carol!][index % 3]!, index);
    expect(list.encode(delta).length).toBeLessThanOrEqual(deltaBytesMax);
    list.apply(state, delta);
  }

  expect(list.value(state)).toHaveLength(1_000);
});

test("an element that is added again and again is one dot", () => {
  const state = awSet.bottom();
  for (let index = 0; index < 1_000; index += 1) {
    awSet.apply(state, awSet.mutators.add(state, [alice!, bob!][index % 2]!, "x"));
  }

  expect(awSet.stats(state)).toMatchObject({ dots: 1, cloud: 0 });
});
