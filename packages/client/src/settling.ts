/** The promises of `settled`: each waits until own batches up to a number have come to a level. */
import type { SyncError } from "@syncline/machine";
import type { Level } from "@syncline/quorum";
import { type WaitOptions, waitable } from "./waiting.ts";

/** Up to which of the edge's own numbers each level is reached, and how many there are. */
export type LevelNumbers = Readonly<Record<Level | "submitted", number>>;

/** Nothing was submitted. */
export const noNumbers: LevelNumbers = { submitted: 0, local: 0, relay: 0, quorum: 0, all: 0 };

/** All who wait. */
export interface Settling {
  /** Resolves once `level` has reached the number; at once if it has. */
  wait(level: Level, number: number, options: WaitOptions): Promise<void>;
  /** The levels have moved. */
  moved(numbers: LevelNumbers): void;
  /**
   * The batch of this number is replaced by another, whose number is not known yet: whoever waits for it waits on, and from the call of what is returned
   * for that number.
   */
  replaced(number: number): (newNumber: number) => void;
  /** The batch of this number will never come to any level. */
  refused(number: number, error: SyncError): void;
  /** Nothing more will come to any level. */
  ended(error: SyncError): void;
}

interface Waiter {
  readonly level: Level;
  number: number;
  resolve(): void;
  reject(error: SyncError): void;
}

/** Nobody waits. */
export const createSettling = (): Settling => {
  const waiters = new Set<Waiter>();
  let reached = noNumbers;

  const rejectThose = (isMeant: (waiter: Waiter) => boolean, error: SyncError): void => {
    for (const waiter of [...waiters].filter(isMeant)) waiter.reject(error);
  };

  return {
    wait: async (level, number, options) => {
      if (reached[level] >= number) return;
      await waitable((resolve, reject) => {
        const waiter: Waiter = { level, number, resolve, reject };
        waiters.add(waiter);
        return () => waiters.delete(waiter);
      }, options);
    },
    moved: (numbers) => {
      reached = numbers;
      for (const waiter of waiters) {
        if (numbers[waiter.level] >= waiter.number) waiter.resolve();
      }
    },
    replaced: (number) => {
      const those = [...waiters].filter((waiter) => waiter.number >= number);
      for (const waiter of those) waiter.number = Number.POSITIVE_INFINITY;
      return (newNumber) => {
        for (const waiter of those) {
          waiter.number = newNumber;
          if (reached[waiter.level] >= newNumber) waiter.resolve();
        }
      };
    },
    refused: (number, error) => {
      rejectThose((waiter) => waiter.number >= number, error);
    },
    ended: (error) => {
      rejectThose(() => true, error);
    },
  };
};
