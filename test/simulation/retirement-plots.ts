/** Plots about folds: the home that proposes them loses its disk, and might propose others for the same epochs, since whoever asked is gone and another asks who has seen nothing. */
import { documents } from "./items.ts";
import { fate, isolate, move, type Plotting, retire, slowDisk } from "./plot.ts";

/** The home that proposes. */
const leaderOf = (homes: readonly string[]): string => homes.toSorted()[0] ?? "";

/** One other home has the proposal on its disk, and cannot be reached when there is a new wish. */
const proposalElsewhere: Plotting = {
  homeCountMin: 3,
  edgeCountMin: 2,
  tell: ({ homes, edges: [first = "", second = ""] }, random, atMs) => {
    const leader = leaderOf(homes);
    const [away = "", ...others] = homes.filter((home) => home !== leader);
    const document = random.pick(documents);
    return {
      homeLimits: { readWaitMs: 100 },
      untilMs: atMs + 6000,
      happenings: [
        move(0, first, leader),
        move(0, second, null),
        isolate(atMs - 200, away, [leader, ...others], 5500),
        retire(atMs, first, document, random.integer(50, 100)),
        move(atMs + 1400, first, null),
        isolate(atMs + 1500, leader, others, 3000),
        fate({ atMs: atMs + 1600, kind: "wipe", node: leader, forMs: random.integer(10, 100) }),
        move(atMs + 2000, second, leader),
        retire(atMs + 2500, second, document, random.integer(1, 50)),
      ],
    };
  },
};

/** The others have the proposal in memory only when the home that made it is back without it. */
const proposalOnItsWay: Plotting = {
  homeCountMin: 2,
  edgeCountMin: 2,
  tell: ({ homes, edges: [first = "", second = ""] }, random, atMs) => {
    const leader = leaderOf(homes);
    const document = random.pick(documents);
    const lostMs = atMs + random.integer(100, 300);
    return {
      homeLimits: { readWaitMs: 500 },
      untilMs: atMs + 6000,
      happenings: [
        move(0, first, leader),
        move(0, second, null),
        ...homes
          .filter((home) => home !== leader)
          .map((home) => slowDisk(atMs - 50, home, 4000, 3000)),
        retire(atMs, first, document, random.integer(50, 100)),
        move(lostMs - 10, first, null),
        fate({ atMs: lostMs, kind: "wipe", node: leader, forMs: random.integer(10, 50) }),
        move(lostMs + 300, second, leader),
        retire(lostMs + 600, second, document, random.integer(1, 50)),
      ],
    };
  },
};

/** All of them. */
export const retirementPlots: readonly Plotting[] = [proposalElsewhere, proposalOnItsWay];
