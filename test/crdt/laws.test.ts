/** The laws that make a type a CRDT, for every type alike. (Almeida et al. 2018, §4; Enes et al. 2019, §III.) */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { deltaOfChange, replicas, subjects, type Subject, type Tried } from "./changes.ts";
import { looseSteps, play, statesOf } from "./histories.ts";

/** Enough for each property to find each planted bug; all types together take seconds. */
const runs = { numRuns: 120 };

const bytesOf = (type: Tried, state: unknown): string =>
  Array.from(type.encode(state), (byte) => byte.toString(16).padStart(2, "0")).join("");

const copyOf = (type: Tried, state: unknown): unknown => type.join(state, type.bottom());

const check = <Sample>(samples: fc.Arbitrary<Sample>, law: (sample: Sample) => void): void => {
  fc.assert(
    fc.property(samples, (sample) => {
      law(sample);
    }),
    runs,
  );
};

describe.each(subjects.map((subject) => [subject.type.name, subject] as const))(
  "%s",
  (_name, subject: Subject) => {
    const { type } = subject;
    const same = (left: unknown, right: unknown): void => {
      expect(bytesOf(type, left)).toBe(bytesOf(type, right));
      expect(type.value(left)).toEqual(type.value(right));
    };

    test("joins in any grouping, order and number", () => {
      check(statesOf(subject), ([a, b, c]) => {
        same(type.join(type.join(a, b), c), type.join(a, type.join(b, c)));
        same(type.join(a, b), type.join(b, a));
        same(type.join(a, a), a);
        same(type.join(a, type.bottom()), a);
      });
      expect.hasAssertions();
    });

    test("applies in place what it joins to a copy", () => {
      check(statesOf(subject), ([a, b]) => {
        const [before, other] = [bytesOf(type, a), bytesOf(type, b)];
        const moved = copyOf(type, a);

        const isChanged = type.apply(moved, b);

        same(moved, type.join(a, b));
        expect(isChanged).toBe(bytesOf(type, moved) !== before);
        expect([bytesOf(type, a), bytesOf(type, b)]).toEqual([before, other]);
      });
    });

    test("keeps up what it shows while deltas come in", () => {
      check(statesOf(subject), ([a, b, c]) => {
        const watched = copyOf(type, a);
        for (const delta of [b, c]) {
          type.value(watched);
          type.apply(watched, delta);
        }

        const fresh = type.decode(type.encode(watched));

        expect(type.value(watched)).toEqual(type.value(fresh));
      });
    });

    test("is ordered as its join says", () => {
      check(statesOf(subject), ([a, b]) => {
        const isBelow = bytesOf(type, type.join(a, b)) === bytesOf(type, b);

        expect(type.leq(a, b)).toBe(isBelow);
        expect(type.leq(a, type.join(a, b))).toBe(true);
        expect(type.isBottom(a)).toBe(bytesOf(type, a) === bytesOf(type, type.bottom()));
      });
    });

    test("gives deltas that make the change, and only move up", () => {
      check(fc.tuple(statesOf(subject), subject.changes), ([[a], change]) => {
        const before = bytesOf(type, a);
        const delta = deltaOfChange(type, a, replicas[0]!, change);
        expect(bytesOf(type, a)).toBe(before);
        const changed = type.join(a, delta);

        expect(type.leq(a, changed)).toBe(true);
        expect(type.leq(delta, changed)).toBe(true);
        same(type.join(changed, delta), changed);
      });
    });

    test("comes to the same end by deltas lost, doubled, reordered and grouped as by states", () => {
      check(fc.tuple(looseSteps(subject), fc.infiniteStream(fc.nat())), ([steps, random]) => {
        const { states, deltas } = play(type, steps);
        const byStates = states.reduce((joined, state) => type.join(joined, state), type.bottom());
        const draws = random[Symbol.iterator]();
        const draw = (): number => draws.next().value as number;
        const doubled = [...deltas, ...deltas.filter(() => draw() % 3 === 0)];
        const shuffled = doubled
          .map((delta) => ({ delta, rank: draw() }))
          .toSorted((left, right) => left.rank - right.rank);
        const groups: unknown[] = [type.bottom()];
        for (const { delta } of shuffled) {
          if (draw() % 2 === 0) groups.push(copyOf(type, delta));
          else type.apply(groups.at(-1), delta);
        }

        const byDeltas = groups.reduce((joined, group) => type.join(joined, group), type.bottom());

        same(byDeltas, byStates);
      });
      expect.hasAssertions();
    });

    test("decomposes into parts that join back, and none of which is superfluous", () => {
      check(statesOf(subject), ([a]) => {
        const parts = [...type.decompose(a)];

        const joined = parts.reduce((sum, part) => type.join(sum, part), type.bottom());

        same(joined, a);
        for (const [left] of parts.entries()) {
          const others = parts.filter((_, index) => index !== left);
          const rest = others.reduce((sum, part) => type.join(sum, part), type.bottom());
          expect(bytesOf(type, rest)).not.toBe(bytesOf(type, a));
          const own = [...type.decompose(parts[left])];
          expect(own.map((part) => bytesOf(type, part))).toEqual([bytesOf(type, parts[left])]);
        }
      });
    });

    test("finds the least difference", () => {
      check(statesOf(subject), ([a, b]) => {
        const delta = type.delta(a, b);

        same(type.join(b, delta), type.join(b, a));
        for (const part of type.decompose(delta)) {
          expect(type.leq(part, a)).toBe(true);
          expect(type.leq(part, b)).toBe(false);
        }
        expect(type.isBottom(type.delta(a, a))).toBe(true);
        expect(type.isBottom(type.delta(a, type.join(a, b)))).toBe(true);
      });
    });

    test("has one spelling for each state", () => {
      check(statesOf(subject), ([a, b]) => {
        const bytes = type.encode(a);
        const read = type.decode(bytes);
        const isSame = type.leq(a, b) && type.leq(b, a);

        expect(read).not.toBeNull();
        same(read, a);
        expect(bytesOf(type, a) === bytesOf(type, b)).toBe(isSame);
        expect(type.stats(a).bytes).toBe(bytes.length);
      });
    });

    test("is used in these tests", () => {
      const values = new Set<string>();
      check(statesOf(subject), ([a]) => values.add(bytesOf(type, a)));

      expect(values.size).toBeGreaterThan(5);
    });
  },
);
