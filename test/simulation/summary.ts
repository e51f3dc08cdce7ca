/** What came of many runs, added up. */
import type { WorldTally } from "@syncline/simulator";

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

/** Adds what came of one run. */
export const addTally = (summary: Summary, tally: WorldTally): void => {
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
