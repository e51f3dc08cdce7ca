/** Many seeds of single-decree Paxos, added up. */
import { addTally, emptySummary, type Summary } from "../../simulation/summary.ts";
import { tellPaxosStory } from "./paxos-run.ts";
import { drawPaxosStory } from "./paxos-story.ts";

export { addSummary, describeSummary, emptySummary } from "../../simulation/summary.ts";

/** Runs the seeds from `from` (in) to `to` (out) and adds what came of them. `isEnough` may end it after each. */
export const runSeeds = (
  from: number,
  to: number,
  isEnough: (summary: Summary) => boolean = () => false,
): Summary => {
  const summary = emptySummary();
  for (let seed = from; seed < to && !isEnough(summary); seed += 1) {
    const { failure, tally } = tellPaxosStory(drawPaxosStory(seed));
    addTally(summary, tally);
    if (failure !== null) summary.failures.push({ seed, message: failure.message });
  }
  return summary;
};
