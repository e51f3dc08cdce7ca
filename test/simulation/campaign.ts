/** Many seeds: what came of them, added up. The entry of everything that runs the simulation outside of the tests. */
import type { WorldTally } from "@syncline/simulator";
import { seal, unseal } from "../../packages/storage/src/seal.ts";
import { drawStory, tellStory } from "./gossip-run.ts";
import type { Seal } from "./rows.ts";

export { runHealthyCluster } from "./benchmark.ts";

/** The seal that relays put on each row of their disks. */
export const storageSeal: Seal = { seal, unseal };

/** What many runs came to; plain data that can be added up and stored. */
export interface Summary {
  seedCount: number;
  eventCount: number;
  simulatedHours: number;
  spareCount: number;
  lostAppendCount: number;
  tornAppendCount: number;
  faultCountByKind: Record<string, number>;
  failures: { seed: number; message: string }[];
}

/** Nothing yet. */
export const emptySummary = (): Summary => ({
  seedCount: 0,
  eventCount: 0,
  simulatedHours: 0,
  spareCount: 0,
  lostAppendCount: 0,
  tornAppendCount: 0,
  faultCountByKind: {},
  failures: [],
});

/** Runs the seeds from `from` (in) to `to` (out) and adds what came of them. `isEnough` may end it after each. */
export const runSeeds = (
  from: number,
  to: number,
  isEnough: (summary: Summary) => boolean = () => false,
): Summary => {
  const summary = emptySummary();
  for (let seed = from; seed < to && !isEnough(summary); seed += 1) {
    const { failure, tally } = tellStory(drawStory(seed), storageSeal);
    addTally(summary, tally);
    if (failure !== null) summary.failures.push({ seed, message: failure.message });
  }
  return summary;
};

const addTally = (summary: Summary, tally: WorldTally): void => {
  summary.seedCount += 1;
  summary.eventCount += tally.eventCount;
  summary.simulatedHours += tally.simulatedMs / 3_600_000;
  summary.spareCount += tally.sparedCount;
  summary.lostAppendCount += tally.lostAppendCount;
  summary.tornAppendCount += tally.tornAppendCount;
  for (const [kind, count] of tally.faultCountByKind) {
    summary.faultCountByKind[kind] = (summary.faultCountByKind[kind] ?? 0) + count;
  }
};

/** Adds one summary to another. */
export const addSummary = (sum: Summary, other: Summary): void => {
  sum.seedCount += other.seedCount;
  sum.eventCount += other.eventCount;
  sum.simulatedHours += other.simulatedHours;
  sum.spareCount += other.spareCount;
  sum.lostAppendCount += other.lostAppendCount;
  sum.tornAppendCount += other.tornAppendCount;
  sum.failures.push(...other.failures);
  for (const [kind, count] of Object.entries(other.faultCountByKind)) {
    sum.faultCountByKind[kind] = (sum.faultCountByKind[kind] ?? 0) + count;
  }
};

/** A summary in a line. */
export const describeSummary = (summary: Summary): string => {
  const faultCount = Object.values(summary.faultCountByKind).reduce((sum, count) => sum + count, 0);
  return [
    `${summary.seedCount} seeds`,
    `${summary.simulatedHours.toFixed(1)} simulated hours`,
    `${summary.eventCount} events`,
    `${faultCount} faults`,
    `${summary.failures.length} failures`,
  ].join(", ");
};
