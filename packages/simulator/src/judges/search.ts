/**
 * Whether operations on one object can be put in an order that its model allows and that respects real time.
 *
 * The search of Wing and Gong (1993, §4) with the memory of Lowe (2017, §3: a set of operations already placed, with the state that they led
 * to, is tried once), without recursion. Lowe and Horn/Kroening (2015) search one call and return list; here operations of known and of unknown
 * outcome are apart, since the latter need never be placed at all:
 *
 * - Success is that every known operation has its place.
 * - An unknown one is placed only where nothing else can go on, and never where the next operation could as well have done without it:
 *   of many lost writes to a register, those that nobody read cost nothing.
 * - Unknown ones with the same input are interchangeable, and are placed in the order of their calls.
 * - A known operation that leaves the state as it was is placed as soon as it can be, and nothing else is tried there.
 */
import { assert } from "@syncline/machine";
import type { Model } from "./models/model.ts";
import { createPlacing, type Placing } from "./placing.ts";

/** An operation as the search sees it. */
export interface Task<Input, Output> {
  /** -Infinity where it may have been called at any time. */
  readonly callTime: number;
  /** Infinity for an unknown outcome. It is before another only if it returned at a smaller time than that was called: at equal times neither is first. */
  readonly returnTime: number;
  readonly input: Input;
  readonly output: Output | undefined;
  /** Whether it need not be placed: it has an unknown outcome, or is only there in case it is needed. Its return then bounds nothing. */
  readonly isOptional: boolean;
}

/** How much a search may cost; shared by searches that are given the same object. */
export interface Budget {
  /** How many transitions of the model may still be tried; goes down. */
  stepsLeft: number;
  /** How many bytes one search's memory may take, about. */
  readonly memoryBytesMax: number;
}

/** What a search found; `order` has the places of tasks in the list that was given, unknown ones only where they were needed. */
export type SearchResult =
  | { readonly kind: "possible"; readonly order: readonly number[] }
  | { readonly kind: "impossible" }
  | { readonly kind: "undecided"; readonly reason: string };

/** One decision: what could come next, what was tried, and how to take it back. */
interface Frame<State> {
  readonly states: readonly State[];
  /** The states before the operation that led here, if that was an unknown one. */
  readonly statesBefore: readonly State[] | null;
  /** Known operations first; unknown ones are added when those are used up. */
  readonly choices: Choice<State>[];
  choiceIndex: number;
  hasAllChoices: boolean;
  /** The latest time at which something called may still come next. */
  readonly barrierTime: number;
}

interface Choice<State> {
  readonly task: number;
  /** The group of an unknown operation, -1 for a known one. */
  readonly group: number;
  readonly states: readonly State[];
}

/** An entry of the memory costs about this much beside its text, and so does a choice that is still open. */
const ENTRY_BYTES = 100;

/** Looks for an order. Time is exponential in how many operations overlap, in the worst case; the budget bounds it. */
export const searchOrder = <State, Input, Output>(
  tasks: readonly Task<Input, Output>[],
  model: Model<State, Input, Output>,
  { initial, budget }: { readonly initial: State; readonly budget: Budget },
): SearchResult => {
  const search: Search<State, Input, Output> = {
    tasks,
    model,
    budget,
    placing: createPlacing(tasks, (task) => model.overwrites(taskAt(tasks, task).input)),
  };
  const memory = createMemory(search);
  const order: number[] = [];
  const first = frameOf(search, [initial], null);
  const stack: Frame<State>[] = [first];
  let choiceCount = first.choices.length;
  while (search.placing.knownLeft > 0) {
    if (budget.stepsLeft < 0) return undecided("the search takes too many steps");
    if (memory.isFull(choiceCount)) return undecided("the search takes too much memory");
    const frame = stack.at(-1);
    if (frame === undefined) return { kind: "impossible" };
    choiceCount -= frame.choices.length;
    const choice = nextChoice(search, frame);
    if (choice === undefined) {
      stack.pop();
      const taken = stack.at(-1)?.choices[(stack.at(-1)?.choiceIndex ?? 0) - 1];
      if (taken !== undefined) search.placing.unplace(taken.task, taken.group);
      order.pop();
      continue;
    }
    choiceCount += frame.choices.length;
    search.placing.place(choice.task, choice.group);
    if (!memory.isNew(choice.states)) {
      search.placing.unplace(choice.task, choice.group);
      continue;
    }
    order.push(choice.task);
    const next = frameOf(search, choice.states, choice.group >= 0 ? frame.states : null);
    choiceCount += next.choices.length;
    stack.push(next);
  }
  return { kind: "possible", order };
};

const undecided = (reason: string): SearchResult => ({ kind: "undecided", reason });

interface Search<State, Input, Output> {
  readonly tasks: readonly Task<Input, Output>[];
  readonly model: Model<State, Input, Output>;
  readonly budget: Budget;
  readonly placing: Placing;
}

/** What was tried: sets of placed operations, with the states that they led to. */
const createMemory = <State, Input, Output>({
  model,
  placing,
  budget,
}: Search<State, Input, Output>): {
  readonly isNew: (states: readonly State[]) => boolean;
  readonly isFull: (choiceCount: number) => boolean;
} => {
  const tried = new Set<string>();
  let sizeBytes = 0;
  return {
    isNew: (states) => {
      const key = `${placing.key()};${keyOfStates(model, states)}`;
      if (tried.has(key)) return false;
      tried.add(key);
      sizeBytes += ENTRY_BYTES + 2 * key.length;
      return true;
    },
    isFull: (choiceCount) => sizeBytes + ENTRY_BYTES * choiceCount > budget.memoryBytesMax,
  };
};

/** The decision at this point: the known operations that could come next, or the one that may as well come at once. */
const frameOf = <State, Input, Output>(
  search: Search<State, Input, Output>,
  states: readonly State[],
  statesBefore: readonly State[] | null,
): Frame<State> => {
  const { model, placing, tasks } = search;
  const { tasks: ready, barrierTime } = placing.next();
  const frame = { states, statesBefore, barrierTime, choiceIndex: 0 };
  const choices: Choice<State>[] = [];
  for (const task of ready) {
    const after = statesAfter(search, frame, task);
    if (after.length === 0) continue;
    const { input, output } = taskAt(tasks, task);
    const choice = { task, group: -1, states: after };
    // Whatever comes later, a reading does not change it. That it leaves this state as it is would not be enough: a write of the value that
    // is there leaves it, too, and may be needed later.
    const mayComeAtOnce = model.isReading(input, output) && isEqual(model, states, after);
    if (mayComeAtOnce) return { ...frame, choices: [choice], hasAllChoices: true };
    choices.push(choice);
  }
  return { ...frame, choices, hasAllChoices: false };
};

const nextChoice = <State, Input, Output>(
  search: Search<State, Input, Output>,
  frame: Frame<State>,
): Choice<State> | undefined => {
  if (frame.choiceIndex === frame.choices.length && !frame.hasAllChoices) {
    frame.hasAllChoices = true;
    frame.choices.push(...optionalChoices(search, frame));
  }
  frame.choiceIndex += 1;
  return frame.choices[frame.choiceIndex - 1];
};

/** The operations of unknown outcome that would change something here; first those after which a known one can come. */
const optionalChoices = <State, Input, Output>(
  search: Search<State, Input, Output>,
  frame: Frame<State>,
): readonly Choice<State>[] => {
  const { model, placing } = search;
  const { tasks: ready } = placing.next();
  const helpful: Choice<State>[] = [];
  const others: Choice<State>[] = [];
  const isAfterOptional = frame.statesBefore !== null;
  for (const { task, group } of placing.nextOptional(frame.barrierTime, isAfterOptional)) {
    const states = statesAfter(search, frame, task);
    if (states.length === 0 || isEqual(model, frame.states, states)) continue;
    const isHelpful = ready.some((known) => stepAll(search, states, known).length > 0);
    (isHelpful ? helpful : others).push({ task, group, states });
  }
  // Where no optional operation can build on another, one after which no known one can come leads nowhere.
  return placing.isAllOverwriting ? helpful : [...helpful, ...others];
};

/**
 * All states after the operation; none if it cannot come here, or need not: if an unknown operation came just before, and this one leads to nothing
 * that it would not lead to without that, the order without it is tried instead.
 */
const statesAfter = <State, Input, Output>(
  search: Search<State, Input, Output>,
  { states, statesBefore }: Pick<Frame<State>, "states" | "statesBefore">,
  task: number,
): readonly State[] => {
  const after = stepAll(search, states, task);
  if (after.length === 0 || statesBefore === null) return after;
  const afterWithout = stepAll(search, statesBefore, task);
  const isIdle = after.every((state) =>
    afterWithout.some((larger) => search.model.contains(larger, state)),
  );
  return isIdle ? [] : after;
};

const stepAll = <State, Input, Output>(
  { model, tasks, budget }: Search<State, Input, Output>,
  states: readonly State[],
  task: number,
): readonly State[] => {
  const { input, output } = taskAt(tasks, task);
  budget.stepsLeft -= states.length;
  const [only] = states;
  const after =
    states.length === 1 && only !== undefined
      ? model.step(only, input, output)
      : states.flatMap((state) => model.step(state, input, output));
  return after.length <= 1 ? after : withoutContained(model, after);
};

/** One of each, and none that another one stands for. */
const withoutContained = <State, Input, Output>(
  model: Model<State, Input, Output>,
  states: readonly State[],
): readonly State[] => {
  const stateByKey = new Map(states.map((state) => [model.keyOf(state), state]));
  const different = [...stateByKey.values()];
  return different.filter(
    (state) => !different.some((other) => other !== state && model.contains(other, state)),
  );
};

const isEqual = <State, Input, Output>(
  model: Model<State, Input, Output>,
  left: readonly State[],
  right: readonly State[],
): boolean =>
  left.length === right.length && keyOfStates(model, left) === keyOfStates(model, right);

const keyOfStates = <State, Input, Output>(
  model: Model<State, Input, Output>,
  states: readonly State[],
): string => {
  const [only] = states;
  if (states.length === 1 && only !== undefined) return model.keyOf(only);
  return states
    .map((state) => model.keyOf(state))
    .sort()
    .join("\n");
};

const taskAt = <Input, Output>(
  tasks: readonly Task<Input, Output>[],
  index: number,
): Task<Input, Output> => {
  const task = tasks[index];
  assert(task !== undefined, "a place in the order is that of a task");
  return task;
};
