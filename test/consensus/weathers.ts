/** What befalls messages all along, besides faults. */
import type { Weather } from "@syncline/simulator";

/** Nothing does. */
export const calm: Weather = { lossRate: 0, duplicationRate: 0, reorderingRate: 0 };

/** To be drawn from, for CASPaxos and Paxos: for a half nothing, for a quarter each many doubles and a bit of everything. */
export const weathers: readonly Weather[] = [
  calm,
  calm,
  { lossRate: 0.02, duplicationRate: 0.5, reorderingRate: 0.1 },
  { lossRate: 0.2, duplicationRate: 0.2, reorderingRate: 0.2 },
];
