/** Plots about homes and edges that are behind, and what changes while they are brought forward. */
import type { Happening } from "./gossip-run.ts";
import { documents } from "./items.ts";
import { clog, edit, editAnything, fate, isolate, move, type Plotting, slowDisk } from "./plot.ts";

/**
 * An edge that has been shown nothing yet makes a batch, which comes to all disks while the edge hears nothing. The next home's welcome tells it so, and it lets
 * go of the batch; but it leaves before it is shown it. So no vector of the edge speaks of the batch when it comes to a home that has lost its disk
 * and can reach nobody, and edits there.
 */
const forgottenBatch: Plotting = {
  homeCountMin: 3,
  edgeCountMin: 1,
  tell: ({ homes, edges: [edge = ""] }, random, atMs) => {
    const [first = "", second = "", wiped = ""] = homes;
    const movedMs = atMs + random.integer(200, 700);
    const leftMs = movedMs + random.integer(300, 900);
    return {
      homeLimits: {},
      untilMs: leftMs + 3500,
      happenings: [
        move(0, edge, first),
        clog(atMs - 1, first, edge, 3000),
        ...editAnything(edge, random, [atMs]),
        slowDisk(movedMs - 20, second, 2000, 2000),
        isolate(
          movedMs - 10,
          wiped,
          homes.filter((home) => home !== wiped),
          6000,
        ),
        fate({ atMs: movedMs, kind: "wipe", node: wiped, forMs: random.integer(10, 100) }),
        move(movedMs, edge, second),
        move(leftMs, edge, wiped),
        ...editAnything(
          edge,
          random,
          [100, 1500, 3000].map((afterMs) => leftMs + afterMs),
        ),
      ],
    };
  },
};

/**
 * A home has no room for all that waits there for one entry. That comes, and is not the last: what was dropped must be fetched before anything that
 * follows on it, and the request for it is stuck.
 */
const floodBeforeItsCause: Plotting = {
  homeCountMin: 3,
  edgeCountMin: 2,
  tell: ({ homes: [flooding = "", asking = "", behind = ""], edges }, random, atMs) => {
    const [asker = "", flooder = ""] = edges;
    const document = random.pick(documents);
    return {
      homeLimits: { waitingBytesMax: 500 },
      untilMs: atMs + 3000,
      happenings: [
        move(0, asker, asking),
        move(0, flooder, flooding),
        clog(atMs - 5, behind, flooding, 2500),
        clog(atMs - 5, asking, behind, random.integer(700, 1000)),
        edit(atMs, asker, document),
        edit(atMs + 250, flooder, document, 12),
        ...[350, 400, 500].map((afterMs) => edit(atMs + afterMs, flooder, document, 3)),
        ...[1200, 1500, 1800].map((afterMs) => edit(atMs + afterMs, flooder, document)),
      ],
    };
  },
};

/** While somebody is brought forward who takes no more for some seconds, enough is made for a compaction: of a document, too, of which a merged state is still to be sent. */
const compactionDuringACatchUp: Plotting = {
  homeCountMin: 1,
  edgeCountMin: 2,
  tell: ({ homes: [home = ""], edges: [author = "", reader = ""] }, random, atMs) => {
    const dozens = (fromMs: number, document: string, count: number): readonly Happening[] =>
      Array.from({ length: count }, (_, index) => edit(fromMs + 40 * index, author, document, 12));
    const readMs = atMs + 1500;
    return {
      homeLimits: { pageBytesMax: 1, compactAfterEntries: 58, compactEntriesMin: 1 },
      untilMs: atMs + 7000,
      happenings: [
        move(0, reader, null),
        move(0, author, home),
        ...dozens(atMs, "z", 5),
        ...dozens(atMs + 1000, "x", 4),
        edit(atMs + 1200, author, "y", 6),
        fate({
          atMs: readMs - 100,
          kind: "slow-reader",
          node: reader,
          from: home,
          perMessageMs: 100,
          forMs: 5000,
        }),
        move(readMs, reader, home),
        ...dozens(readMs + random.integer(1000, 1500), "z", 1),
      ],
    };
  },
};

/** While somebody is being brought forward by a slow disk, merged states come in from another home: a reply in a document that is read, to a question in one that is not. */
const statesDuringACatchUp: Plotting = {
  homeCountMin: 3,
  edgeCountMin: 2,
  tell: ({ homes, edges: [author = "", reader = ""] }, random, atMs) => {
    const [behind = "", home = ""] = homes;
    const others = homes.filter((other) => other !== behind);
    return {
      homeLimits: {
        pageBytesMax: 1,
        compactAfterEntries: 10,
        compactEntriesMin: 1,
        readWaitMs: 100,
      },
      untilMs: atMs + 9000,
      happenings: [
        move(0, reader, null),
        move(0, author, home),
        edit(atMs, author, "x", 12),
        edit(atMs + 800, author, "z", 8),
        ...others.map((other) => fate({ atMs: atMs + 1400, kind: "break", one: behind, other })),
        isolate(atMs + 1400, behind, others, 1800),
        ...["y", "x", "x", "y", "x", "x", "x", "x"].map((document, index) =>
          edit(atMs + 1500 + 50 * index, author, document, 12),
        ),
        slowDisk(atMs + 2300, behind, 200, 6000),
        move(atMs + random.integer(2400, 3000), reader, behind),
      ],
    };
  },
};

/** All of them. */
export const catchUpPlots: readonly Plotting[] = [
  forgottenBatch,
  floodBeforeItsCause,
  compactionDuringACatchUp,
  statesDuringACatchUp,
];
