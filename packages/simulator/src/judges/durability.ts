/** Whether what was acknowledged is there: in every look that promised it, and at every replica in the end. */
import {
  addDot,
  describeDot,
  firstMissing,
  type GrowingDots,
  type WriteDot,
} from "./dot-ranges.ts";
import type { Acknowledgement, Observation } from "./history.ts";
import { evidenceOf, type Writes, writesOf } from "./observed.ts";
import { type Look, looker, lookOf } from "./sightings.ts";
import { createViolationList, type Verdict, type Violation } from "./verdict.ts";

/** Which acknowledgements count. */
export interface DurabilityOptions {
  /** The levels at which an acknowledgement means "for good"; `quorum` alone unless said. */
  readonly levels?: readonly string[];
}

/**
 * Acknowledged means durable: a write that was acknowledged at a level is in every read that promises that level and was called later, and in
 * every replica that was final, as far as it says what it held.
 *
 * A read "promises" what a strict quorum read does: R + W > N (Gifford 1979, §2). An acknowledgement at the very time of the call counts as later.
 * `undecided` if nothing was acknowledged at these levels, or nobody looked afterwards. Time: n log n.
 */
export const judgeDurability = (
  observations: readonly Observation[],
  { levels = ["quorum"] }: DurabilityOptions = {},
): Verdict => {
  const guarantee = "acknowledged is durable";
  const acknowledgements = observations
    .filter((observation) => observation.kind === "acknowledgement")
    .filter(({ level }) => levels.includes(level))
    .sort((left, right) => left.time - right.time);
  const looks = observations
    .map(lookOf)
    .filter((look) => look !== null)
    .flatMap((look) => {
      const promise = promiseOf(look, levels);
      return promise === null ? [] : [{ look, ...promise }];
    })
    .sort((left, right) => left.untilTime - right.untilTime);
  if (acknowledgements.length === 0 || looks.length === 0) {
    const what = acknowledgements.length === 0 ? "was acknowledged" : "promised to be complete";
    return { kind: "undecided", guarantee, reason: `nothing ${what} at ${levels.join(" or ")}` };
  }
  const list = createViolationList(guarantee);
  const writes = writesOf(observations);
  const promisedByLevel = new Map<string, GrowingDots>(levels.map((level) => [level, new Map()]));
  const lostBefore = new Set<string>();
  let next = 0;
  for (const { look, untilTime, promised } of looks) {
    for (let told = acknowledgements[next]; told !== undefined && told.time < untilTime;) {
      addDot(promisedByLevel.get(told.level) ?? new Map(), told.dot);
      next += 1;
      told = acknowledgements[next];
    }
    for (const level of promised) {
      const lost = firstMissing(look.seen, promisedByLevel.get(level) ?? new Map());
      if (lost === null || lostBefore.has(describeDot(lost))) continue;
      lostBefore.add(describeDot(lost));
      list.add(() => violationOf(look, lost, { level, acknowledgements, writes }));
    }
  }
  return list.verdict(acknowledgements.length);
};

/** Of which levels everything acknowledged before which time must be in this look; null if it promises nothing. */
const promiseOf = (
  look: Look,
  levels: readonly string[],
): { readonly untilTime: number; readonly promised: readonly string[] } | null => {
  if (look.kind === "replica") {
    return look.isFinal ? { untilTime: Infinity, promised: levels } : null;
  }
  const promised = levels.filter((level) => level === look.promises);
  return promised.length > 0 ? { untilTime: look.callTime ?? look.time, promised } : null;
};

const violationOf = (
  look: Look,
  lost: WriteDot,
  {
    level,
    acknowledgements,
    writes,
  }: {
    readonly level: string;
    readonly acknowledgements: readonly Acknowledgement[];
    readonly writes: Writes;
  },
): Violation => {
  const name = describeDot(lost);
  const write = writes.at(lost);
  const acknowledgement = acknowledgements.find(
    (other) => other.level === level && describeDot(other.dot) === name,
  );
  const who = look.kind === "read" ? `${looker(look)} read` : `${looker(look)} ended`;
  return {
    sentence: `${who} without ${name}, after ${acknowledgement?.session ?? "its writer"} had been told that it is at ${level}`,
    evidence: [
      ...(write === undefined ? [] : [evidenceOf(write)]),
      ...(acknowledgement === undefined ? [] : [evidenceOf(acknowledgement)]),
      evidenceOf(look, { what: `without ${name}`, isCulprit: true }),
    ],
  };
};
