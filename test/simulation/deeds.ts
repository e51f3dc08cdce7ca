/** What a seed makes of a cluster: how it is set up, what people do in it, and for how long. */
import type { EdgeLimits, HomeLimits } from "@syncline/gossip";
import type { Random } from "@syncline/machine";
import type { Delays } from "@syncline/simulator";
import { documents } from "./items.ts";

/** What people do. Times are the world's. */
export type Deed = { readonly atMs: number } & (
  | {
      readonly kind: "edit";
      readonly edge: string;
      readonly document: string;
      readonly count: number;
    }
  /** The edge goes to another home, or offline. */
  | { readonly kind: "move"; readonly edge: string; readonly home: string | null }
  /** The client shows something new of itself, or nothing any more. */
  | { readonly kind: "show"; readonly edge: string; readonly isHere: boolean }
  /** Somebody asks that a replica be retired, which goes by a number. */
  | {
      readonly kind: "retire";
      readonly edge: string;
      readonly document: string;
      readonly replica: number;
    }
  /** The device loses power and starts again. */
  | { readonly kind: "restart"; readonly edge: string }
);

/** A cluster. */
export interface ClusterSetup {
  readonly seed: number;
  readonly homeNames: readonly string[];
  readonly edgeNames: readonly string[];
  readonly isCoded: boolean;
  readonly delays: Delays;
  readonly failingCompactions: number;
  /** After how long a silence a home rests that is alone; null for never. */
  readonly restAfterMs: number | null;
  readonly homeLimits: Partial<HomeLimits>;
  readonly edgeLimits: Partial<EdgeLimits>;
}

const names = ["a", "b", "c", "d", "e"];

/** The cluster of this seed. */
export const drawSetup = (seed: number, random: Random): ClusterSetup => {
  const isSmall = random.chance(0.5);
  // Now and then everything that is merged is merged at once, and everything that is read is read in the smallest pages.
  const isHungry = random.chance(0.15);
  const minMs = random.pick([0.5, 1, 5]);
  return {
    seed,
    homeNames: names.slice(0, random.pick([1, 2, 3, 3, 3, 3, 3, 5, 5])),
    edgeNames: Array.from(
      { length: random.pick([1, 2, 2, 3, 3, 4, 5, 7, 10]) },
      (_, index) => `e${index}`,
    ),
    isCoded: seed % 2 === 0,
    delays: {
      minMs,
      meanMs: minMs + random.pick([1, 10, 50]),
      shape: random.pick(["uniform", "exponential", "heavy-tailed"] as const),
    },
    failingCompactions: random.pick([0, 0, 0.3]),
    restAfterMs: random.fork("rests").pick([null, 10, 100, 1000]),
    homeLimits: {
      pageBytesMax: isHungry ? 1 : random.pick([1, 300, 2000, 2000]),
      recentBytesMax: isHungry ? 1 : random.pick([1, 500, 3000, 100_000]),
      compactAfterEntries: isHungry ? 3 : random.pick([3, 10, 30, 1000]),
      compactEntriesMin: isHungry ? 1 : random.pick([1, 2, 4]),
      waitingBytesMax: isSmall ? 500 : 100_000,
      readWaitMs: random.pick([100, 500, 2000, 2000]),
      pullGraceMs: random.pick([10, 50, 200]),
      pullTimeoutMs: random.pick([2000, 5000]),
      durableIntervalMs: random.pick([50, 500]),
      // A stream of its own: the other draws stay what they were.
      awaitedIntervalMs: random.fork("awaited").pick([10, 250]),
      storedIntervalMs: random.fork("stored").pick([10, 100]),
    },
    edgeLimits: {
      carriedBytesMax: random.pick([0, 500, 100_000, 100_000, 100_000, 100_000, 100_000]),
      submitBytesMax: random.pick([1, 500, 100_000]),
    },
  };
};

/** How long the trouble of a run lasts: mostly some seconds, now and then minutes. */
export const drawDurationMs = (random: Random): number =>
  random.pick([2000, 4000, 8000, 15_000, 30_000, 60_000, 180_000]);

/** What people do in this time. */
export const drawDeeds = (setup: ClusterSetup, random: Random, forMs: number): readonly Deed[] => {
  const { edgeNames, homeNames } = setup;
  const deeds: Deed[] = [];
  const each = (name: string, countMax: number, draw: (own: Random) => Deed | null): void => {
    const own = random.fork(name);
    const count = own.integer(0, countMax + 1);
    for (let made = 0; made < count; made += 1) {
      const deed = draw(own);
      if (deed !== null) deeds.push(deed);
    }
  };
  const isRestarting = random.chance(0.15);
  each("edits", random.pick([3, 5, 8, 15, 60]), (own) => ({
    atMs: own.integer(0, forMs),
    kind: "edit",
    edge: own.pick(edgeNames),
    document: own.pick(documents),
    count: own.pick([1, 1, 1, 1, 1, 1, 3, 12]),
  }));
  each("moves", random.pick([0, 3, 8, 20]), (own) => ({
    atMs: own.integer(0, forMs),
    kind: "move",
    edge: own.pick(edgeNames),
    home: own.chance(0.2) ? null : own.pick(homeNames),
  }));
  each("restarts", isRestarting ? 4 : 0, (own) => ({
    atMs: own.integer(0, forMs),
    kind: "restart",
    edge: own.pick(edgeNames),
  }));
  each("presence", random.pick([0, 3, 10, 30]), (own) => ({
    atMs: own.integer(0, forMs),
    kind: "show",
    edge: own.pick(edgeNames),
    isHere: own.chance(0.7),
  }));
  each("retirements", random.fork("retirements").pick([0, 0, 0, 4]), (own) => ({
    atMs: own.integer(0, forMs),
    kind: "retire",
    edge: own.pick(edgeNames),
    document: own.pick(documents),
    replica: own.integer(1, 100),
  }));
  // Somebody types: the cursor moves with each letter, and may be gone after the last.
  each("typing", random.pick([0, 0, 2, 6]), (own) => {
    const edge = own.pick(edgeNames);
    const document = own.pick(documents);
    let atMs = own.integer(0, forMs);
    for (let letters = own.integer(2, 7); letters > 0; letters -= 1) {
      deeds.push({ atMs, kind: "edit", edge, document, count: 1 });
      deeds.push({ atMs, kind: "show", edge, isHere: true });
      atMs += own.integer(0, 3);
    }
    return { atMs, kind: "show", edge, isHere: own.chance(0.5) };
  });
  return deeds.sort((left, right) => left.atMs - right.atMs);
};

/** A deed in a line of words. */
export const describeDeed = (deed: Deed): string => {
  switch (deed.kind) {
    case "edit":
      return `${deed.edge} edits ${deed.document}${deed.count === 1 ? "" : ` ${deed.count} times`}`;
    case "move":
      return `${deed.edge} goes ${deed.home === null ? "offline" : `to ${deed.home}`}`;
    case "show":
      return `${deed.edge} ${deed.isHere ? "shows where it is" : "shows nothing of itself"}`;
    case "retire":
      return `${deed.edge} asks that ${deed.replica} be retired in ${deed.document}`;
    case "restart":
      return `${deed.edge} loses power`;
  }
};
