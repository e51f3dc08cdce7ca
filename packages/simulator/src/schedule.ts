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

/**
 * A binary heap whose least is at 0, as three columns. Times and places in the order stand in arrays of plain numbers: in objects each time would be
 * one more object, and each comparison a walk to two of them. Every event of a world comes through here.
 */
interface Heap {
  atMs: Float64Array;
  order: Float64Array;
  readonly runs: (() => void)[];
  count: number;
}

/** Time from 0, with nothing to do. */
export const createSchedule = (): Schedule => {
  const heap: Heap = {
    atMs: new Float64Array(64),
    order: new Float64Array(64),
    runs: [],
    count: 0,
  };
  let nowMs = 0;
  let order = 0;
  return {
    get nowMs() {
      return nowMs;
    },
    at: (atMs, run) => {
      push(heap, Math.max(atMs, nowMs), order, run);
      order += 1;
    },
    next: (untilMs) => {
      const atMs = heap.atMs[0] ?? 0;
      const run = heap.runs[0];
      if (run === undefined || atMs > untilMs) {
        nowMs = Math.max(nowMs, untilMs);
        return false;
      }
      pop(heap);
      nowMs = atMs;
      run();
      return true;
    },
  };
};

const push = (heap: Heap, atMs: number, order: number, run: () => void): void => {
  if (heap.count === heap.atMs.length) grow(heap);
  let index = heap.count;
  heap.count += 1;
  while (index > 0) {
    const above = (index - 1) >> 1;
    if (isBefore(heap, above, atMs, order)) break;
    move(heap, above, index);
    index = above;
  }
  put(heap, index, atMs, order, run);
};

const pop = (heap: Heap): void => {
  heap.count -= 1;
  const { count } = heap;
  const atMs = heap.atMs[count] ?? 0;
  const order = heap.order[count] ?? 0;
  const run = heap.runs.pop();
  if (run === undefined || count === 0) return;
  let index = 0;
  for (let below = 1; below < count; below = 2 * index + 1) {
    const right = below + 1;
    if (right < count && isBefore(heap, right, heap.atMs[below] ?? 0, heap.order[below] ?? 0)) {
      below = right;
    }
    if (!isBefore(heap, below, atMs, order)) break;
    move(heap, below, index);
    index = below;
  }
  put(heap, index, atMs, order, run);
};

/** Whether what stands at this index comes before what is due at this time in this place of the order. */
const isBefore = (heap: Heap, index: number, atMs: number, order: number): boolean => {
  const itsMs = heap.atMs[index] ?? 0;
  return itsMs < atMs || (itsMs === atMs && (heap.order[index] ?? 0) < order);
};

const put = (heap: Heap, index: number, atMs: number, order: number, run: () => void): void => {
  heap.atMs[index] = atMs;
  heap.order[index] = order;
  heap.runs[index] = run;
};

const move = (heap: Heap, from: number, to: number): void => {
  heap.atMs[to] = heap.atMs[from] ?? 0;
  heap.order[to] = heap.order[from] ?? 0;
  const run = heap.runs[from];
  if (run !== undefined) heap.runs[to] = run;
};

const grow = (heap: Heap): void => {
  for (const column of ["atMs", "order"] as const) {
    const wider = new Float64Array(heap[column].length * 2);
    wider.set(heap[column]);
    heap[column] = wider;
  }
};
