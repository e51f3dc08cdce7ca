/** Where on the disk each entry is. In memory: 32 bytes for each entry that was not compacted away. */
import { assert } from "@syncline/machine";
import type { EntryPlace } from "./records.ts";

/** A record's place on the disk: its segment, by the number of the first batch in it, and its bytes there. */
export interface Location {
  readonly segment: number;
  readonly at: number;
  readonly byteCount: number;
}

/** The entries behind `base`, without a gap. */
export interface EntryIndex {
  readonly base: EntryPlace;
  /** The last entry, or `base` if there is none behind it. */
  readonly last: EntryPlace;
  /** The term of an entry, or of the base; null where none is. */
  termAt(index: number): number | null;
  /** Where an entry is, or null. */
  locationOf(index: number): Location | null;
  /** Adds an entry behind the last, or in place of one that is there and of all behind it. */
  put(place: EntryPlace, location: Location): void;
  /** Cuts off every entry from this index on. */
  truncate(fromIndex: number): void;
  /** Forgets every entry up to this place; one that lies behind the last leaves none. */
  moveBase(base: EntryPlace): void;
}

/** An index without entries. */
export const createEntryIndex = (start: EntryPlace): EntryIndex => {
  let base = start;
  const terms: number[] = [];
  const segments: number[] = [];
  const positions: number[] = [];
  const byteCounts: number[] = [];
  const columns = [terms, segments, positions, byteCounts];
  const offsetOf = (index: number): number => index - base.index - 1;
  const truncate = (fromIndex: number): void => {
    const offset = Math.max(0, offsetOf(fromIndex));
    for (const column of columns) column.splice(offset);
  };

  return {
    get base() {
      return base;
    },
    get last() {
      const term = terms.at(-1);
      return term === undefined ? base : { index: base.index + terms.length, term };
    },
    termAt: (index) => (index === base.index ? base.term : (terms[offsetOf(index)] ?? null)),
    locationOf: (index) => {
      const offset = offsetOf(index);
      const [segment, at, byteCount] = [segments[offset], positions[offset], byteCounts[offset]];
      if (segment === undefined || at === undefined || byteCount === undefined) return null;
      return { segment, at, byteCount };
    },
    put: ({ index, term }, location) => {
      const offset = offsetOf(index);
      assert(offset >= 0 && offset <= terms.length, "an entry leaves a gap");
      if (offset < terms.length) truncate(index);
      terms.push(term);
      segments.push(location.segment);
      positions.push(location.at);
      byteCounts.push(location.byteCount);
    },
    truncate,
    moveBase: (place) => {
      const count = Math.min(terms.length, Math.max(0, place.index - base.index));
      for (const column of columns) column.splice(0, count);
      base = place;
    },
  };
};
