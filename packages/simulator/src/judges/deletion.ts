/** Whether nothing that was deleted comes back. */
import {
  describeDot,
  type DotRanges,
  firstCommon,
  includesDot,
  unionOf,
  type WriteDot,
} from "./dot-ranges.ts";
import type { Observation, Write } from "./history.ts";
import { evidenceOf, type Writes, writesOf } from "./observed.ts";
import { createSightings, type Look, looker, lookOf } from "./sightings.ts";
import { createViolationList, type Verdict, type Violation } from "./verdict.ts";

/**
 * Deleted stays deleted: no look in which a deletion is seen shows what it deleted. (That a deletion, once seen, is seen ever after is another
 * guarantee: monotonic reads.)
 *
 * A deletion is a write with a dot of its own that names the writes it deletes, so that the same content written anew is another write and may be
 * shown: an observed-remove set's rule (Shapiro et al. 2011, §3.3.5). Judged are the reads and replicas that say what was present.
 * `undecided` if nothing was deleted, or nobody said what was present. Time: linear in what each session comes to see.
 */
export const judgeDeletion = (observations: readonly Observation[]): Verdict => {
  const guarantee = "deleted stays deleted";
  const writes = writesOf(observations);
  const deletions = writes.all.filter(({ deletes }) => deletes !== undefined);
  const looks = observations.map(lookOf).filter((look) => look?.present !== undefined);
  if (deletions.length === 0 || looks.length === 0) {
    const reason = deletions.length === 0 ? "nothing was deleted" : "no look says what was present";
    return { kind: "undecided", guarantee, reason };
  }
  const list = createViolationList(guarantee);
  const sightings = createSightings();
  const deletedByLooker = new Map<string, DotRanges>();
  const told = new Set<string>();
  for (const look of looks) {
    if (look?.present === undefined) continue;
    const key = `${look.kind} ${looker(look)}`;
    const { dots, isFromNothing } = sightings.newIn(look);
    let deleted = (isFromNothing ? undefined : deletedByLooker.get(key)) ?? nothing;
    for (const { deletes = nothing } of writes.in(dots)) deleted = unionOf(deleted, deletes);
    deletedByLooker.set(key, deleted);
    const back = firstCommon(deleted, look.present);
    if (back === null || told.has(`${key} ${describeDot(back)}`)) continue;
    told.add(`${key} ${describeDot(back)}`);
    list.add(() => violationOf(look, back, deletions, writes));
  }
  return list.verdict(looks.length);
};

const nothing: DotRanges = new Map();

const violationOf = (
  look: Look,
  back: WriteDot,
  deletions: readonly Write[],
  writes: Writes,
): Violation => {
  const name = describeDot(back);
  const write = writes.at(back);
  const deletion = deletions.find(
    ({ deletes, dot }) => includesDot(deletes ?? nothing, back) && includesDot(look.seen, dot),
  );
  const by = deletion === undefined ? "" : `'s ${describeDot(deletion.dot)}`;
  return {
    sentence: `${looker(look)} was shown ${name}, though it had seen ${deletion?.session ?? "somebody"}${by}, which deleted it`,
    evidence: [
      ...(write === undefined ? [] : [evidenceOf(write)]),
      ...(deletion === undefined
        ? []
        : [evidenceOf(deletion, { what: `deleted ${name} by ${describeDot(deletion.dot)}` })]),
      evidenceOf(look, { what: `was shown ${name}`, isCulprit: true }),
    ],
  };
};
