/** What holds once the batch that is being put together is on disk. The rules of the log are asserted here, before anything is written. */
import { assert } from "@syncline/machine";
import type { BatchRecord } from "./batch.ts";
import type { EntryIndex } from "./entry-index.ts";
import { encodeFacts, type Facts } from "./facts.ts";
import type { EntryPlace, RaftLogRecord } from "./records.ts";

/** The state after a batch, and what must be written for it. */
export interface Draft {
  readonly records: readonly BatchRecord[];
  readonly last: EntryPlace;
  readonly base: EntryPlace;
  readonly facts: Facts;
  readonly factsBytes: Uint8Array;
}

interface Drafting {
  readonly index: EntryIndex;
  /** Terms of the entries that the batch itself brings. */
  readonly terms: Map<number, number>;
  readonly records: BatchRecord[];
  base: EntryPlace;
  last: EntryPlace;
}

/** The records in the order in which they were asked for, on top of what is on disk. Chunks are not of the log, and left out. */
export const draftBatch = (
  index: EntryIndex,
  before: Pick<Draft, "facts" | "factsBytes">,
  wanted: readonly RaftLogRecord[],
): Draft => {
  const { base, last } = index;
  const drafting: Drafting = { index, terms: new Map(), records: [], base, last };
  const facts = new Map(before.facts);
  let hasNewFacts = false;
  for (const record of wanted) {
    switch (record.kind) {
      case "fact":
        hasNewFacts = true;
        if (record.bytes === null) facts.delete(record.name);
        else facts.set(record.name, Uint8Array.from(record.bytes));
        break;
      case "chunk":
      case "no-chunks":
        break;
      case "entry":
      case "truncation":
      case "base":
        drafting.records.push(record);
        takeRecord(drafting, record);
        break;
    }
  }
  const factsBytes = hasNewFacts ? encodeFacts(facts) : before.factsBytes;
  return { records: drafting.records, last: drafting.last, base: drafting.base, facts, factsBytes };
};

const takeRecord = (drafting: Drafting, record: BatchRecord): void => {
  switch (record.kind) {
    case "entry": {
      const { index, term } = record.entry;
      const previousTerm = termAt(drafting, index - 1);
      assert(previousTerm !== null && index <= drafting.last.index + 1, "an entry leaves a gap");
      assert(term >= previousTerm, "a term goes back within the log");
      drafting.terms.set(index, term);
      drafting.last = { index, term };
      return;
    }
    case "truncation": {
      if (record.fromIndex > drafting.last.index) return;
      const index = Math.max(record.fromIndex - 1, drafting.base.index);
      const term = termAt(drafting, index);
      assert(term !== null, "entries are cut off behind none");
      drafting.last = { index, term };
      return;
    }
    case "base": {
      assert(record.base.index >= drafting.base.index, "the log's beginning moves back");
      drafting.base = record.base;
      if (record.base.index >= drafting.last.index) drafting.last = record.base;
      return;
    }
  }
};

const termAt = ({ index, terms, base, last }: Drafting, at: number): number | null => {
  if (at === base.index) return base.term;
  if (at < base.index || at > last.index) return null;
  return terms.get(at) ?? index.termAt(at);
};
