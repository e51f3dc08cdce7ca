/** What nodes say to each other. */
import type { Configuration } from "./configuration.ts";
import type { Entry, EntryId } from "./entry.ts";
import type { NodeId } from "./node-id.ts";

/**
 * A message between two incarnations. One that is not for the incarnation that gets it is dropped: it was meant for a disk that is no more.
 *
 * `term` is the sender's; of a `pre-vote` and the `yes` to it, the term that the sender would begin.
 */
export type RaftMessage = {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly term: number;
} & RaftMessageKind;

/** The kinds of messages. */
export type RaftMessageKind =
  /** Would you vote for me? Nobody's state changes by it (Raft thesis, §9.6). `last` is the end of the sender's log. */
  | { readonly kind: "pre-vote"; readonly last: EntryId }
  | { readonly kind: "pre-vote-answer"; readonly isGranted: boolean }
  /** `isTransfer`: the leader itself asked for this election, so it is no disturbance. */
  | { readonly kind: "vote"; readonly last: EntryId; readonly isTransfer: boolean }
  | { readonly kind: "vote-answer"; readonly isGranted: boolean }
  /** Entries that follow `previous`, perhaps none. `commit` is the sender's commit index. */
  | {
      readonly kind: "append";
      readonly previous: EntryId;
      readonly entries: readonly Entry[];
      readonly commit: number;
    }
  /**
   * Everything up to `index` agrees and is on this disk. `mending` is null, or says that this disk has lost something and must not be counted; the number
   * tells this loss from others.
   */
  | { readonly kind: "append-answer"; readonly index: number; readonly mending: number | null }
  /** The disk that had lost something has it again. */
  | { readonly kind: "mended"; readonly mending: number }
  /** The log does not have `refusedIndex` as the append said it; `hint` is where it may agree. */
  | {
      readonly kind: "append-refusal";
      readonly refusedIndex: number;
      readonly hint: EntryId;
      readonly mending: number | null;
    }
  /** `commit` is at most what the follower is known to have. `round` numbers what it proves. */
  | { readonly kind: "heartbeat"; readonly commit: number; readonly round: number }
  | { readonly kind: "heartbeat-answer"; readonly round: number }
  /** A piece of a snapshot. */
  | {
      readonly kind: "chunk";
      readonly snapshot: SnapshotMeta;
      readonly offset: number;
      readonly bytes: Uint8Array;
    }
  /** Everything before `nextOffset` of this snapshot is on disk here. */
  | { readonly kind: "chunk-answer"; readonly snapshot: string; readonly nextOffset: number }
  /** Call an election now, without waiting. */
  | { readonly kind: "campaign-now" }
  /** To a leader or candidate of an older term: there is a newer one. */
  | { readonly kind: "outdated" };

/** What is known of a snapshot without its bytes. */
export interface SnapshotMeta {
  /** Made by whoever took it; no other snapshot has it. */
  readonly id: string;
  /** The last entry whose effect is in it. */
  readonly last: EntryId;
  /** The configuration as of that entry, and the entry that brought it. */
  readonly configuration: Configuration;
  readonly configurationIndex: number;
  readonly sizeBytes: number;
}
