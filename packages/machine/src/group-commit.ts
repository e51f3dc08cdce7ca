/** Many appends, one flush: while one write is under way, everything that comes in waits together for the next. */
import { assert } from "./assert.ts";

/** Collects appends of any number of machines for one disk. */
export interface GroupCommit<Item> {
  /**
   * Asks for the items to be made durable; `done(null)` comes once they are, perhaps before this returns. Answers come in the order of the calls.
   *
   * No items are a barrier: answered once all before are, without a write if nothing else waits. `done` must not throw.
   */
  append(items: readonly Item[], done: (error: Error | null) => void): void;
  /** Appends that were not answered yet. */
  readonly pendingCount: number;
}

/**
 * A group commit in front of `write`, which makes a list of items durable, all or none, and calls back once.
 *
 * At most one write is under way. No timer delays the first append: an idle disk is used at once, a busy one gathers what came in meanwhile,
 * so the group grows by itself with the load. After a failed write (one that throws has failed, too) every append fails with the same error
 * and `write` is never called again.
 *
 * `groupItemsMax` (10,000) bounds a group, so that one write does not take for ever; an append is never split, so a larger one goes alone.
 * `defer` says when an idle disk begins: at once by default; at the end of the event loop's turn, what else comes in that turn goes along.
 */
export const createGroupCommit = <Item>(
  write: (items: readonly Item[], done: (error: Error | null) => void) => void,
  options: {
    readonly groupItemsMax?: number;
    readonly defer?: (begin: () => void) => void;
  } = {},
): GroupCommit<Item> => {
  const state: GroupCommitState<Item> = {
    write,
    groupItemsMax: options.groupItemsMax ?? 10_000,
    defer: options.defer ?? ((begin) => begin()),
    isDeferred: false,
    waiting: [],
    underWay: null,
    answers: [],
    pendingCount: 0,
    failure: null,
    isWriting: false,
    isAnswering: false,
  };
  return {
    append: (items, done) => {
      state.pendingCount += 1;
      const isIdle = state.underWay === null && state.waiting.length === 0;
      state.waiting.push({ items, done });
      if (isIdle && items.length > 0) return begin(state);
      if (state.isDeferred) return;
      writeOn(state);
      answer(state);
    },
    get pendingCount() {
      return state.pendingCount;
    },
  };
};

interface Waiting<Item> {
  readonly items: readonly Item[];
  readonly done: (error: Error | null) => void;
}

interface GroupCommitState<Item> {
  readonly write: (items: readonly Item[], done: (error: Error | null) => void) => void;
  readonly groupItemsMax: number;
  readonly defer: (begin: () => void) => void;
  /** The first of a group waits for company. */
  isDeferred: boolean;
  waiting: Waiting<Item>[];
  underWay: readonly Waiting<Item>[] | null;
  /** Appends of which the outcome is known, in order. */
  readonly answers: { readonly one: Waiting<Item>; readonly error: Error | null }[];
  pendingCount: number;
  failure: Error | null;
  isWriting: boolean;
  isAnswering: boolean;
}

const begin = <Item>(state: GroupCommitState<Item>): void => {
  state.isDeferred = true;
  state.defer(() => {
    state.isDeferred = false;
    writeOn(state);
    answer(state);
  });
};

/** Begins the next write, if none is under way. A loop, since a `write` may call back before it returns, any number of times in a row. */
const writeOn = <Item>(state: GroupCommitState<Item>): void => {
  if (state.isWriting) return;
  state.isWriting = true;
  try {
    while (state.underWay === null && state.waiting.length > 0) {
      if (state.failure === null) writeGroup(state, takeGroup(state));
      else settle(state, state.waiting.splice(0), state.failure);
    }
  } finally {
    state.isWriting = false;
  }
};

const takeGroup = <Item>(state: GroupCommitState<Item>): readonly Waiting<Item>[] => {
  const { waiting } = state;
  let itemCount = 0;
  let count = 0;
  for (const one of waiting) {
    itemCount += one.items.length;
    if (itemCount > state.groupItemsMax && count > 0) return waiting.splice(0, count);
    count += 1;
  }
  state.waiting = [];
  return waiting;
};

const writeGroup = <Item>(state: GroupCommitState<Item>, group: readonly Waiting<Item>[]): void => {
  const items = group.length === 1 ? (group[0]?.items ?? []) : group.flatMap((one) => one.items);
  state.underWay = group;
  if (items.length === 0) return settle(state, group, null);
  const whenWritten = (error: Error | null): void => {
    assert(state.underWay === group, "a write was answered twice");
    settle(state, group, error);
    // The next write starts before the answers: what they cause then gathers behind it, instead of going to the disk one by one.
    writeOn(state);
    answer(state);
  };
  try {
    state.write(items, whenWritten);
  } catch (error) {
    if (state.underWay !== group) throw error;
    settle(state, group, error instanceof Error ? error : new Error(String(error)));
  }
};

const settle = <Item>(
  state: GroupCommitState<Item>,
  group: readonly Waiting<Item>[],
  error: Error | null,
): void => {
  state.underWay = null;
  state.failure = error;
  for (const one of group) state.answers.push({ one, error });
};

/** Passes outcomes on, one after the other: what is appended or written by an answer is answered after it. */
const answer = <Item>(state: GroupCommitState<Item>): void => {
  if (state.isAnswering || state.isWriting) return;
  state.isAnswering = true;
  try {
    for (let next = state.answers.shift(); next !== undefined; next = state.answers.shift()) {
      state.pendingCount -= 1;
      next.one.done(next.error);
    }
  } finally {
    state.isAnswering = false;
  }
};
