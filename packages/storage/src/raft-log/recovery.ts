/**
 * What a crash left of the log, and whether it is all that was acknowledged.
 *
 * A batch is begun when the one before is on disk. So an end that is no whole batch, with nothing whole behind it, is a write that nobody was told of: it is cut.
 * A batch that is missing or damaged before a whole one had been acknowledged: the log has a hole. Were it cut there without a word, the node would have
 * forgotten entries that others count on its having, vote for a leader that lacks them, and so lose what was committed (Alagappan et al., FAST 2018).
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { SyncError } from "@syncline/machine";
import { BLOCK_BYTES, decodeBatch, type FoundRecord, RECORD_HEADER_BYTES } from "./batch.ts";
import { createEntryIndex, type EntryIndex } from "./entry-index.ts";
import { decodeFacts, type Facts } from "./facts.ts";
import type { EntryPlace } from "./records.ts";
import { type SegmentName, segmentNamesIn } from "./segment-names.ts";

/** What recovery says of the disk. */
export type RaftLogRecovery =
  /** Everything that was acknowledged is there. A write that was under way may have been cut off. */
  | { readonly kind: "whole" }
  /**
   * Acknowledged entries are lost: those from `fromIndex` up to `last`. The facts are the latest all the same. Until the node has got them again, or a leader
   * has replaced them (its last entry is as late as `last` in Raft's order), it must neither vote nor be elected.
   */
  | { readonly kind: "corrupt"; readonly fromIndex: number; readonly last: EntryPlace };

/** The log as it goes on. */
export interface RecoveredLog {
  readonly recovery: RaftLogRecovery;
  readonly index: EntryIndex;
  readonly facts: Facts;
  /** The batch that the next one follows. */
  readonly previousSequence: number;
  readonly previousChecksum: number;
  /** The highest number that was ever given, as far as can be seen. */
  readonly sequenceMax: number;
  /** The files, with the highest index of an entry in each. */
  readonly segments: readonly RecoveredSegment[];
}

/** A file and the highest index of an entry in it; 0 if it has none. */
interface RecoveredSegment extends SegmentName {
  readonly entryIndexMax: number;
}

/** A batch without its entries' bytes. */
interface Summary {
  readonly segment: SegmentName;
  readonly sequence: number;
  readonly previousChecksum: number;
  readonly checksum: number;
  readonly last: EntryPlace;
  readonly base: EntryPlace;
  readonly facts: Uint8Array;
  readonly records: readonly RecordSummary[];
}

interface RecordSummary {
  readonly kind: FoundRecord["record"]["kind"];
  readonly place: EntryPlace;
  readonly at: number;
  readonly byteCount: number;
}

/** Reads the directory's log. Writes nothing. Cost: all of its files are read; in memory is one of them, and a line for each entry. */
export const recoverLog = async (directory: string, id: Uint8Array): Promise<RecoveredLog> => {
  const names = await segmentNamesIn(directory);
  const { batches, sequenceMax } = await readBatches(directory, names, id);
  const holeAt = batches.findIndex((batch, at) => at > 0 && !follows(batch, batches[at - 1]));
  const kept = holeAt === -1 ? batches : batches.slice(0, holeAt);
  const final = batches.at(-1);
  const index = indexOf(kept, final);
  // With nothing behind the base, the log goes on behind the base and not behind a batch. Behind a hole the next process would else find entries of before it, and
  // take those that were written after it for what follows them.
  const end = index.last.index === index.base.index ? undefined : kept.at(-1);
  return {
    recovery: recoveryOf(index, final) ?? { kind: "whole" },
    index,
    facts: factsIn(final),
    previousSequence: end?.sequence ?? 0,
    previousChecksum: end?.checksum ?? 0,
    sequenceMax,
    segments: segmentsOf(names, batches),
  };
};

const readBatches = async (
  directory: string,
  names: readonly SegmentName[],
  id: Uint8Array,
): Promise<{ batches: readonly Summary[]; sequenceMax: number }> => {
  const found: Summary[][] = [];
  let sequenceMax = 0;
  /** Batches above it hold no longer: a later file begins behind this one. */
  let limit = Number.POSITIVE_INFINITY;
  for (const segment of [...names].reverse()) {
    const batches = await readSegment(directory, segment, id);
    sequenceMax = Math.max(sequenceMax, batches.at(-1)?.sequence ?? 0);
    const holding = batches.filter(({ sequence }) => sequence <= limit);
    // A file in which nothing is whole ends nothing: its process had told nobody that it began there.
    if (batches.length > 0) limit = Math.min(limit, segment.previousSequence);
    found.push(holding);
  }
  return { batches: found.reverse().flat(), sequenceMax };
};

const readSegment = async (
  directory: string,
  segment: SegmentName,
  id: Uint8Array,
): Promise<readonly Summary[]> => {
  const file = await readFile(join(directory, segment.name));
  const batches: Summary[] = [];
  for (let at = 0; at < file.length;) {
    const batch = decodeBatch(file, at, id);
    // A file that was taken over has batches of an older part of the log behind its own.
    const isOwn = batch !== null && batch.sequence >= segment.firstSequence;
    at += isOwn ? batch.byteCount : BLOCK_BYTES;
    if (!isOwn) continue;
    const records = batch.records.map(summaryOf);
    batches.push({ ...batch, segment, facts: Uint8Array.from(batch.facts), records });
  }
  return batches;
};

const summaryOf = ({ record, at }: FoundRecord): RecordSummary => {
  switch (record.kind) {
    case "entry": {
      const { index, term, bytes } = record.entry;
      const byteCount = RECORD_HEADER_BYTES + bytes.length;
      return { kind: "entry", place: { index, term }, at, byteCount };
    }
    case "base":
      return { kind: "base", place: record.base, at, byteCount: RECORD_HEADER_BYTES };
    case "truncation": {
      const place = { index: record.fromIndex, term: 0 };
      return { kind: "truncation", place, at, byteCount: RECORD_HEADER_BYTES };
    }
  }
};

/** Whether one batch was written right behind the other. */
const follows = (batch: Summary, before: Summary | undefined): boolean => {
  const { segment, sequence, previousChecksum } = batch;
  const previousSequence =
    sequence === segment.firstSequence ? segment.previousSequence : sequence - 1;
  return before?.sequence === previousSequence && before.checksum === previousChecksum;
};

/** The entries that are there. Below the base nothing is kept; what is missing right behind it takes all that follows with it. */
const indexOf = (kept: readonly Summary[], final: Summary | undefined): EntryIndex => {
  const nowhere = { index: 0, term: 0 };
  const first = kept.flatMap(({ records }) => records).find(({ kind }) => kind === "entry");
  if (final === undefined || first === undefined) return createEntryIndex(final?.base ?? nowhere);
  // Files before this one are gone, and with them how the log began then.
  const index = createEntryIndex({ index: first.place.index - 1, term: 0 });
  for (const batch of kept) replay(index, batch);
  if (index.base.index > final.base.index) return createEntryIndex(final.base);
  index.moveBase(final.base);
  return index;
};

const replay = (index: EntryIndex, { segment, records }: Summary): void => {
  for (const { kind, place, at, byteCount } of records) {
    switch (kind) {
      case "entry":
        if (place.index <= index.base.index) break;
        if (place.index > index.last.index + 1) throw damaged("an entry in it leaves a gap");
        index.put(place, { segment: segment.firstSequence, at, byteCount });
        break;
      case "truncation":
        index.truncate(place.index);
        break;
      case "base":
        // It may have been set before the first entry that is still there was written.
        if (place.index > index.base.index) index.moveBase(place);
        break;
    }
  }
};

const recoveryOf = (index: EntryIndex, final: Summary | undefined): RaftLogRecovery | null => {
  if (final === undefined) return null;
  const [{ last }, wanted] = [index, final.last];
  if (last.index === wanted.index && last.term === wanted.term) return null;
  return { kind: "corrupt", fromIndex: last.index + 1, last: wanted };
};

const factsIn = (batch: Summary | undefined): Facts => {
  if (batch === undefined) return new Map();
  const facts = decodeFacts(Buffer.from(batch.facts));
  if (facts === null) throw damaged("its facts cannot be read");
  return facts;
};

const segmentsOf = (
  names: readonly SegmentName[],
  batches: readonly Summary[],
): readonly RecoveredSegment[] => {
  const maxBySegment = new Map<number, number>();
  for (const { segment, records } of batches) {
    for (const { kind, place } of records) {
      const max = maxBySegment.get(segment.firstSequence) ?? 0;
      if (kind === "entry") maxBySegment.set(segment.firstSequence, Math.max(max, place.index));
    }
  }
  return names.map((name) => ({
    ...name,
    entryIndexMax: maxBySegment.get(name.firstSequence) ?? 0,
  }));
};

const damaged = (what: string): SyncError =>
  new SyncError("STORAGE_CORRUPT", `the log is damaged: ${what}`);
