/** The levels of certainty of a write, and the counts that they stand for. */
import { SyncError } from "@syncline/machine";

/** How far a write has come, weakest first. `all` is more than `quorum`: on the disk of every home. */
export const levels = ["local", "relay", "quorum", "all"] as const;

/** One of the levels. */
export type Level = (typeof levels)[number];

/** Whether `reached` is at least `wanted`. */
export const isAtLeast = (reached: Level, wanted: Level): boolean =>
  levels.indexOf(reached) >= levels.indexOf(wanted);

/** How many homes a space has, and how many of them a write (W) and a first reading (R) need. */
export interface Quorums {
  readonly homeCount: number;
  readonly writeQuorum: number;
  readonly readQuorum: number;
}

/**
 * The quorums of N homes: W as asked for or a majority, R as asked for or the smallest that meets every W (R = N − W + 1).
 *
 * Throws `BAD_CONFIG` for counts that are not whole numbers from 1 to N. R + W ≤ N is allowed, since readers of a space are told how many homes were heard, but
 * then a first reading may miss what was acknowledged (Gifford 1979).
 */
export const quorumsOf = (
  homeCount: number,
  wanted: { readonly writeQuorum?: number; readonly readQuorum?: number } = {},
): Quorums => {
  if (!Number.isSafeInteger(homeCount) || homeCount < 1) {
    throw new SyncError("BAD_CONFIG", `a space needs at least one home: ${homeCount}`);
  }
  const writeQuorum = wanted.writeQuorum ?? Math.floor(homeCount / 2) + 1;
  const readQuorum = wanted.readQuorum ?? homeCount - writeQuorum + 1;
  for (const [name, count] of Object.entries({ writeQuorum, readQuorum })) {
    if (!Number.isInteger(count) || count < 1 || count > homeCount) {
      throw new SyncError("BAD_CONFIG", `${name} must be from 1 to ${homeCount}: ${count}`);
    }
  }
  return { homeCount, writeQuorum, readQuorum };
};
