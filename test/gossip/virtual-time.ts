/** Time that moves only when everything due has been done: no test waits for a clock. */

/** A queue of things to do, each at a time; at equal times in the order in which they were asked for. */
export interface VirtualTime {
  readonly nowMs: number;
  /** Does this `delayMs` from now. */
  after(delayMs: number, run: () => void): void;
  /** Does everything due up to `untilMs`, in order. */
  runUntil(untilMs: number): void;
}

interface Due {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** Time from 0. */
export const createVirtualTime = (): VirtualTime => {
  const heap: Due[] = [];
  let nowMs = 0;
  let order = 0;
  return {
    get nowMs() {
      return nowMs;
    },
    after: (delayMs, run) => {
      push(heap, { atMs: nowMs + Math.max(0, delayMs), order, run });
      order += 1;
    },
    runUntil: (untilMs) => {
      for (let due = heap[0]; due !== undefined && due.atMs <= untilMs; due = heap[0]) {
        pop(heap);
        nowMs = due.atMs;
        due.run();
      }
      nowMs = untilMs;
    },
  };
};

const isBefore = (left: Due, right: Due): boolean =>
  left.atMs < right.atMs || (left.atMs === right.atMs && left.order < right.order);

const push = (heap: Due[], due: Due): void => {
  let index = heap.length;
  heap.push(due);
  while (index > 0) {
    const above = (index - 1) >> 1;
    const parent = heap[above]!;
    if (isBefore(parent, due)) break;
    heap[index] = parent;
    index = above;
  }
  heap[index] = due;
};

const pop = (heap: Due[]): void => {
  const last = heap.pop()!;
  if (heap.length === 0) return;
  let index = 0;
  for (;;) {
    let below = 2 * index + 1;
    if (below >= heap.length) break;
    if (below + 1 < heap.length && isBefore(heap[below + 1]!, heap[below]!)) below += 1;
    if (isBefore(last, heap[below]!)) break;
    heap[index] = heap[below]!;
    index = below;
  }
  heap[index] = last;
};
