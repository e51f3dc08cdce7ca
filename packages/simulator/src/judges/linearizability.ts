/**
 * Whether a history is linearizable: whether every operation could have taken effect at one moment between its call and its return
 * (Herlihy and Wing, "Linearizability: a correctness condition for concurrent objects", TOPLAS 1990).
 */
import type { Operation } from "./history.ts";
import type { Model } from "./models/model.ts";
import { proofOf, taskOf } from "./proof.ts";
import { type Budget, searchOrder } from "./search.ts";
import { createViolationList, type Verdict } from "./verdict.ts";
import { violationOf } from "./words.ts";
import { judgeZones } from "./zones.ts";

/** What a judgement may cost. At a limit the verdict is `undecided`, unless a violation was found elsewhere. */
export interface LinearizabilityLimits {
  /**
   * How many transitions of the model are tried, over all keys; 20,000,000 unless said, which takes some ten seconds. Each key has an equal share of what
   * those before it left.
   */
  readonly stepsMax?: number;
  /** About how many bytes the search of one key remembers; 256 MiB unless said. It is given back before the next key. */
  readonly memoryBytesMax?: number;
  /** How many transitions may be tried to make each proof small; 1,000,000 unless said. With 0 it is all operations of the key. */
  readonly proofStepsMax?: number;
}

/**
 * Judges the operations, each key by itself: a history is linearizable if that of each object is (Herlihy and Wing 1990, §3.3).
 *
 * Registers in which no value was written twice are judged by their zones, in near-linear time; everything else by search. Operations
 * that failed are left out, those of unknown outcome may have taken effect at any time after their call, or never. Of anything that JSON can have, what
 * is not of the model is answered with `undecided`, and nothing makes the judge throw.
 */
export const judgeLinearizability = <State, Input, Output>(
  operations: readonly Operation[],
  model: Model<State, Input, Output>,
  {
    stepsMax = 20_000_000,
    memoryBytesMax = 256 * 1024 * 1024,
    proofStepsMax = 1_000_000,
  }: LinearizabilityLimits = {},
): Verdict => {
  const guarantee = "linearizability";
  const judged: Operation<Input, Output>[] = [];
  for (const [index, operation] of operations.entries()) {
    if (operation.outcome.kind === "failed") continue;
    if (!isOperationOf(operation, model)) {
      const reason = `operation ${index + 1} is none of a ${model.name}: ${excerptOf(operation)}`;
      return { kind: "undecided", guarantee, reason };
    }
    judged.push(operation);
  }
  const list = createViolationList(guarantee);
  let stepsLeft = stepsMax;
  let reason: string | null = null;
  let isViolated = false;
  const keys = byKey(judged);
  for (const [index, [key, ofKey]] of keys.entries()) {
    const share = Math.ceil(stepsLeft / (keys.length - index));
    const budget: Budget = { stepsLeft: share, memoryBytesMax };
    const found = judgeKey(ofKey, model, budget);
    stepsLeft -= share - budget.stepsLeft;
    if (found.kind === "undecided") reason ??= `${found.reason}, at key ${key}`;
    if (found.kind !== "impossible") continue;
    // Every violation is counted; only those that are shown are worth a proof.
    isViolated = true;
    list.add(() => violationOf(key, proofOf(found.among, model, proofStepsMax), model));
  }
  if (!isViolated && reason !== null) return { kind: "undecided", guarantee, reason };
  return list.verdict(judged.length);
};

type KeyResult<Input, Output> =
  | { readonly kind: "possible" }
  /** `among` cannot be put in order, whatever the others did. */
  | { readonly kind: "impossible"; readonly among: readonly Operation<Input, Output>[] }
  | { readonly kind: "undecided"; readonly reason: string };

const judgeKey = <State, Input, Output>(
  operations: readonly Operation<Input, Output>[],
  model: Model<State, Input, Output>,
  budget: Budget,
): KeyResult<Input, Output> => {
  const tasks = operations.map(taskOf);
  const zones = model.asRegister === undefined ? null : judgeZones(tasks, model.asRegister);
  if (zones?.kind === "possible") return zones;
  if (zones?.kind === "impossible") {
    const { tasks: decisive } = zones;
    return { kind: "impossible", among: operations.filter((_, index) => decisive.includes(index)) };
  }
  const { initial } = model;
  const found = searchOrder(tasks, model, { initial, budget });
  return found.kind === "impossible" ? { kind: "impossible", among: operations } : found;
};

const isOperationOf = <State, Input, Output>(
  operation: Operation,
  model: Model<State, Input, Output>,
): operation is Operation<Input, Output> => {
  const { callTime, input, outcome } = operation;
  if (!Number.isFinite(callTime) || !model.isInput(input)) return false;
  if (outcome.kind !== "returned") return true;
  const isInTime = Number.isFinite(outcome.time) && outcome.time >= callTime;
  return isInTime && model.isOutput(outcome.output);
};

/** The keys in the order of their texts, so that the same operations in another order have the same verdict. */
const byKey = <Input, Output>(
  operations: readonly Operation<Input, Output>[],
): readonly (readonly [string, readonly Operation<Input, Output>[]])[] => {
  const operationsByKey = new Map<string, Operation<Input, Output>[]>();
  for (const operation of operations) {
    const ofKey = operationsByKey.get(operation.key) ?? [];
    ofKey.push(operation);
    operationsByKey.set(operation.key, ofKey);
  }
  return [...operationsByKey].sort(([left], [right]) => (left < right ? -1 : 1));
};

const EXCERPT_LENGTH_MAX = 200;

const excerptOf = (operation: Operation): string =>
  JSON.stringify(operation).slice(0, EXCERPT_LENGTH_MAX);
