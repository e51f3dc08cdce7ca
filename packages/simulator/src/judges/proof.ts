/**
 * Finds, in operations that cannot be put in order, the few that prove it.
 *
 * Leaving an operation out proves nothing: without its write, a good read looks like one of a value from nowhere. So every step here only ever
 * lets an operation do more than it might have done. What cannot be put in order even then could not before, and what is left is a proof whatever
 * the others did. In turn:
 *
 * 1. The end is cut off, at the first return by which it has already happened: what was called later is left out, and what returned later is
 *    of unknown outcome.
 * 2. The beginning is cut off, as late as possible: what had returned by then is replaced by "the object may have been in any state".
 * 3. Readings are left out, and other operations made loose (they may come at any time, or not at all), in ever smaller groups, as in delta debugging
 *    (Zeller and Hildebrandt 2002, §3).
 * 4. The third step is tried without the second, too: a few operations that prove it whatever came before are better.
 */
import type { Operation } from "./history.ts";
import type { Model } from "./models/model.ts";
import { type Budget, searchOrder, type Task } from "./search.ts";

/** What proves that operations cannot be put in order. */
export interface Proof<Input, Output> {
  /** By time of call. */
  readonly operations: readonly Operation<Input, Output>[];
  /** The one with which it had happened: of those in the proof, the last to return. */
  readonly culprit: Operation<Input, Output>;
  /** What had returned before this time is not in it, and is only known to have come before; null if the proof needs no such thing. */
  readonly sinceTime: number | null;
  /** Whether none of them can be spared; false where finding out would have cost too much. */
  readonly isMinimal: boolean;
}

/** A proof of no more than so many operations is not given up for a shorter one that takes as given what came before. */
const FEW = 4;

/** What one attempt may cost. */
const ATTEMPT_STEPS_MAX = 250_000;
const ATTEMPT_MEMORY_BYTES_MAX = 32 * 1024 * 1024;

/** An operation on its way into the proof. */
interface Suspect<Input, Output> {
  readonly operation: Operation<Input, Output>;
  readonly task: Task<Input, Output>;
  /** Kept as it was, or as good as not there. */
  readonly isLoose: boolean;
}

interface Attempts<State, Input, Output> {
  readonly model: Model<State, Input, Output>;
  /** How many steps all the attempts to come may take; goes down. */
  stepsLeft: number;
  /** Whether an attempt was given up. */
  isCut: boolean;
}

/** The proof for operations on one object, of which it is known that they cannot be put in order; found in about `stepsMax` steps of the model. */
export const proofOf = <State, Input, Output>(
  operations: readonly Operation<Input, Output>[],
  model: Model<State, Input, Output>,
  stepsMax: number,
): Proof<Input, Output> => {
  const all = operations.map((operation) => ({
    operation,
    task: taskOf(operation),
    isLoose: false,
  }));
  const attempts = { model, stepsLeft: Math.floor(stepsMax / 2), isCut: false };
  const begun = withoutEnd(all, attempts);
  const { suspects, initial, sinceTime } = withoutBeginning(begun, attempts);
  const late = proofFrom(withoutTheRest(suspects, initial, attempts), attempts, sinceTime);
  if (sinceTime === null) return late;
  // A proof that takes nothing as given is better, if it is as short.
  const again = { model, stepsLeft: Math.floor(stepsMax / 8), isCut: false };
  const whole = proofFrom(withoutTheRest(begun, model.initial, again), again, null);
  const isBetter =
    whole.isMinimal && whole.operations.length <= Math.max(late.operations.length, FEW);
  return isBetter ? whole : late;
};

const proofFrom = <State, Input, Output>(
  suspects: readonly Suspect<Input, Output>[],
  { isCut }: Attempts<State, Input, Output>,
  sinceTime: number | null,
): Proof<Input, Output> => {
  const operations = suspects
    .filter(({ isLoose }) => !isLoose)
    .map(({ operation }) => operation)
    .sort((left, right) => left.callTime - right.callTime);
  return { operations, culprit: lastToReturn(operations), sinceTime, isMinimal: !isCut };
};

/** The operation as the search takes it. One that failed is none: leave it out before. */
export const taskOf = <Input, Output>({
  callTime,
  input,
  outcome,
}: Operation<Input, Output>): Task<Input, Output> =>
  outcome.kind === "returned"
    ? { callTime, returnTime: outcome.time, input, output: outcome.output, isOptional: false }
    : { callTime, returnTime: Infinity, input, output: undefined, isOptional: true };

const isImpossible = <State, Input, Output>(
  suspects: readonly Suspect<Input, Output>[],
  initial: State,
  attempts: Attempts<State, Input, Output>,
): boolean => {
  const stepsMax = Math.min(ATTEMPT_STEPS_MAX, attempts.stepsLeft);
  if (stepsMax <= 0) {
    attempts.isCut = true;
    return false;
  }
  const budget: Budget = { stepsLeft: stepsMax, memoryBytesMax: ATTEMPT_MEMORY_BYTES_MAX };
  const tasks = suspects.map(({ task }) => task);
  const { kind } = searchOrder(tasks, attempts.model, { initial, budget });
  attempts.stepsLeft -= stepsMax - budget.stepsLeft;
  if (kind === "undecided") attempts.isCut = true;
  return kind === "impossible";
};

const withoutEnd = <State, Input, Output>(
  suspects: readonly Suspect<Input, Output>[],
  attempts: Attempts<State, Input, Output>,
): readonly Suspect<Input, Output>[] => {
  const until = (time: number): readonly Suspect<Input, Output>[] =>
    suspects
      .filter(({ task }) => task.callTime <= time)
      .map((suspect) =>
        suspect.task.returnTime <= time ? suspect : { ...suspect, task: unanswered(suspect.task) },
      );
  const times = returnTimesOf(suspects);
  const end = firstWhere(times.length, (index) =>
    isImpossible(until(times[index] ?? 0), attempts.model.initial, attempts),
  );
  return end === times.length ? suspects : until(times[end] ?? 0);
};

const unanswered = <Input, Output>(task: Task<Input, Output>): Task<Input, Output> => ({
  ...task,
  returnTime: Infinity,
  output: undefined,
  isOptional: true,
});

const withoutBeginning = <State, Input, Output>(
  suspects: readonly Suspect<Input, Output>[],
  attempts: Attempts<State, Input, Output>,
): {
  readonly suspects: readonly Suspect<Input, Output>[];
  readonly initial: State;
  readonly sinceTime: number | null;
} => {
  const { initial, anything } = attempts.model;
  // What was under way may belong to either side: it may have come before, unseen, or come later with its answer.
  const since = (time: number): readonly Suspect<Input, Output>[] =>
    suspects
      .filter(({ task }) => task.returnTime >= time)
      .map((suspect) =>
        suspect.task.callTime >= time
          ? suspect
          : { ...suspect, isLoose: true, task: { ...suspect.task, isOptional: true } },
      );
  const times = [...new Set(suspects.map(({ task }) => task.callTime))].sort(ascending).reverse();
  const from = firstWhere(times.length, (index) =>
    isImpossible(since(times[index] ?? 0), anything, attempts),
  );
  const sinceTime = times[from];
  return sinceTime === undefined
    ? { suspects, initial, sinceTime: null }
    : { suspects: since(sinceTime), initial: anything, sinceTime };
};

/** Goes over those that are kept in groups, from halves down to single ones, until not one more can be spared. */
const withoutTheRest = <State, Input, Output>(
  suspects: readonly Suspect<Input, Output>[],
  initial: State,
  attempts: Attempts<State, Input, Output>,
): readonly Suspect<Input, Output>[] => {
  let present = suspects;
  const kept = (): readonly Suspect<Input, Output>[] => present.filter(({ isLoose }) => !isLoose);
  let size = Math.max(1, Math.floor(kept().length / 2));
  for (;;) {
    let isSmaller = false;
    const all = kept();
    for (let from = 0; from < all.length && attempts.stepsLeft > 0; from += size) {
      const spared = new Set(all.slice(from, from + size));
      const fewer = loosened(present, spared, attempts.model);
      if (!isImpossible(fewer, initial, attempts)) continue;
      present = fewer;
      isSmaller = true;
    }
    if (size === 1 && !isSmaller) return present;
    if (attempts.stepsLeft <= 0) {
      attempts.isCut = true;
      return present;
    }
    size = Math.max(1, Math.floor(size / 2));
  }
};

const loosened = <State, Input, Output>(
  suspects: readonly Suspect<Input, Output>[],
  spared: ReadonlySet<Suspect<Input, Output>>,
  model: Model<State, Input, Output>,
): readonly Suspect<Input, Output>[] =>
  suspects.flatMap((suspect) => {
    if (!spared.has(suspect)) return [suspect];
    const { input, output } = suspect.task;
    if (model.isReading(input, output)) return [];
    const task = { ...suspect.task, callTime: -Infinity, returnTime: Infinity, isOptional: true };
    return [{ ...suspect, task, isLoose: true }];
  });

const returnTimesOf = <Input, Output>(
  suspects: readonly Suspect<Input, Output>[],
): readonly number[] =>
  [...new Set(suspects.map(({ task }) => task.returnTime))]
    .filter((time) => time < Infinity)
    .sort(ascending);

/** The first index at which the claim holds, if it holds from there on; `count` if it holds nowhere. */
const firstWhere = (count: number, holds: (index: number) => boolean): number => {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
};

const lastToReturn = <Input, Output>(
  operations: readonly Operation<Input, Output>[],
): Operation<Input, Output> =>
  operations.reduce((last, operation) => (returnOf(operation) > returnOf(last) ? operation : last));

const returnOf = ({ outcome }: Operation): number =>
  outcome.kind === "returned" ? outcome.time : -Infinity;

const ascending = (left: number, right: number): number => left - right;
