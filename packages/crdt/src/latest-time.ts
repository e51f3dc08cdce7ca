/** The latest of several times: what a hybrid clock is to observe before a state is applied. */
import { compareTimes, type HybridTime } from "@syncline/clocks";

/** The latest of these times; null if there is none. */
export const latestOf = (times: Iterable<HybridTime | null>): HybridTime | null => {
  let latest: HybridTime | null = null;
  for (const time of times) {
    if (time !== null && (latest === null || compareTimes(latest, time) < 0)) latest = time;
  }
  return latest;
};
