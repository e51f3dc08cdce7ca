/** What each session or replica sees for the first time, look by look: so that judging a history costs what is in it, not its square. */
import { type DotRanges, dotsBeyond, firstMissing } from "./dot-ranges.ts";
import type { Observation, Read, Replica } from "./history.ts";

/** A read, or what a replica held: somebody's look at the data. */
export type Look = (Read | Replica) & { readonly seen: DotRanges };

/** A look that says which writes it saw; null for everything else. */
export const lookOf = (observation: Observation): Look | null => {
  if (observation.kind === "read") return observation;
  if (observation.kind !== "replica" || observation.seen === undefined) return null;
  return { ...observation, seen: observation.seen };
};

/** Whose look it was: a session, or a replica (by itself: it is nobody's session). */
export const looker = (look: Read | Replica): string =>
  look.kind === "read" ? look.session : look.replica;

const empty: DotRanges = new Map();

/** Remembers the last look of everybody. */
export interface Sightings {
  /** The writes that are in this look and were not in the same one's last; all of them, if something of the last is gone. */
  newIn(look: Look): { readonly dots: DotRanges; readonly isFromNothing: boolean };
}

/** Nobody has looked yet. */
export const createSightings = (): Sightings => {
  const lastByLooker = new Map<string, DotRanges>();
  return {
    newIn: (look) => {
      const key = `${look.kind} ${looker(look)}`;
      const last = lastByLooker.get(key) ?? empty;
      lastByLooker.set(key, look.seen);
      const isFromNothing = last === empty || firstMissing(look.seen, last) !== null;
      return { dots: dotsBeyond(look.seen, isFromNothing ? empty : last), isFromNothing };
    },
  };
};
