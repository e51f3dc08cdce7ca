/** Many seeds of Raft: what came of them, added up. The entry of everything that runs them outside of the tests. */
import { addTally, emptySummary, type Summary } from "../../simulation/summary.ts";
import { plotOf } from "./raft-plots.ts";
import { drawRaftStory, tellRaftStory } from "./raft-run.ts";

export { drawRaftStory, tellRaftStory } from "./raft-run.ts";
export { addSummary, describeSummary, emptySummary } from "../../simulation/summary.ts";

/** Runs the seeds from `from` (in) to `to` (out) and adds what came of them. `isEnough` may end it after each. */
export const runSeeds = (
  from: number,
  to: number,
  isEnough: (summary: Summary) => boolean = () => false,
): Summary => runChosen(from, to, isEnough, () => true);

const runChosen = (
  from: number,
  to: number,
  isEnough: (summary: Summary) => boolean,
  isChosen: (seed: number) => boolean,
): Summary => {
  const summary = emptySummary();
  for (let seed = from; seed < to && !isEnough(summary); seed += 1) {
    if (!isChosen(seed)) continue;
    const { failure, tally } = tellRaftStory(drawRaftStory(seed));
    addTally(summary, tally);
    if (failure !== null) summary.failures.push({ seed, message: failure.message });
  }
  return summary;
};

/** The same without the hours in good order, for the hunt for planted bugs: they cost as much as ten others, and find what those have found long before. */
export const huntSeeds = (
  from: number,
  to: number,
  isEnough: (summary: Summary) => boolean,
): Summary => runChosen(from, to, isEnough, (seed) => plotOf(seed) !== "hours");
