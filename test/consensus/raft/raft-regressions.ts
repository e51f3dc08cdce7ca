/**
 * Seeds that failed on the way, each with what was wrong. A seed stands for its story only as long as nothing draws otherwise, which it has since the first
 * two; so what was mended in the machine has a test of its own, too.
 */

/** A seed, and a sentence on what it found. */
export interface RaftRegression {
  readonly seed: number;
  /** Where the mistake was. */
  readonly in: "raft" | "world";
  readonly was: string;
}

/** In the order in which they were found. */
export const raftRegressions: readonly RaftRegression[] = [
  {
    seed: 20,
    in: "world",
    was: "the last look at the disks came while what had been committed was on its way to one of them",
  },
  {
    seed: 3,
    in: "world",
    was: "the oracle took the time of the step before for the present one, and a lease that was over for one that held",
  },
  {
    seed: 174,
    in: "world",
    was: "two blows at the same time took the ends of the logs of three disks of five, each asked whether that was allowed before the other had fallen",
  },
  {
    seed: 179,
    in: "raft",
    was: "a learner that others counted on as a voter was ahead of them all, gave nobody its vote and called no election, so with one voter away there was no leader any more (raft-standing-in.test.ts)",
  },
  {
    seed: 148,
    in: "raft",
    was: "a node that had come to a later term by somebody's answer voted there while a leader of the term before could count on it and read by its lease (raft-lease.test.ts)",
  },
  {
    seed: 228,
    in: "world",
    was: "clients asked again before anybody could have answered, and more came to the log than a window of one small message carries away",
  },
  {
    seed: 104,
    in: "world",
    was: "with that patience a client that had asked a node in trouble waited for longer than it may last until all are served",
  },
  {
    seed: 1640,
    in: "world",
    was: "a cluster of one was to be cut off from some of its others",
  },
];
