/** What a replicated log's disk is asked to keep, and how large it may be. The content is opaque here: a protocol brings its own bytes. */
import { SyncError } from "@syncline/machine";

/** A place in the log and the term of the leader that filled it; 0 and 0 before the first entry. */
export interface EntryPlace {
  readonly index: number;
  readonly term: number;
}

/** One entry. `type` is the protocol's own, from 0 to 255. */
export interface LogEntry extends EntryPlace {
  readonly type: number;
  readonly bytes: Uint8Array;
}

/** One change of what is on the disk. */
export type RaftLogRecord =
  /** Follows the last entry without a gap, or replaces one that is there and cuts off all behind it. */
  | { readonly kind: "entry"; readonly entry: LogEntry }
  /** No entry from this index on is there any more, as far as they are not compacted: 1 leaves none behind the base. */
  | { readonly kind: "truncation"; readonly fromIndex: number }
  /** Every entry up to this place is gone, whether it was there or not: the log begins behind it. Never moves back. */
  | { readonly kind: "base"; readonly base: EntryPlace }
  /**
   * A small fact that replaces the one of the same name, or removes it (null): term and vote as one, the snapshot that holds. All facts together stand in
   * every batch that is written, so they are known from any one of them.
   */
  | { readonly kind: "fact"; readonly name: string; readonly bytes: Uint8Array | null }
  /** A piece of a snapshot, right behind the one before; offset 0 begins the snapshot anew. It means nothing before a fact says that it does. */
  | {
      readonly kind: "chunk";
      readonly snapshot: string;
      readonly offset: number;
      readonly bytes: Uint8Array;
    }
  /** The chunks of this snapshot are gone, if there were any: after what else is in the batch is on disk, since that may name another in its place. */
  | { readonly kind: "no-chunks"; readonly snapshot: string };

/** The longest entry or chunk: 32 MiB. */
export const ENTRY_BYTES_MAX: number = 32 * 1024 * 1024;
/** All facts together, with their names: 64 KiB. Each batch has them. */
export const FACTS_BYTES_MAX: number = 64 * 1024;
/** The longest name of a fact, and of a snapshot, in bytes of UTF-8. */
export const NAME_BYTES_MAX = 100;

/** Throws `TOO_LARGE` if a record is. */
export const checkRecord = (record: RaftLogRecord): void => {
  switch (record.kind) {
    case "entry":
      return checkSize("an entry", record.entry.bytes.length, ENTRY_BYTES_MAX);
    case "chunk":
      checkSize("a chunk", record.bytes.length, ENTRY_BYTES_MAX);
      return checkName(record.snapshot);
    case "no-chunks":
      return checkName(record.snapshot);
    case "fact":
      return checkName(record.name);
    case "truncation":
    case "base":
      return;
  }
};

const checkName = (name: string): void =>
  checkSize("a name", Buffer.byteLength(name), NAME_BYTES_MAX);

/** Throws `TOO_LARGE` for what has more bytes than fit. */
export const checkSize = (what: string, byteCount: number, bytesMax: number): void => {
  if (byteCount > bytesMax) {
    throw new SyncError("TOO_LARGE", `${what} of ${byteCount} bytes; at most ${bytesMax} fit`);
  }
};
