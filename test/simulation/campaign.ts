/** Many seeds: what came of them, added up. The entry of everything that runs the simulation outside of the tests. */
import { seal, unseal } from "../../packages/storage/src/seal.ts";
import { drawStory, tellStory } from "./gossip-run.ts";
import type { Seal } from "./rows.ts";
import { addTally, emptySummary, type Summary } from "./summary.ts";

export { runHealthyCluster } from "./benchmark.ts";
export { addSummary, describeSummary, emptySummary } from "./summary.ts";

/** The seal that relays put on each row of their disks. */
export const storageSeal: Seal = { seal, unseal };

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
