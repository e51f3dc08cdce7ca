/** Observations as evidence, in words, and the writes among them by their dots. */
import { describeDot, type DotRanges, type WriteDot } from "./dot-ranges.ts";
import type { Observation, Write } from "./history.ts";
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

/** The writes of a history, to be found by their dots: the first, where a dot was given twice. */
export interface Writes {
  readonly all: readonly Write[];
  at(dot: WriteDot): Write | undefined;
  /** Those with a dot in the set, by origin and number. By bisection: what nobody recorded costs nothing, however many it is. */
  in(set: DotRanges): Generator<Write>;
}

/** Finds all writes. n log n. */
export const writesOf = (observations: readonly Observation[]): Writes => {
  const all: Write[] = [];
  const byOrigin = new Map<string, Map<number, Write>>();
  for (const observation of observations) {
    if (observation.kind !== "write") continue;
    const { origin, number } = observation.dot;
    const ofOrigin = byOrigin.get(origin) ?? new Map<number, Write>();
    byOrigin.set(origin, ofOrigin);
    if (ofOrigin.has(number)) continue;
    ofOrigin.set(number, observation);
    all.push(observation);
  }
  const sortedByOrigin = new Map(
    [...byOrigin].map(([origin, ofOrigin]) => [
      origin,
      [...ofOrigin.values()].sort((left, right) => left.dot.number - right.dot.number),
    ]),
  );
  return {
    all,
    at: ({ origin, number }) => byOrigin.get(origin)?.get(number),
    *in(set) {
      for (const [origin, ranges] of set) {
        const sorted = sortedByOrigin.get(origin) ?? [];
        for (const [first, last] of ranges) yield* between(sorted, first, last);
      }
    },
  };
};

function* between(sorted: readonly Write[], first: number, last: number): Generator<Write> {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle]?.dot.number ?? Infinity) < first) low = middle + 1;
    else high = middle;
  }
  for (let write = sorted[low]; write !== undefined && write.dot.number <= last;) {
    yield write;
    low += 1;
    write = sorted[low];
  }
}
