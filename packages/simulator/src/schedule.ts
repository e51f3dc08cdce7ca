/** Virtual time: a queue of things to do, which moves the clock only when everything due has been done. */

/** What is to be done, and when. */
export interface Schedule {
  /** The world's time in milliseconds, from 0. */
  readonly nowMs: number;
  /** Does this at a time, or at once if that is over; at equal times in the order in which they were asked for. Cost: log of what waits. */
  at(atMs: number, run: () => void): void;
  /** Does the next thing if it is due by `untilMs`, and returns whether there was one; else time has come to `untilMs`. */
  next(untilMs: number): boolean;
}

interface Due {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** Time from 0, with nothing to do. */
export const createSchedule = (): Schedule => {
  const heap: Due[] = [];
  let nowMs = 0;
  let order = 0;
  return {
    get nowMs() {
      return nowMs;
    },
    at: (atMs, run) => {
      push(heap, { atMs: Math.max(atMs, nowMs), order, run });
      order += 1;
    },
    next: (untilMs) => {
      const due = heap[0];
      if (due === undefined || due.atMs > untilMs) {
        nowMs = Math.max(nowMs, untilMs);
        return false;
      }
      pop(heap);
      nowMs = due.atMs;
      due.run();
      return true;
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
    const parent = heap[above];
    if (parent === undefined || isBefore(parent, due)) break;
    heap[index] = parent;
    index = above;
  }
  heap[index] = due;
};

const pop = (heap: Due[]): void => {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let index = 0;
  for (;;) {
    const left = heap[2 * index + 1];
    const right = heap[2 * index + 2];
    if (left === undefined) break;
    const isRight = right !== undefined && isBefore(right, left);
    const below = isRight ? right : left;
    if (isBefore(last, below)) break;
    heap[index] = below;
    index = 2 * index + (isRight ? 2 : 1);
  }
  heap[index] = last;
};
