/** Puts a proof into a sentence, and its operations into the rows of a timeline. */
import type { Operation } from "./history.ts";
import type { Model } from "./models/model.ts";
import type { Proof } from "./proof.ts";
import type { Evidence, Violation } from "./verdict.ts";

/** How many operations a sentence names beside the culprit, and how many a timeline has; a proof is longer only where making it small was given up. */
const NAMED_MAX = 8;
const EVIDENCE_MAX = 100;

/** Says what proves it: `on x: b read 3 after c's write of 4 had returned`. */
export const violationOf = <State, Input, Output>(
  key: string,
  { operations, culprit, sinceTime, isMinimal }: Proof<Input, Output>,
  model: Model<State, Input, Output>,
): Violation => {
  const others = operations.filter((operation) => operation !== culprit);
  const named = others.slice(-NAMED_MAX);
  const before = named.filter(({ outcome }) => timeOf(outcome) < culprit.callTime);
  const during = named.filter(({ outcome }) => timeOf(outcome) >= culprit.callTime);
  const nounOf = (operation: Operation<Input, Output>): string =>
    `${operation.client === culprit.client ? "its own" : `${operation.client}'s`} ${describe(operation, model).noun}`;
  const sentence = [
    `on ${key}: ${culprit.client} ${describe(culprit, model).did}`,
    before.length > 0 ? ` after ${inOrder(before, nounOf)} had returned` : "",
    during.length > 0
      ? ` while ${during.map(nounOf).join(" and ")} ${during.length > 1 ? "were" : "was"} under way`
      : "",
    others.length > named.length ? `, and ${others.length - named.length} more before` : "",
    others.length === 0 ? ", which no order of the other operations allows" : "",
    sinceTime === null ? "" : `, whatever had returned before time ${sinceTime}`,
    isMinimal ? "" : " (not all of this may be needed)",
  ].join("");
  return {
    sentence,
    evidence: operations
      .slice(-EVIDENCE_MAX)
      .map((operation) => evidenceOf(operation, operation === culprit, model)),
  };
};

const timeOf = (outcome: Operation["outcome"]): number =>
  outcome.kind === "returned" ? outcome.time : Infinity;

/** With "and then" between two of which the second was called only after the first had returned. */
const inOrder = <Input, Output>(
  operations: readonly Operation<Input, Output>[],
  nounOf: (operation: Operation<Input, Output>) => string,
): string => {
  const sorted = [...operations].sort(
    (left, right) => timeOf(left.outcome) - timeOf(right.outcome),
  );
  return sorted
    .map((operation, index) => {
      const previous = sorted[index - 1];
      if (previous === undefined) return nounOf(operation);
      const isLater = timeOf(previous.outcome) < operation.callTime;
      return `${isLater ? " and then " : " and "}${nounOf(operation)}`;
    })
    .join("");
};

const describe = <State, Input, Output>(
  { input, outcome }: Operation<Input, Output>,
  model: Model<State, Input, Output>,
): ReturnType<Model<State, Input, Output>["describe"]> =>
  model.describe(input, outcome.kind === "returned" ? outcome.output : undefined);

const evidenceOf = <State, Input, Output>(
  operation: Operation<Input, Output>,
  isCulprit: boolean,
  model: Model<State, Input, Output>,
): Evidence => ({
  who: operation.client,
  what: describe(operation, model).did,
  fromTime: operation.callTime,
  toTime: operation.outcome.kind === "returned" ? operation.outcome.time : null,
  isCulprit,
});
