/**
 * The part of the log that is not compacted away, in memory, with the configurations that stand in it.
 *
 * The whole of it is held: it is bounded by compaction, replication reads it all the time, and what an append finds or cuts off must be known at once.
 */
import { assert } from "@syncline/machine";
import { type Configuration, isConfiguration } from "./configuration.ts";
import { bytesOfEntry, type Entry, type EntryId } from "./entry.ts";

/** A log as plain data, changed in place by the functions of this file. */
export interface Log {
  /** The last entry that is compacted away, of which only the id is known; index 0 if nothing is. */
  base: EntryId;
  /** Those after it, without a gap. */
  readonly entries: Entry[];
  /** The bytes of `entries`, as `bytesOfEntry` counts. */
  bytes: number;
  /** Every configuration that may hold, by index; the first holds from before `entries` or was committed in them. Never empty. */
  readonly configurations: ConfigurationAt[];
}

/** A configuration and the entry that brought it; index 0 for the one that a cluster begins with. */
export interface ConfigurationAt {
  readonly index: number;
  readonly configuration: Configuration;
}

/** A log without entries behind `base`. */
export const createLog = (base: EntryId, configuration: ConfigurationAt): Log => ({
  base,
  entries: [],
  bytes: 0,
  configurations: [configuration],
});

/** The index of the last entry, compacted or not. */
export const lastIndex = ({ base, entries }: Log): number => base.index + entries.length;

/** The id of the last entry. */
export const lastId = ({ base, entries }: Log): EntryId => {
  const { index, term } = entries.at(-1) ?? base;
  return { index, term };
};

/** The term at an index, or null where it is not known: beyond the end, or before the base. */
export const termAt = ({ base, entries }: Log, index: number): number | null =>
  index === base.index ? base.term : (entries[index - base.index - 1]?.term ?? null);

/** The entry at an index; null beyond the end and where it is compacted. */
export const entryAt = ({ base, entries }: Log, index: number): Entry | null =>
  entries[index - base.index - 1] ?? null;

/** The configuration that holds: the last in the log, whether it is committed or not (Raft, §6). */
export const latestConfiguration = ({ configurations }: Log): ConfigurationAt => {
  const latest = configurations.at(-1);
  assert(latest !== undefined, "a log knows no configuration");
  return latest;
};

/** The configuration that held at this index, which must not be below those that are known. */
export const configurationAt = ({ configurations }: Log, index: number): ConfigurationAt => {
  const found = configurations.filter((one) => one.index <= index).at(-1);
  assert(found !== undefined, "a configuration is asked for that is forgotten");
  return found;
};

/** Appends entries behind the last. */
export const appendEntries = (log: Log, entries: readonly Entry[]): void => {
  for (const entry of entries) {
    const last = lastId(log);
    assert(entry.index === last.index + 1, "an entry leaves a gap");
    assert(entry.term >= last.term, "a term goes back within the log");
    assert(Number.isSafeInteger(entry.index), "an index is beyond what a number holds");
    log.entries.push(entry);
    log.bytes += bytesOfEntry(entry);
    if (entry.kind !== "configuration") continue;
    assert(isConfiguration(entry.configuration), "an entry holds a configuration that is none");
    log.configurations.push({ index: entry.index, configuration: entry.configuration });
  }
};

/** Cuts off every entry from this index on, and the configurations in them: the one before holds again. */
export const truncateFrom = (log: Log, index: number): void => {
  assert(index > log.base.index, "compacted entries are cut off");
  const removed = log.entries.splice(index - log.base.index - 1);
  for (const entry of removed) log.bytes -= bytesOfEntry(entry);
  while ((log.configurations.at(-1)?.index ?? 0) >= index) log.configurations.pop();
  assert(log.configurations.length > 0, "the configuration that holds is cut off");
};

/** Forgets every entry up to this one. */
export const compactTo = (log: Log, index: number): void => {
  const term = termAt(log, index);
  assert(term !== null, "a log is compacted to where it does not reach");
  const removed = log.entries.splice(0, index - log.base.index);
  for (const entry of removed) log.bytes -= bytesOfEntry(entry);
  log.base = { index, term };
  while ((log.configurations[1]?.index ?? index + 1) <= index) log.configurations.shift();
};

/** Whether the log has this very entry. What is compacted is committed, and so the same everywhere; but its term is known of the last of it only. */
export const hasEntry = (log: Log, { index, term }: EntryId): boolean =>
  termAt(log, index) === term;

/**
 * The last place, at or below `index`, where the term is not above `term`: nothing above it can agree with a log that has `term` at `index`.
 *
 * The one who is refused and the one who refuses both ask this of their own logs, so that a follower that has diverged over a few terms is found
 * in as many round trips, not in one for each entry. Below the base nothing is known: the base is given. Cost: the entries in between.
 */
export const conflictHint = (log: Log, { index, term }: EntryId): EntryId => {
  let place = Math.min(index, lastIndex(log));
  while (place > log.base.index && (termAt(log, place) ?? 0) > term) place -= 1;
  place = Math.max(place, log.base.index);
  return { index: place, term: termAt(log, place) ?? 0 };
};

/** The entries from `fromIndex` on, as many as `bytesMax` allows but at least one if there is any. It must not be compacted. */
export const entriesFrom = (log: Log, fromIndex: number, bytesMax: number): readonly Entry[] => {
  assert(fromIndex > log.base.index, "compacted entries are asked for");
  const start = fromIndex - log.base.index - 1;
  let end = start;
  let bytes = 0;
  for (; end < log.entries.length; end += 1) {
    const entry = log.entries[end];
    if (entry === undefined) break;
    bytes += bytesOfEntry(entry);
    if (bytes > bytesMax && end > start) break;
  }
  return log.entries.slice(start, end);
};
