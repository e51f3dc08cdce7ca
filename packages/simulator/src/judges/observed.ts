/** Observations as evidence, in words. */
import { describeDot } from "./dot-ranges.ts";
import type { Observation } from "./history.ts";
import type { Evidence } from "./verdict.ts";

/** An observation as a fact of a proof; `what` says what matters of it, and otherwise what it is. */
export const evidenceOf = (
  observation: Observation,
  { what = whatOf(observation), isCulprit = false }: { what?: string; isCulprit?: boolean } = {},
): Evidence => ({
  who: observation.kind === "replica" ? observation.replica : observation.session,
  what,
  fromTime:
    observation.kind === "read" ? (observation.callTime ?? observation.time) : observation.time,
  toTime: observation.time,
  isCulprit,
});

const whatOf = (observation: Observation): string => {
  switch (observation.kind) {
    case "write":
      return `wrote ${describeDot(observation.dot)}`;
    case "acknowledgement":
      return `was told ${describeDot(observation.dot)} is at ${observation.level}`;
    case "read":
      return "read";
    case "replica":
      return "held";
  }
};

/** Each dot's write: the first, where a dot was given twice. */
export const writesByDot = (
  observations: readonly Observation[],
): ReadonlyMap<string, Extract<Observation, { readonly kind: "write" }>> => {
  const writes = new Map<string, Extract<Observation, { readonly kind: "write" }>>();
  for (const observation of observations) {
    if (observation.kind !== "write") continue;
    const name = describeDot(observation.dot);
    if (!writes.has(name)) writes.set(name, observation);
  }
  return writes;
};
