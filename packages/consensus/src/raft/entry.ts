/** What stands in the log. */
import type { Configuration } from "./configuration.ts";

/** A place in the log and the term of the leader that filled it. Two entries with the same id are the same entry (Raft, §5.3). */
export interface EntryId {
  /** From 1; 0 stands for the beginning, before every entry. */
  readonly index: number;
  /** From 1; 0 only at the beginning. */
  readonly term: number;
}

/** One entry. */
export type Entry = EntryId &
  (
    | /** Nothing: what a leader begins its term with, so that it can commit (Raft, §8). */
      { readonly kind: "empty" }
    /** The application's; opaque here. */
    | { readonly kind: "command"; readonly data: Uint8Array }
    /** From this entry on, committed or not, the members are these (Raft, §6). It holds all of them, so no history is needed to know them. */
    | { readonly kind: "configuration"; readonly configuration: Configuration }
  );

/** What an entry is counted as in every limit: its data, and 32 bytes for what goes with it, or for each member that it names. */
export const bytesOfEntry = (entry: Entry): number => {
  switch (entry.kind) {
    case "empty":
      return 32;
    case "command":
      return 32 + entry.data.length;
    case "configuration": {
      const { voters, outgoing, learners, learnersNext } = entry.configuration;
      return 32 * (1 + voters.length + outgoing.length + learners.length + learnersNext.length);
    }
  }
};

/** Whether a log that ends at `one` is at least as up to date as one that ends at `other`: the later term, or the same and as long (Raft, §5.4.1). */
export const isUpToDate = (one: EntryId, other: EntryId): boolean =>
  one.term > other.term || (one.term === other.term && one.index >= other.index);
