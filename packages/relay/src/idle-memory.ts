/**
 * Memory that a busy minute has grown, given back to the system once the process has little to do.
 *
 * V8 keeps what it has: a young generation of 32 MB, and pages of which a tenth is used. Forbidding it to grow costs a third more processor time when it
 * is busy (`--max-semi-space-size=2`), and saving always (`--optimize-for-size`) more than twice as much. A collection that also gives back costs a
 * pause, so it is done when nobody waits.
 */
import { performance } from "node:perf_hooks";
import { getHeapStatistics } from "node:v8";

/** When memory is given back. */
export interface IdleMemoryOptions {
  /** How often the process looks at itself; it is idle after two looks in a row that found it so. 1,000 ms by default. */
  readonly lookMs?: number;
  /** The share of its time that an idle process works, at most: 0.1 by default. */
  readonly workShareMax?: number;
  /** How much the heap, and memory outside that belongs to it, must have grown since the last time: 4 MiB by default. Less is not worth a pause. */
  readonly grownBytesMin?: number;
  /** Collects garbage and gives memory back. Default: by V8's own debugging protocol, which has the only such call. */
  readonly collect?: () => Promise<void>;
}

const QUIET_LOOKS = 2;

/**
 * Watches over this process, and returns what ends the watch. Holds no process alive.
 *
 * A collection stops everything, for some 50 ms with a heap of 50 MB; it is not done again before the heap has grown anew.
 */
export const giveBackWhenIdle = (options: IdleMemoryOptions = {}): (() => void) => {
  const { lookMs = 1000, workShareMax = 0.1, grownBytesMin = 4 * 1024 * 1024 } = options;
  const collect = options.collect ?? collectWithInspector;
  let before = performance.eventLoopUtilization();
  let quietLooks = 0;
  let heldBytes = heapBytes();
  let isCollecting = false;

  const finish = (): void => {
    isCollecting = false;
    heldBytes = heapBytes();
    before = performance.eventLoopUtilization();
  };

  const timer = setInterval(() => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    quietLooks = utilization <= workShareMax ? quietLooks + 1 : 0;
    // What was given back by others meanwhile is not growth.
    heldBytes = Math.min(heldBytes, heapBytes());
    if (isCollecting || quietLooks < QUIET_LOOKS || heapBytes() - heldBytes < grownBytesMin) return;
    isCollecting = true;
    collect().then(finish, finish);
  }, lookMs);
  timer.unref();
  return () => clearInterval(timer);
};

const heapBytes = (): number => {
  const { total_heap_size: heap, external_memory: external } = getHeapStatistics();
  return heap + external;
};

/** `gc()` would leave the young generation as large as it is, and pages half empty. Where Node was built without an inspector nothing happens. */
const collectWithInspector = async (): Promise<void> => {
  const { Session } = await import("node:inspector");
  const session = new Session();
  session.connect();
  await new Promise<void>((resolve) => {
    session.post("HeapProfiler.collectGarbage", () => resolve());
  });
  // Not in the answer itself: the session waits there for its own end.
  await new Promise((resolve) => setImmediate(resolve));
  session.disconnect();
};
