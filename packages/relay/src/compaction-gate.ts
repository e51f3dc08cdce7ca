/**
 * How many spaces are compacted at once. A compaction holds all entries that it merges, and one worker merges them one after the other: were thousands of
 * spaces read beforehand, as when a peer that all had waited for comes back, their entries would fill the memory and wait there.
 */
import { startProcessTimer, type StartTimer } from "./timer.ts";

/** One is merged, and the next ones are read meanwhile. */
const COMPACTING_MAX = 4;
/** One that takes longer goes on, and is counted no more: it may wait for a newcomer that reads slowly, and holds one document then. */
const COMPACTING_MS = 5000;
/** Whether a compaction has ended is seen by looking, while others wait. */
const LOOK_MS = 10;

/** A space, in the eyes of the gate. */
interface CompactingSpace {
  /** False once its compaction is over, or the space is closed. */
  readonly isCompacting: boolean;
}

/** Lets some in at a time, in the order in which they came; one that took too long waits anew before its next question. */
export interface CompactionGate {
  /** Calls `begin` at once where the space is in already or there is room, else when it is its turn; never, if it is not compacting any more by then. */
  enter(space: CompactingSpace, begin: () => void): void;
}

/** A gate with nobody in it. */
export const createCompactionGate = (
  startTimer: StartTimer = startProcessTimer,
): CompactionGate => {
  /** With what stops the timer of each. */
  const inside = new Map<CompactingSpace, () => void>();
  const waiting: { readonly space: CompactingSpace; readonly begin: () => void }[] = [];
  let isLooking = false;

  const look = (): void => {
    for (const space of inside.keys()) if (!space.isCompacting) leave(space);
    while (waiting.length > 0 && inside.size < COMPACTING_MAX) letIn();
    if (waiting.length === 0 || isLooking) return;
    isLooking = true;
    startTimer(() => {
      isLooking = false;
      look();
    }, LOOK_MS);
  };

  const leave = (space: CompactingSpace): void => {
    inside.get(space)?.();
    inside.delete(space);
  };

  const letIn = (): void => {
    const next = waiting.shift();
    if (next === undefined || !next.space.isCompacting) return;
    const { space, begin } = next;
    inside.set(
      space,
      startTimer(() => leave(space), COMPACTING_MS),
    );
    begin();
  };

  return {
    enter: (space, begin) => {
      if (inside.has(space)) return begin();
      waiting.push({ space, begin });
      if (!isLooking) look();
    },
  };
};
