/** The plain checker: every order of every choice of operations, one after the other, without memory or cleverness. */
import type { Operation } from "@syncline/simulator/judges";
import type { ConcreteObject } from "./concrete-objects.ts";

/** Whether some order explains what was answered; exponential. */
export const isExplained = <State, Input, Output>(
  operations: readonly Operation<Input, Output>[],
  object: ConcreteObject<State, Input, Output>,
): boolean => {
  const goesOn = (state: State, open: readonly Operation<Input, Output>[]): boolean => {
    if (open.every(({ outcome }) => outcome.kind !== "returned")) return true;
    return open
      .filter((operation) => !open.some((other) => precedes(other, operation)))
      .some((operation) =>
        object
          .endings(state, operation.input)
          .filter(({ output }) => isAnswer(operation, output))
          .some((ending) =>
            goesOn(
              ending.state,
              open.filter((other) => other !== operation),
            ),
          ),
      );
  };
  return goesOn(
    object.initial,
    operations.filter(({ outcome }) => outcome.kind !== "failed"),
  );
};

const precedes = (left: Operation, right: Operation): boolean =>
  left.outcome.kind === "returned" && left.outcome.time < right.callTime;

/** An answer may say less than the object did. */
const isAnswer = ({ outcome }: Operation, output: unknown): boolean => {
  if (outcome.kind !== "returned") return true;
  const said = outcome.output;
  if (typeof said !== "object" || said === null) return said === output;
  return Object.entries(said).every(
    ([name, value]) => (output as Readonly<Record<string, unknown>>)[name] === value,
  );
};
