/** A disk for a replicated log: term, vote and entries in one stream, on Node. */
export type { EntriesQuery } from "./log-reader.ts";
export type { Facts } from "./facts.ts";
export { openRaftLog, type RaftLog, type RaftLogOptions } from "./raft-log.ts";
export {
  ENTRY_BYTES_MAX,
  FACTS_BYTES_MAX,
  NAME_BYTES_MAX,
  type EntryPlace,
  type LogEntry,
  type RaftLogRecord,
} from "./records.ts";
export type { RaftLogRecovery } from "./recovery.ts";
export type { SnapshotFiles } from "./snapshot-files.ts";
