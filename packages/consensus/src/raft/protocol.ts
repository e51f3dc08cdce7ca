/** What the machine deals in: requests, outputs, records and queries. */
import type { Protocol } from "@syncline/machine";
import type { Configuration, ChangeRefusal, MembershipChange } from "./configuration.ts";
import type { Entry, EntryId } from "./entry.ts";
import type { RaftMessage, SnapshotMeta } from "./messages.ts";
import type { NodeId } from "./node-id.ts";

/** Raft as a protocol. */
export interface RaftProtocol extends Protocol {
  readonly request: RaftRequest;
  readonly message: RaftMessage;
  readonly output: RaftOutput;
  readonly record: RaftRecord;
  readonly query: RaftQuery;
  readonly row: RaftRow;
}

/** What the application asks. Tokens are its own; each is answered by `accepted`, `readable` or `refused`, unless the node stops; a `transfer` only if it is refused. */
export type RaftRequest =
  /** Put this into the log. */
  | { readonly kind: "propose"; readonly token: number; readonly data: Uint8Array }
  /** Say when whoever has applied everything delivered so far may answer a linearizable read. */
  | { readonly kind: "read"; readonly token: number }
  /** Change the members; see `changeMembers`. */
  | {
      readonly kind: "change-members";
      readonly token: number;
      readonly changes: readonly MembershipChange[];
      readonly isLeavingByItself?: boolean;
    }
  /** End a change that does not end by itself. */
  | { readonly kind: "leave-joint"; readonly token: number }
  /** Hand the leadership over. */
  | { readonly kind: "transfer"; readonly token: number; readonly to: NodeId }
  /** The answer to `snapshot-wanted`, sooner or later: the application's state after the entry at `index`, in pieces. */
  | {
      readonly kind: "snapshot-taken";
      readonly index: number;
      readonly chunks: readonly Uint8Array[];
    }
  /** Call an election now; for tests and for whoever wants a leader at once. */
  | { readonly kind: "campaign" }
  | RaftNews;

/** What the machine tells itself by `submit`: later, or once records are on disk. */
export type RaftNews =
  /** Everything that came with the entries appended since is taken: they go out. */
  | { readonly kind: "flush"; readonly term: number }
  /** The leader's own log is on its disk up to `index`, as it was in `term`. */
  | { readonly kind: "appended"; readonly term: number; readonly index: number }
  /** Its own vote is on disk. */
  | { readonly kind: "voted"; readonly term: number }
  /** A snapshot is on disk as a whole and in use. */
  | { readonly kind: "switched"; readonly snapshot: string; readonly isReceived: boolean };

/** Why a request was not taken. It had and will have no effect. */
export type RaftRefusal =
  /** Ask `leader`, or somebody else if it is null. Also of reads whose leader lost its office while they waited. */
  | "not-leader"
  /** The leadership is being handed over. */
  | "transferring"
  /** Too much is uncommitted, or too many reads wait. Ask again later. */
  | "busy"
  | "too-large"
  /** The change before is not over, or this leader has committed nothing of its own term yet. Ask again later. */
  | "not-yet"
  /** A learner that is to be promoted, or a voter to whom the leadership is to go, is far behind. Ask again later. */
  | "behind"
  /** Of the voters to be, no majority was heard of lately with a whole disk: the cluster would stand still, perhaps for ever. */
  | "unheard"
  | ChangeRefusal;

/** What the application is told, in order. */
export type RaftOutput =
  /** The role, term or known leader is another one. Whatever was accepted before and is not applied is of unknown fate. */
  | {
      readonly kind: "role";
      readonly role: RoleKind;
      readonly term: number;
      readonly leader: NodeId | null;
    }
  /** The proposal stands in the log. It has its effect if and only if an entry of this index and this term is applied. */
  | {
      readonly kind: "accepted";
      readonly token: number;
      readonly index: number;
      readonly term: number;
    }
  | {
      readonly kind: "refused";
      readonly token: number;
      readonly reason: RaftRefusal;
      readonly leader: NodeId | null;
    }
  /** Everything up to `index` has been delivered, and was committed after the read was asked: answer it from the present state. */
  | { readonly kind: "readable"; readonly token: number; readonly index: number }
  /** These are committed, each for ever and everywhere: apply them. */
  | { readonly kind: "apply"; readonly entries: readonly Entry[] }
  /** The state as of the snapshot replaces the application's; pieces come in order, the first has offset 0. */
  | {
      readonly kind: "restore";
      readonly snapshot: SnapshotMeta;
      readonly offset: number;
      readonly bytes: Uint8Array;
      readonly isLast: boolean;
    }
  /** The log is long: answer with `snapshot-taken` of this index, which is where the application stands now. */
  | { readonly kind: "snapshot-wanted"; readonly index: number }
  /** Another configuration holds; transports connect to its members. */
  | { readonly kind: "members"; readonly configuration: Configuration };

/** What a node can be. A learner, and whoever has no configuration yet, is a follower. */
export type RoleKind = "follower" | "pre-candidate" | "candidate" | "leader";

/** What goes to the disk. */
export type RaftRecord =
  /** Term and vote, in one: apart, a crash between the two could leave the vote of one term in another. Replaces the one before. */
  | { readonly kind: "ballot"; readonly term: number; readonly vote: NodeId | null }
  /** Follows the one before without a gap, or replaces one and cuts off all after it. */
  | { readonly kind: "entry"; readonly entry: Entry }
  /** Everything up to this entry is gone; 0 keeps all. Replaces the one before. */
  | { readonly kind: "base"; readonly base: EntryId }
  /** This snapshot holds; its chunks are there. Replaces the one before. With `isWhole` every entry of the log is gone, too. */
  | { readonly kind: "snapshot"; readonly snapshot: SnapshotMeta; readonly isWhole: boolean }
  /** A piece of a snapshot that may not hold yet. */
  | {
      readonly kind: "chunk";
      readonly snapshot: string;
      readonly offset: number;
      readonly bytes: Uint8Array;
    }
  /** A snapshot is being received, and its chunks before `nextOffset` are there; null for none. Replaces the one before. */
  | { readonly kind: "receiving"; readonly receiving: Receiving | null }
  /** The chunks of this snapshot are gone. */
  | { readonly kind: "no-chunks"; readonly snapshot: string }
  /** The disk has lost entries; it must not vote or acknowledge. Null once it has them again. Replaces the one before; written by the store or the machine. */
  | { readonly kind: "hole"; readonly hole: Hole | null };

/** A snapshot that is on its way here. */
export interface Receiving {
  readonly snapshot: SnapshotMeta;
  readonly nextOffset: number;
}

/** What a disk lost: every entry from `fromIndex` on, and nobody knows how many they were. */
export interface Hole {
  readonly fromIndex: number;
}

/** What is read. The head (`ballot`, `base`, `snapshot`, `receiving`, `hole`) is given to `recover` and never asked for. */
export type RaftQuery =
  /** Entries from this index on. */
  | { readonly kind: "entries"; readonly fromIndex: number; readonly bytesMax: number }
  /** The chunk of a snapshot that begins at `offset`. */
  | { readonly kind: "chunk"; readonly snapshot: string; readonly offset: number };

/** An answer to a query. */
export type RaftRow =
  | { readonly kind: "entry"; readonly entry: Entry }
  | { readonly kind: "chunk"; readonly offset: number; readonly bytes: Uint8Array };
