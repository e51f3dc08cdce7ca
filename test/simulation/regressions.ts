/**
 * Runs that failed on the way, each with what was wrong: seeds, which stand for their faults as long as nothing draws otherwise (so they are told without the
 * plots that came later), and shortened stories, which do not depend on that. What a bug of gossip needs is kept as its smallest exchange, too, in `test/gossip/*regressions.test.ts`.
 */
import type { Happening, Story } from "./gossip-run.ts";
import { move, restart, retire } from "./plot.ts";

/** A seed, and a sentence on what it found. */
export interface Regression {
  readonly seed: number;
  /** Where the mistake was. */
  readonly in: "gossip" | "world";
  readonly was: string;
  /** Told with its plot; without, if it does not say so. */
  readonly hasPlot?: true;
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
    seed: 31_446,
    in: "gossip",
    was: "a home that put off passing batches on, until all that shared a flush were known, passed them to an edge that had just become congested",
  },
  {
    seed: 35_934,
    in: "world",
    was: "bits had turned on two disks, unnoticed, and a batch was then called settled that was on these two and on no other",
  },
  {
    seed: 10,
    in: "gossip",
    was: "an edge's presence waited once more for each new edit, so that a farewell went before the last cursor and the client was seen for ever",
  },
  {
    seed: 20,
    in: "gossip",
    was: "the same at a home, whose presence waited once more for whatever else was on its way to the disk",
  },
  {
    seed: 243,
    in: "gossip",
    was: "presence that waited for a slow disk was passed on although the link that it came by had ended",
  },
  {
    seed: 3327,
    in: "world",
    was: "an edge showed itself while its process was paused: that waited, and went after what it showed under a later number when it was welcomed",
  },
  {
    seed: 4195,
    in: "world",
    was: "the same at one of five homes, so that only edges which came later saw the older state",
  },
  {
    seed: 8138,
    in: "world",
    was: "the same, with two other homes that lost their disks meanwhile",
  },
  {
    seed: 8882,
    in: "world",
    was: "the same at an edge that was paused while it changed homes",
  },
  {
    seed: 98_595,
    in: "world",
    was: "a crash that waited for its moment fell into the truce around a roll-back, so that the one of two homes which knew more was down when the other began",
  },
  {
    seed: 81_042,
    in: "gossip",
    hasPlot: true,
    was: "an edge that restarted took whole documents for ordinary batches, so that what all of them stand for was called settled when the first of them was",
  },
  {
    seed: 87_049,
    in: "gossip",
    hasPlot: true,
    was: "an edge forgot what it had been shown when that was on every disk, at a place that its vector did not cover, and did not notice when every disk was lost",
  },
  {
    seed: 89_685,
    in: "gossip",
    was: "a fold waited for ever for a batch that had been on one disk alone, since that disk was lost after it had said that it had the proposal",
  },
];

const wipe = (atMs: number, node: string, forMs: number): Happening => ({
  by: "fate",
  fault: { atMs, kind: "wipe", node, forMs },
});

/** Seed 13,355 made short: three disks were lost one after the other, each while the one before counted as whole because its process was still down. */
export const threeDisksLost: Story = {
  setup: {
    seed: 13_355,
    homeNames: ["a", "b", "c"],
    edgeNames: ["e0", "e1"],
    isCoded: false,
    delays: { minMs: 0.5, meanMs: 10.5, shape: "exponential" },
    failingCompactions: 0,
    restAfterMs: null,
    homeLimits: {},
    edgeLimits: {},
  },
  forMs: 2000,
  happenings: [
    { by: "people", deed: { atMs: 212, kind: "edit", edge: "e1", document: "x", count: 1 } },
    wipe(863, "b", 12_005),
    restart(1136, "e1"),
    wipe(1171, "a", 91),
    restart(1258, "e0"),
    wipe(1272, "c", 4018),
  ],
};

/**
 * The home that proposes folds lost its disk while the other had its proposal in memory only, was told what was on that disk, and proposed another fold for
 * the same epoch. Found by a plot, in 5 of 60 stories.
 */
export const twoProposals: Story = {
  setup: { ...threeDisksLost.setup, homeNames: ["a", "b"] },
  forMs: 6000,
  happenings: [
    move(0, "e1", null),
    { by: "fate", fault: { atMs: 1050, kind: "slow-disk", node: "b", times: 4000, forMs: 3000 } },
    retire(1100, "e0", "x", 60),
    move(1290, "e0", null),
    wipe(1300, "a", 10),
    move(1600, "e1", "a"),
    retire(2000, "e1", "x", 40),
  ],
};

/** Seed 703 made short: a client was shown a proposal of folds that came to no other disk before the proposer's was lost, and kept it, with all that came after it, for good. */
export const proposalLost: Story = {
  setup: { ...threeDisksLost.setup, homeNames: ["a", "b"] },
  forMs: 6000,
  happenings: [
    move(0, "e0", "a"),
    move(0, "e1", "b"),
    { by: "fate", fault: { atMs: 600, kind: "failed-flush", node: "b" } },
    retire(1000, "e0", "x", 60),
    wipe(1150, "a", 27),
  ],
};
