/** Many seeds of one protocol, added up. */
import type { WorldTally } from "@syncline/simulator";
import { addTally, emptySummary, type Summary } from "../simulation/summary.ts";

/** Runs the seeds from `from` (in) to `to` (out) and adds what came of them. `isEnough` may end it after each. */
export type Campaign = (
  from: number,
  to: number,
  isEnough?: (summary: Summary) => boolean,
) => Summary;

/** What came of one seed. */
interface Outcome {
  readonly failure: Error | null;
  readonly tally: WorldTally;
}

/** Many seeds of what this tells, without those that are not chosen. */
export const campaignOf =
  (tell: (seed: number) => Outcome, isChosen: (seed: number) => boolean = () => true): Campaign =>
  (from, to, isEnough = () => false) => {
    const summary = emptySummary();
    for (let seed = from; seed < to && !isEnough(summary); seed += 1) {
      if (!isChosen(seed)) continue;
      const { failure, tally } = tell(seed);
      addTally(summary, tally);
      if (failure !== null) summary.failures.push({ seed, message: failure.message });
    }
    return summary;
  };
