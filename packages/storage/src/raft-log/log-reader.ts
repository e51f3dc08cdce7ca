/** Entries of an open log, from the disk. */
import { openSync } from "node:fs";
import { SyncError } from "@syncline/machine";
import { readErrorOf } from "../storage-errors.ts";
import { decodeRecord, RECORD_HEADER_BYTES } from "./batch.ts";
import type { EntryIndex, Location } from "./entry-index.ts";
import type { LogState } from "./log-state.ts";
import type { LogEntry } from "./records.ts";
import { readBytes } from "./segment-file.ts";

/** Which entries are read. */
export interface EntriesQuery {
  readonly fromIndex: number;
  /** The entry whose bytes reach it is the last, so there is always one if there is any. */
  readonly bytesMax: number;
}

/** Nearby entries are read in one go. */
const RUN_BYTES_MAX = 4 * 1024 * 1024;

/** Entries from `fromIndex` on, as far as they are there. Throws `STORAGE_CORRUPT` for one that has rotted. */
export const readEntries = (
  log: LogState,
  { fromIndex, bytesMax }: EntriesQuery,
): readonly LogEntry[] => {
  if (log.isClosed) throw new SyncError("CLOSED", "the log is closed");
  const entries: LogEntry[] = [];
  let byteCount = 0;
  for (let index = fromIndex; byteCount < bytesMax;) {
    const run = runFrom(log.index, index, bytesMax - byteCount);
    const [first, last] = [run[0], run.at(-1)];
    if (first === undefined || last === undefined) break;
    const bytes = readRun(log, first, last);
    for (const { at } of run) {
      const record = decodeRecord(bytes, at - first.at);
      if (record?.kind !== "entry" || record.entry.index !== index) {
        throw new SyncError("STORAGE_CORRUPT", `entry ${index} of the log is damaged`);
      }
      entries.push(record.entry);
      byteCount += record.entry.bytes.length;
      index += 1;
    }
  }
  return entries;
};

/** Entries that stand in one file one behind the other. */
const runFrom = (index: EntryIndex, fromIndex: number, bytesMax: number): readonly Location[] => {
  const run: Location[] = [];
  let byteCount = 0;
  for (let at = fromIndex; byteCount < bytesMax; at += 1) {
    const location = index.locationOf(at);
    const first = run[0] ?? location;
    if (location === null || first === null || location.segment !== first.segment) break;
    if (run.length > 0 && location.at - first.at > RUN_BYTES_MAX) break;
    run.push(location);
    byteCount += location.byteCount - RECORD_HEADER_BYTES;
  }
  return run;
};

const readRun = (log: LogState, first: Location, last: Location): Buffer => {
  const segment = log.segments.find(({ firstSequence }) => firstSequence === first.segment);
  if (segment === undefined) throw new SyncError("STORAGE_CORRUPT", "a file of the log is gone");
  try {
    segment.descriptor ??= openSync(segment.path, "r");
    return readBytes(segment.descriptor, first.at, last.at + last.byteCount - first.at);
  } catch (error) {
    throw readErrorOf(error);
  }
};
