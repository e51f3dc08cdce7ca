/** Plots about what is known and not on a disk yet, and about a disk that is an old copy of itself. */
import type { Random } from "@syncline/machine";
import { documents } from "./items.ts";
import {
  edit,
  editAnything,
  fate,
  move,
  type Plot,
  type Plotting,
  restart,
  slowDisk,
} from "./plot.ts";

/** An edge comes back while its batch is on the way to its home's disk. */
const backBeforeTheFlush: Plotting = {
  homeCountMin: 1,
  edgeCountMin: 1,
  tell: ({ homes: [home = ""], edges: [edge = ""] }, random, atMs) => ({
    homeLimits: {},
    untilMs: atMs + 3000,
    happenings: [
      move(0, edge, home),
      // With a vector it is welcomed at once, and not after a reading.
      ...editAnything(edge, random, [atMs - 700, atMs]),
      slowDisk(atMs - 5, home, 2000, 2000),
      fate({ atMs: atMs + random.integer(100, 400), kind: "break", one: edge, other: home }),
    ],
  }),
};

/** Edits come faster than a device can store them, and it loses power in the midst. */
const editsBeforeTheyAreStored: Plotting = {
  homeCountMin: 1,
  edgeCountMin: 1,
  tell: ({ edges: [edge = ""] }, random, atMs) => ({
    homeLimits: {},
    untilMs: atMs + 3000,
    happenings: [
      slowDisk(atMs - 5, edge, 200, 3000),
      ...editAnything(edge, random, [atMs, atMs + 20, atMs + 100, atMs + 400]),
      restart(atMs + random.integer(600, 2000), edge),
      ...editAnything(edge, random, [atMs + 2500]),
    ],
  }),
};

/** Somebody who has seen nothing comes to a home that has what is settled only in memory. */
const readingBehindASlowDisk: Plotting = {
  homeCountMin: 3,
  edgeCountMin: 2,
  tell: ({ homes: [home = "", slow = ""], edges: [author = "", reader = ""] }, random, atMs) => ({
    homeLimits: {},
    untilMs: atMs + 3000,
    happenings: [
      move(0, reader, null),
      move(0, author, home),
      slowDisk(atMs - 5, slow, 2000, 2000),
      ...editAnything(author, random, [atMs, atMs + 30, atMs + 60]),
      move(atMs + random.integer(200, 700), reader, slow),
    ],
  }),
};

/** The truce before a roll-back, which then comes. */
const TRUCE_MS = 5000;

/** What is made of a roll-back: who is rolled back, for how long it is down, and when its edge is back and edits. */
interface RollBack {
  readonly home: string;
  readonly edge: string;
  readonly forMs: number;
  readonly isSlowlyRead: boolean;
  /** After the home is back. */
  readonly editsMs: readonly number[];
}

/** A home is rolled back to before what its edge made there last, and the edge is back as soon as the home is. */
const rollBack = (
  { home, edge, forMs, isSlowlyRead, editsMs }: RollBack,
  random: Random,
  atMs: number,
): Plot => {
  const lostMs = atMs + 1500 + TRUCE_MS;
  const backMs = lostMs + forMs;
  return {
    // It is spared where a home opens before others can have told it.
    homeLimits: { readWaitMs: 2000, pageBytesMax: 1, compactAfterEntries: 1000 },
    untilMs: backMs + 5000,
    happenings: [
      move(0, edge, home),
      ...editAnything(edge, random, [atMs]),
      fate({ atMs: atMs + 500, kind: "back-up", node: home }),
      edit(atMs + 600, edge, random.pick(documents), 12),
      fate({ atMs: atMs + 1500, kind: "roll-back", node: home, forMs, isSlowlyRead }),
      move(lostMs - 800, edge, null),
      ...editAnything(edge, random, [lostMs - 600]),
      move(backMs - random.integer(20, 100), edge, home),
      ...editAnything(
        edge,
        random,
        editsMs.map((afterMs) => backMs + afterMs),
      ),
    ],
  };
};

/** The others can say at once that they know more, and show it so slowly that the home opens before it has all of it. */
const rolledBackAndReadSlowly: Plotting = {
  homeCountMin: 2,
  edgeCountMin: 1,
  tell: ({ homes: [home = ""], edges: [edge = ""] }, random, atMs) => {
    const editsMs = [2200, 2700, 3200, 4000];
    const forMs = random.integer(10, 300);
    return rollBack({ home, edge, forMs, isSlowlyRead: true, editsMs }, random, atMs);
  },
};

/** The edge is quicker than they are: homes dial those that stand behind them, and wait longer after each attempt. */
const rolledBackAndMetFirst: Plotting = {
  homeCountMin: 2,
  edgeCountMin: 1,
  tell: ({ homes, edges: [edge = ""] }, random, atMs) => {
    const [home = ""] = homes.toSorted().toReversed();
    const forMs = random.integer(300, 500);
    const editsMs = [0, 50, 100];
    return rollBack({ home, edge, forMs, isSlowlyRead: false, editsMs }, random, atMs);
  },
};

/**
 * Nobody speaks to a home that is alone, and that would rest: while its disk writes, while it brings somebody forward, and while somebody does not keep up.
 * Then there is one word, and another silence.
 */
const silences: Plotting = {
  homeCountMin: 1,
  edgeCountMin: 2,
  isOnlyAlone: true,
  tell: ({ homes: [home = ""], edges: [author = "", reader = ""] }, random, atMs) => {
    const slowMs = atMs + 500;
    const behindMs = atMs + 5000;
    const perMessageMs = 100;
    return {
      homeLimits: { pageBytesMax: 1, compactAfterEntries: random.pick([10, 1000]) },
      setup: { homeNames: [home], restAfterMs: random.pick([10, 100]) },
      untilMs: behindMs + 5000,
      happenings: [
        move(0, author, home),
        move(0, reader, null),
        edit(atMs, author, "x", 12),
        slowDisk(slowMs, home, 300, 3000),
        move(slowMs + random.integer(0, 1000), reader, home),
        ...editAnything(
          author,
          random,
          [10, 300, 600, 1000, 1500, 2000, 2500].map((afterMs) => slowMs + afterMs),
        ),
        fate({
          atMs: behindMs,
          kind: "slow-reader",
          node: reader,
          from: home,
          perMessageMs,
          forMs: 4000,
        }),
        ...editAnything(
          author,
          random,
          Array.from({ length: 60 }, (_, index) => behindMs + 10 * index),
        ),
        ...editAnything(author, random, [behindMs + 1000, behindMs + 1500]),
      ],
    };
  },
};

/** All of them. */
export const diskPlots: readonly Plotting[] = [
  backBeforeTheFlush,
  editsBeforeTheyAreStored,
  readingBehindASlowDisk,
  rolledBackAndReadSlowly,
  rolledBackAndMetFirst,
  silences,
];
