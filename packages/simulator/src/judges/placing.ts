/** Which operations have their place already, and which may come next: the part of the search that knows no model. */
import { canonicalText } from "./models/json.ts";
import type { Task } from "./search.ts";

/** What is placed so far. Known operations are counted by the order of their calls, optional ones in groups of the same. */
export interface Placing {
  readonly knownLeft: number;
  /** The known tasks that may come next, and the time after which nothing called may: when the first of those still open returned. */
  next(): { readonly tasks: readonly number[]; readonly barrierTime: number };
  /** Whether every optional one overwrites what an optional one did just before. */
  readonly isAllOverwriting: boolean;
  /** The next member of each group of optional ones that was called by then; without those that overwrite what an optional one did just before. */
  nextOptional(
    barrierTime: number,
    isAfterOptional: boolean,
  ): readonly { readonly task: number; readonly group: number }[];
  place(task: number, group: number): void;
  unplace(task: number, group: number): void;
  /** Equal for equal sets of placed tasks only. Its length grows with how far what is placed lies from the first that is not. */
  key(): string;
}

/** Nothing is placed. `overwrites` is the model's, of a task. */
export const createPlacing = <Input, Output>(
  tasks: readonly Task<Input, Output>[],
  overwrites: (task: number) => boolean,
): Placing => {
  const known = createKnown(tasks);
  const optional = createOptional(tasks, overwrites);
  return {
    get knownLeft() {
      return known.left();
    },
    next: known.next,
    isAllOverwriting: optional.isAllOverwriting,
    nextOptional: optional.next,
    place: (task, group) => (group < 0 ? known.place(task) : optional.count(group, 1)),
    unplace: (task, group) => (group < 0 ? known.unplace(task) : optional.count(group, -1)),
    key: () => `${known.key()};${optional.key()}`,
  };
};

/** How many bits of the set are in one character of a key. */
const BITS_PER_CHARACTER = 15;

/** The known tasks in the order of their calls, as a ring of links in which position 0 is both ends (Knuth 2000: what is taken out of it can be put back). */
const createKnown = <Input, Output>(tasks: readonly Task<Input, Output>[]) => {
  const inOrder = [...tasks.keys()].filter((task) => tasks[task]?.isOptional === false);
  inOrder.sort((left, right) => callTimeOf(tasks, left) - callTimeOf(tasks, right));
  const count = inOrder.length;
  // Plain arrays: most searches are of a few operations, and a typed array costs more to make than those take.
  const positionOf: number[] = [];
  const calls: number[] = [0];
  const returns: number[] = [0];
  const after: number[] = [count === 0 ? 0 : 1];
  const before: number[] = [count];
  const isPlaced: number[] = [0];
  for (const [index, task] of inOrder.entries()) {
    const position = index + 1;
    positionOf[task] = position;
    calls.push(callTimeOf(tasks, task));
    returns.push(tasks[task]?.returnTime ?? 0);
    after.push(position === count ? 0 : position + 1);
    before.push(index);
    isPlaced.push(0);
  }
  const following = (position: number): number => after[position] ?? 0;
  const preceding = (position: number): number => before[position] ?? 0;
  let left = count;
  // No position above it is placed. It is lowered lazily, when a key is made.
  let highest = 0;
  return {
    left: () => left,
    next: () => {
      const ready: number[] = [];
      let barrierTime = Infinity;
      for (let position = following(0); position !== 0; position = following(position)) {
        if ((calls[position] ?? 0) > barrierTime) break;
        barrierTime = Math.min(barrierTime, returns[position] ?? 0);
        ready.push(inOrder[position - 1] ?? 0);
      }
      return { tasks: ready, barrierTime };
    },
    place: (task: number) => {
      const position = positionOf[task] ?? 0;
      after[preceding(position)] = following(position);
      before[following(position)] = preceding(position);
      isPlaced[position] = 1;
      highest = Math.max(highest, position);
      left -= 1;
    },
    unplace: (task: number) => {
      const position = positionOf[task] ?? 0;
      after[preceding(position)] = position;
      before[following(position)] = position;
      isPlaced[position] = 0;
      left += 1;
    },
    key: () => {
      while (highest > 0 && isPlaced[highest] === 0) highest -= 1;
      const first = following(0);
      let text = `${first}:`;
      for (let from = first + 1; first !== 0 && from <= highest; from += BITS_PER_CHARACTER) {
        let bits = 0;
        for (let offset = 0; offset < BITS_PER_CHARACTER; offset += 1) {
          bits |= (isPlaced[from + offset] ?? 0) << offset;
        }
        text += String.fromCharCode(bits);
      }
      return text;
    },
  };
};

const callTimeOf = <Input, Output>(tasks: readonly Task<Input, Output>[], task: number): number =>
  tasks[task]?.callTime ?? 0;

/** Optional tasks, those of the same input and output in one group by the order of their calls: in every order two of them could change places. */
const createOptional = <Input, Output>(
  tasks: readonly Task<Input, Output>[],
  overwrites: (task: number) => boolean,
) => {
  const groupByText = new Map<string, number[]>();
  for (const [task, { isOptional, input, output }] of tasks.entries()) {
    if (!isOptional) continue;
    const text = `${canonicalText(input)} ${output === undefined ? "" : canonicalText(output)}`;
    const group = groupByText.get(text) ?? [];
    group.push(task);
    groupByText.set(text, group);
  }
  const groups = [...groupByText.values()];
  for (const group of groups) {
    group.sort((left, right) => callTimeOf(tasks, left) - callTimeOf(tasks, right));
  }
  const placedCounts = groups.map(() => 0);
  /** The groups of which something is placed, in order: keys are made often, and mostly few groups are in use. */
  const used: number[] = [];
  const isOverwriting = groups.map(([task]) => task !== undefined && overwrites(task));
  return {
    isAllOverwriting: isOverwriting.every((isOne) => isOne),
    next: (barrierTime: number, isAfterOptional: boolean) => {
      const ready: { readonly task: number; readonly group: number }[] = [];
      for (const [group, members] of groups.entries()) {
        if (isAfterOptional && isOverwriting[group] === true) continue;
        const task = members[placedCounts[group] ?? 0];
        const isReady = task !== undefined && callTimeOf(tasks, task) <= barrierTime;
        if (isReady) ready.push({ task, group });
      }
      return ready;
    },
    count: (group: number, change: 1 | -1) => {
      const before = placedCounts[group] ?? 0;
      placedCounts[group] = before + change;
      if (before === 0) used.splice(placeOf(used, group), 0, group);
      if (before + change === 0) used.splice(placeOf(used, group), 1);
    },
    key: () => {
      let text = "";
      for (const group of used) text += `${group}x${placedCounts[group]},`;
      return text;
    },
  };
};

/** Where a number is in an ascending list, or would have to be put. */
const placeOf = (sorted: readonly number[], number: number): number => {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? Infinity) < number) low = middle + 1;
    else high = middle;
  }
  return low;
};
