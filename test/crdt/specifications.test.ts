/**
 * The value at every replica after every step of random histories is what the type's specification says of the changes visible there. (In the style of
 * Antidote's property tests.)
 */
import { boundedCounter } from "@syncline/crdt";
import fc from "fast-check";
import { expect, test } from "vitest";
import { deltaOfChange, nestedSubjects, replicas, subjects, type Tried } from "./changes.ts";
import { causalSteps, type Step } from "./histories.ts";
import { type Operation, shown, specifications, type Visible } from "./specifications.ts";

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
      const operation = { replica, change: step.change, sees: new Set(seen), isRefused };
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
  const subject = [...subjects, ...nestedSubjects].find(({ type }) => type.name === name)!;
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
