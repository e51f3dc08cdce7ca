/** The port behind which the outbox is kept. */
import type { EdgeRecord } from "@syncline/gossip";

/** Keeps the records of one space's edge. */
export interface Journal {
  /** Keeps the records, all or none, and calls `done(null)` once they are safe. Calls are answered in their order. */
  append(records: readonly EdgeRecord[], done: (error: Error | null) => void): void;
}

/** A journal that keeps nothing: the edge itself has the batches in memory, and they are lost with the process. */
export const createMemoryJournal = (): Journal => ({
  append: (_records, done) => {
    done(null);
  },
});
