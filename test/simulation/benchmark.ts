/** How fast the simulator is: three homes and ten edges that all write, with every invariant looked at, and no faults. */
import { createCluster, whyNotAgreed } from "./cluster.ts";
import { documents } from "./items.ts";
import { plainSeal } from "./rows.ts";

/** What one run of the benchmark came to. */
interface Measured {
  readonly eventCount: number;
  readonly simulatedMs: number;
}

/** Runs a healthy cluster in which each edge writes once in `everyMs`, for this much virtual time. */
export const runHealthyCluster = (options: {
  readonly homeCount: number;
  readonly edgeCount: number;
  readonly everyMs: number;
  readonly forMs: number;
  readonly isCoded: boolean;
}): Measured => {
  const cluster = createCluster(
    {
      seed: 1,
      homeNames: ["a", "b", "c", "d", "e"].slice(0, options.homeCount),
      edgeNames: Array.from({ length: options.edgeCount }, (_, index) => `e${index}`),
      isCoded: options.isCoded,
      delays: { minMs: 1, meanMs: 6, shape: "exponential" },
      failingCompactions: 0,
      restAfterMs: null,
      homeLimits: {},
      edgeLimits: {},
    },
    plainSeal,
  );
  const { world, edges } = cluster;
  edges.forEach((edge, index) => {
    const edit = (): void => {
      edge.edit(documents[index % documents.length]!, 1);
      if (world.nowMs < options.forMs) world.schedule.at(world.nowMs + options.everyMs, edit);
    };
    world.schedule.at(index * 7, edit);
  });
  world.run(options.forMs);
  world.runUntil(() => whyNotAgreed(cluster), 10_000);
  return { eventCount: world.tally.eventCount, simulatedMs: world.nowMs };
};
