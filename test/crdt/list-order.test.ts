/**
 * The order of lists, as the strong list specification has it (Attiya et al. 2016, §3): there is one total order of all elements ever inserted, deleted
 * ones included, and at every moment every replica shows those that it has seen and nobody has deleted there, in that order; an insertion is where
 * its author put it. And beyond that: what two insert at one place at once is not interleaved (Weidner and Kleppmann 2023, §2).
 */
import { list } from "@syncline/crdt";
import fc from "fast-check";
import { expect, test } from "vitest";
import { replicas } from "./changes.ts";

type ListState = ReturnType<typeof list.bottom>;

/** An insertion, by the names of its elements, or a deletion. */
interface Operation {
  readonly inserted: readonly string[];
  readonly deleted: readonly string[];
  /** What stood before and behind the place where it was inserted. */
  readonly between: string;
  readonly sees: ReadonlySet<Operation>;
}

type Step =
  | {
      readonly kind: "insert";
      readonly at: number;
      readonly index: number;
      readonly count: number;
    }
  | { readonly kind: "delete"; readonly at: number; readonly index: number }
  | { readonly kind: "hear"; readonly at: number; readonly from: number };

const places = fc.nat(replicas.length - 1);
const kind = <Kind extends string>(name: Kind) => fc.constant(name);

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: kind("insert"),
        at: places,
        index: fc.nat(6),
        count: fc.integer({ min: 1, max: 3 }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ kind: kind("delete"), at: places, index: fc.nat(6) }),
    },
    { weight: 3, arbitrary: fc.record({ kind: kind("hear"), at: places, from: places }) },
  ),
  { maxLength: 24 },
);

const shown = (state: ListState): readonly string[] => list.value(state).map(String);

/** What is there: inserted, and not deleted. */
const presentIn = (visible: ReadonlySet<Operation>): readonly string[] => {
  const deleted = new Set([...visible].flatMap((operation) => operation.deleted));
  return [...visible]
    .flatMap((operation) => operation.inserted)
    .filter((element) => !deleted.has(element))
    .toSorted();
};

/** Which elements were seen right behind which, by anybody at any time. */
type Followers = Map<string, Set<string>>;

const note = (followers: Followers, elements: readonly string[]): void => {
  for (const [index, element] of elements.entries()) {
    const next = elements[index + 1];
    if (next === undefined) continue;
    followers.set(element, (followers.get(element) ?? new Set()).add(next));
  }
};

/** Whether there is a total order in which all that was seen is right: nothing comes, in some steps, before itself. */
const isOrder = (followers: Followers): boolean => {
  const done = new Set<string>();
  const open = new Set<string>();
  const isSound = (element: string): boolean => {
    if (done.has(element)) return true;
    if (open.has(element)) return false;
    open.add(element);
    const isFine = [...(followers.get(element) ?? [])].every(isSound);
    open.delete(element);
    done.add(element);
    return isFine;
  };
  return [...followers.keys()].every(isSound);
};

/** Whether elements of the two stand by turns: those of one between two of the other's, and the other way round. */
const areMixed = (elements: readonly string[], left: Operation, right: Operation): boolean => {
  const sides = elements.flatMap((element) =>
    left.inserted.includes(element) ? ["left"] : right.inserted.includes(element) ? ["right"] : [],
  );
  return sides.filter((side, index) => side !== sides[index - 1]).length > 2;
};

const arePeers = (left: Operation, right: Operation): boolean =>
  left !== right &&
  left.between === right.between &&
  !left.sees.has(right) &&
  !right.sees.has(left);

const play = (
  taken: readonly Step[],
  look: (elements: readonly string[], visible: ReadonlySet<Operation>) => void,
): void => {
  const states = replicas.map(() => list.bottom());
  const visible = replicas.map(() => new Set<Operation>());
  for (const [number, step] of taken.entries()) {
    const [state, seen] = [states[step.at]!, visible[step.at]!];
    const before = shown(state);
    const sees = new Set(seen);
    if (step.kind === "hear") {
      list.apply(state, states[step.from]!);
      for (const operation of visible[step.from]!) seen.add(operation);
    } else if (step.kind === "delete") {
      list.apply(state, list.mutators.delete(state, replicas[step.at]!, step.index));
      const deleted = before.slice(step.index, step.index + 1);
      seen.add({ inserted: [], deleted, between: "", sees });
    } else {
      const index = Math.min(step.index, before.length);
      const inserted = Array.from({ length: step.count }, (_, place) => `${number}.${place}`);
      list.apply(state, list.mutators.insert(state, replicas[step.at]!, index, ...inserted));
      expect(shown(state)).toEqual(before.toSpliced(index, 0, ...inserted));
      const between = `${before[index - 1] ?? "begin"} ${before[index] ?? "end"}`;
      seen.add({ inserted, deleted: [], between, sees });
    }
    look(shown(state), seen);
  }
};

test("all that anybody ever sees fits into one order, and an insertion is where it was put", () => {
  fc.assert(
    fc.property(steps, (taken) => {
      const followers: Followers = new Map();
      play(taken, (elements, visible) => {
        expect(elements.toSorted()).toEqual(presentIn(visible));
        note(followers, elements);
      });
      expect(isOrder(followers)).toBe(true);
    }),
    { numRuns: 1_000 },
  );
});

test("what two insert at one place at once is not interleaved", () => {
  let pairCount = 0;

  fc.assert(
    fc.property(steps, (taken) => {
      play(taken, (elements, visible) => {
        for (const left of visible) {
          for (const right of visible) {
            if (!arePeers(left, right)) continue;
            pairCount += 1;
            expect(areMixed(elements, left, right)).toBe(false);
          }
        }
      });
    }),
    { numRuns: 3_000 },
  );

  expect(pairCount).toBeGreaterThan(1_000);
});
