/** One run: a cluster under a list of trouble, then healed, then asked for agreement and progress. */
import { type Random, seededRandom } from "@syncline/machine";
import { describeFault, drawFaults, type Fault, type WorldTally } from "@syncline/simulator";
import { type Cluster, createCluster, type Observer, whyNotAgreed } from "./cluster.ts";
import {
  type ClusterSetup,
  type Deed,
  describeDeed,
  drawDeeds,
  drawDurationMs,
  drawSetup,
} from "./deeds.ts";
import { documents } from "./items.ts";
import { drawPlot } from "./plots.ts";
import { drawPresencePlot } from "./presence-plots.ts";
import type { Seal } from "./rows.ts";

/** What happens in a run from outside: faults and deeds, in one list that can be shortened. */
export type Happening =
  | { readonly by: "fate"; readonly fault: Fault }
  | { readonly by: "people"; readonly deed: Deed };

/** Everything that a seed says. */
export interface Story {
  readonly setup: ClusterSetup;
  readonly forMs: number;
  readonly happenings: readonly Happening[];
}

/** What came of a run. */
export interface Outcome {
  /** Null if every promise held. */
  readonly failure: Error | null;
  readonly tally: WorldTally;
  readonly fingerprint: number;
  readonly cluster: Cluster;
}

/** How long homes and edges may take to agree once everything is whole. */
const AGREED_WITHIN_MS = 60_000;

/** The story of this seed; unless `hasPlot`, without a plot, and then as it was before there were any. */
export const drawStory = (seed: number, hasPlot = true): Story => {
  const random = seededRandom(seed).fork("story");
  const setup = drawSetup(seed, random.fork("setup"));
  const forMs = drawDurationMs(random.fork("duration"));
  const plot = hasPlot ? drawPlot(setup, random.fork("plot")) : null;
  if (plot === null) return { setup, forMs, happenings: drawHappenings(setup, random, forMs) };
  const rest = plot.isAlone ? [] : drawHappenings(setup, random, forMs);
  return {
    setup: {
      ...setup,
      ...plot.setup,
      homeLimits: { ...setup.homeLimits, ...plot.homeLimits },
    },
    forMs: plot.isAlone ? plot.untilMs : Math.max(forMs, plot.untilMs),
    happenings: inOrder([...rest, ...plot.happenings]),
  };
};

/** Everything but the plot. */
const drawHappenings = (
  setup: ClusterSetup,
  random: Random,
  forMs: number,
): readonly Happening[] => {
  const targets = {
    members: setup.homeNames,
    guests: setup.edgeNames,
    without: ["weather"] as const,
  };
  const faults = drawFaults(random.fork("faults"), targets, forMs);
  const deeds = drawDeeds(setup, random.fork("deeds"), forMs);
  return inOrder([
    ...faults.map((fault) => ({ by: "fate", fault }) as const),
    ...deeds.map((deed) => ({ by: "people", deed }) as const),
    ...drawPresencePlot(setup, random.fork("presence plot"), forMs),
  ]);
};

const inOrder = (happenings: readonly Happening[]): readonly Happening[] =>
  happenings.toSorted((left, right) => timeOf(left) - timeOf(right));

/** When it happens, in the world's time. */
export const timeOf = (happening: Happening): number =>
  happening.by === "fate" ? happening.fault.atMs : happening.deed.atMs;

/** A happening in a line of words. */
export const describeHappening = (happening: Happening): string =>
  happening.by === "fate" ? describeFault(happening.fault) : describeDeed(happening.deed);

/** Tells a story to its end, or to what was wrong first. */
export const tellStory = (story: Story, seal: Seal, observe: Observer | null = null): Outcome => {
  const cluster = createCluster(story.setup, seal, observe);
  const { world } = cluster;
  let failure: Error | null = null;
  try {
    endure(cluster, story);
    recover(cluster, story.setup.seed);
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error));
  }
  return { failure, tally: world.tally, fingerprint: world.fingerprint, cluster };
};

const endure = (cluster: Cluster, { forMs, happenings }: Story): void => {
  const { world } = cluster;
  for (const happening of happenings) {
    if (happening.by === "fate") world.befall([happening.fault]);
    else {
      const { deed } = happening;
      world.schedule.at(deed.atMs, () => {
        world.note(describeDeed(deed));
        cluster.perform(deed);
      });
    }
  }
  world.run(forMs);
};

/** Everything is made whole: all must agree, go on, come back from their disks, and tell newcomers. */
const recover = (cluster: Cluster, seed: number): void => {
  const { world, homes, edges, newcomers } = cluster;
  const agree = (): number => world.runUntil(() => whyNotAgreed(cluster), AGREED_WITHIN_MS);
  world.note("everything is made whole");
  world.heal();
  edges.forEach((edge, index) => {
    if (edge.dialler.to === null) cluster.point(edge, homes[(index + seed) % homes.length]!.name);
  });
  agree();
  world.note("each edge edits, and every other shows where it is");
  edges.forEach((edge, index) => {
    edge.edit(documents[0], 1);
    if (index % 2 === 0) edge.show(true);
  });
  agree();
  world.note("all homes lose power at once; newcomers come");
  for (const home of homes) home.node.crash();
  newcomers.forEach((newcomer, index) => {
    newcomer.node.start();
    cluster.point(newcomer, homes[index]!.name);
  });
  agree();
};
