/**
 * Seeds that failed on the way, each with what was wrong. A seed stands for its faults only as long as nothing draws otherwise; what a bug of a
 * protocol needs is kept beside it as its smallest exchange, in `test/gossip/regressions.test.ts`.
 */

/** A seed, and a sentence on what it found. */
export interface Regression {
  readonly seed: number;
  /** Where the mistake was. */
  readonly in: "gossip" | "world";
  readonly was: string;
}

/** In the order in which they were found. */
export const regressions: readonly Regression[] = [
  {
    seed: 30,
    in: "world",
    was: "slow-downs of one disk multiplied, so that a flush under way took minutes after everything had been made whole",
  },
  {
    seed: 107,
    in: "world",
    was: "the same at a home of three, which looked as if it never caught up with the others",
  },
  {
    seed: 17,
    in: "world",
    was: "the oracle read the disk as a home does, and met damage before the home did",
  },
  {
    seed: 3,
    in: "world",
    was: "an edge that lost power came back without what it had made itself, which no home shows it again",
  },
  {
    seed: 1046,
    in: "world",
    was: "the oracle kept its view of a disk that had been restored, because a bit on it had turned meanwhile",
  },
  {
    seed: 13_355,
    in: "world",
    was: "three disks were lost one after the other, each while the one before counted as whole because its process was still down",
  },
];
