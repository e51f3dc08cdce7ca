/** Many seeds of the log for consensus: what came of them, added up. The entry of everything that runs them outside of the tests. */
import { tellRaftLogStory } from "./raft-log-story.ts";

/** What has come of some seeds. */
export interface RaftLogSummary {
  seedCount: number;
  lifeCount: number;
  appendCount: number;
  cutCount: number;
  failedWriteCount: number;
  rottenBitCount: number;
  /** To be told as events a second. */
  eventCount: number;
  readonly failures: { readonly seed: number; readonly message: string }[];
  readonly faultCountByKind: Record<string, number>;
}

/** Nothing yet. */
export const emptySummary = (): RaftLogSummary => ({
  seedCount: 0,
  lifeCount: 0,
  appendCount: 0,
  cutCount: 0,
  failedWriteCount: 0,
  rottenBitCount: 0,
  eventCount: 0,
  failures: [],
  faultCountByKind: {},
});

/** Runs the seeds from `from` (in) to `to` (out) and adds what came of them. `isEnough` may end it after each. */
export const runSeeds = async (
  from: number,
  to: number,
  isEnough: (summary: RaftLogSummary) => boolean = () => false,
): Promise<RaftLogSummary> => {
  const summary = emptySummary();
  for (let seed = from; seed < to && !isEnough(summary); seed += 1) {
    const { failure, ...tally } = await tellRaftLogStory(seed);
    addSummary(summary, {
      ...emptySummary(),
      ...tally,
      seedCount: 1,
      eventCount: tally.appendCount,
    });
    if (failure !== null) summary.failures.push({ seed, message: failure.message });
  }
  return summary;
};

/** Adds one summary to another. */
export const addSummary = (sum: RaftLogSummary, more: RaftLogSummary): void => {
  sum.seedCount += more.seedCount;
  sum.lifeCount += more.lifeCount;
  sum.appendCount += more.appendCount;
  sum.cutCount += more.cutCount;
  sum.failedWriteCount += more.failedWriteCount;
  sum.rottenBitCount += more.rottenBitCount;
  sum.eventCount += more.eventCount;
  sum.failures.push(...more.failures);
};

/** In one line. */
export const describeSummary = (summary: RaftLogSummary): string =>
  `${summary.seedCount} seeds, ${summary.lifeCount} lives, ${summary.appendCount} appends, ${summary.cutCount} power cuts, ` +
  `${summary.failedWriteCount} failed writes, ${summary.rottenBitCount} rotten bits, ${summary.failures.length} failures`;
