/** What a home deals in, besides messages: requests, outputs, records, queries and rows. */
import type { Incarnation, VersionVector } from "@syncline/clocks";
import type { PeerId } from "@syncline/machine";
import type { AdmittedEdge, Batch, EdgeId, Entry, HomeId, State } from "./batch.ts";
import type { Presence, SpaceMessage } from "./messages.ts";

/** A session that lasts while its home rests. */
export interface RestingSession {
  readonly peer: PeerId;
  readonly edge: EdgeId;
  /** What its clients show of themselves, by their keys. */
  readonly presences: readonly (readonly [key: number, bytes: Uint8Array])[];
}

/** What is kept in memory of a home that rests. */
export interface Rest {
  /** What was on its disk, and at each of its edges. */
  readonly vector: VersionVector;
  readonly sessions: readonly RestingSession[];
  /** Counts that stand on the disk only to within the last few: with a rest after each batch, they would never grow. */
  readonly entryCount: number;
  readonly entryBytes: number;
  /** Of documents with entries that are not merged yet; their bytes are counted likewise. */
  readonly documents: readonly DocumentHead[];
}

/** What a home's runner tells it. */
export type HomeRequest =
  /** A link to another home of the space is up, or has been all along. */
  | { readonly kind: "connected"; readonly home: HomeId }
  /** It was tried to reach this home, in vain: nothing waits for it. */
  | { readonly kind: "unreachable"; readonly home: HomeId }
  /** The home has recovered from a rest (see `restOf`), and its edges are still there. Comes first. */
  | { readonly kind: "resumed"; readonly rest: Rest }
  /** An edge's connection or a link to another home is gone. */
  | { readonly kind: "disconnected"; readonly peer: PeerId }
  /** What waits to be sent to this peer has passed the high-water mark. */
  | { readonly kind: "congested"; readonly peer: PeerId }
  /** It has fallen below the low-water mark again. */
  | { readonly kind: "drained"; readonly peer: PeerId }
  /**
   * The answer to the output `compact`; null if the parts could not be merged. `proposal` is a batch's payload that follows from them: what is to be folded
   * next of the document, for the home that proposes; null for nothing.
   */
  | {
      readonly kind: "compacted";
      readonly document: string;
      readonly payload: Uint8Array | null;
      readonly proposal?: Uint8Array | null;
    }
  /** Comes from the home itself: the entries that it persisted are on disk. */
  | {
      readonly kind: "persisted";
      readonly entries: readonly Entry[];
      readonly vector: VersionVector;
    }
  /** Comes from the home itself: what has become durable may be passed on now. */
  | { readonly kind: "stream" }
  /** Comes from the home itself: what this presence came after is on disk. `link` counts the links to its sender, if that is a home. */
  | {
      readonly kind: "presence";
      readonly from: PeerId;
      readonly link: number;
      readonly presence: Presence;
    }
  /** Comes from the home itself: what was accepted before another home's greeting is on disk, and that may be answered. `link` counts the links to it. */
  | {
      readonly kind: "greeted";
      readonly home: HomeId;
      readonly link: number;
      readonly round: number;
    }
  /** Comes from the home itself: the compaction of a document is on disk. */
  | { readonly kind: "compaction-persisted" };

/** What a home tells its runner. */
export type HomeOutput =
  /** Merge these payloads into one and answer with `compacted`. */
  | {
      readonly kind: "compact";
      readonly document: string;
      readonly type: string;
      readonly payloads: readonly Uint8Array[];
    }
  /** Somebody knows more of this home's own log than it does itself: the directory is an old copy, and needs a new incarnation before anything is admitted. */
  | { readonly kind: "rolled-back"; readonly home: HomeId; readonly number: number }
  /** A peer broke the protocol: close its connection. */
  | { readonly kind: "violation"; readonly peer: PeerId; readonly reason: string };

/** What a payload, or all payloads of a document together, say of folds: see `fencing.ts`. */
export interface Fence {
  /** How many folds are performed in it. */
  readonly epoch: number;
  /** The last fold that is proposed; `epoch` if none is beyond it. */
  readonly proposedEpoch: number;
  /** Some fold is asked for. */
  readonly isAsking: boolean;
}

/** What a payload says of folds. */
export interface PayloadFence extends Fence {
  /** Whether it brings the folds that it speaks of; otherwise who takes it must know them. */
  readonly isWhole: boolean;
}

/** What a home must understand of payloads. Pure functions: they belong to whoever knows the types. */
export interface Fencing {
  /** What a batch says of folds; null if it is of before the first. */
  readonly fenceOf: (batch: Batch) => PayloadFence | null;
  /** The payload that performs what is proposed up to this epoch. */
  readonly performing: (epoch: number) => Uint8Array;
  /** How many epochs old a batch may be when it is admitted. */
  readonly epochsAdmitted: number;
}

/** Types that fold nothing. */
export const noFencing: Fencing = {
  fenceOf: () => null,
  performing: () => new Uint8Array(),
  epochsAdmitted: Number.POSITIVE_INFINITY,
};

/** What a home knows of a document without opening it. */
export interface DocumentHead {
  readonly document: string;
  readonly type: string;
  /** Bytes of its merged states. */
  readonly stateBytes: number;
  /** Bytes of its entries that are not merged yet, right to within the last few after a crash. */
  readonly entryBytes: number;
  /** What its batches say of folds; null if none of them does. */
  readonly fence: Fence | null;
}

/** What a home keeps on disk. */
export type HomeRecord =
  | { readonly kind: "entry"; readonly entry: Entry }
  /** Stands where an entry was: it is part of the document's state now. */
  | {
      readonly kind: "stub";
      readonly incarnation: Incarnation;
      readonly number: number;
      readonly document: string;
    }
  | { readonly kind: "no-entry"; readonly incarnation: Incarnation; readonly number: number }
  | { readonly kind: "state"; readonly part: number; readonly state: State }
  | { readonly kind: "no-state"; readonly part: number; readonly document: string }
  | { readonly kind: "document"; readonly head: DocumentHead }
  | { readonly kind: "edge"; readonly edge: AdmittedEdge }
  | { readonly kind: "no-edge"; readonly edge: string }
  /** What the home has, and how many entries of it are not compacted yet. */
  | {
      readonly kind: "head";
      readonly vector: VersionVector;
      readonly entryCount: number;
      readonly entryBytes: number;
      readonly nextPart: number;
    }
  /** Whether some other home may lack something: such spaces are opened when a link comes up. */
  | { readonly kind: "unsettled"; readonly isUnsettled: boolean };

/** What a home asks its store. */
export type HomeQuery =
  /** Entries and stubs of one log from `fromNumber` (in) to `toNumber` (out), ascending; at least one row if there is one, and about `bytesMax`. */
  | {
      readonly kind: "log";
      readonly incarnation: Incarnation;
      readonly fromNumber: number;
      readonly toNumber: number;
      readonly bytesMax: number;
    }
  /** All state parts of a document. */
  | { readonly kind: "states"; readonly document: string };

/** A piece of an answer. */
export type HomeRow =
  | { readonly kind: "entry"; readonly entry: Entry }
  | {
      readonly kind: "stub";
      readonly incarnation: Incarnation;
      readonly number: number;
      readonly document: string;
    }
  | { readonly kind: "state"; readonly part: number; readonly state: State };

/** The home machine's kinds of data. `recover` takes the records `head`, `document`, `edge` and `unsettled`; the others are read by queries. */
export interface HomeProtocol {
  readonly request: HomeRequest;
  readonly message: SpaceMessage;
  readonly output: HomeOutput;
  readonly record: HomeRecord;
  readonly query: HomeQuery;
  readonly row: HomeRow;
}

/** One home's place among the homes of a space. */
export interface HomeConfig {
  readonly home: HomeId;
  readonly incarnation: Incarnation;
  /** The other homes of the space. */
  readonly others: readonly HomeId[];
  /** On how many disks a batch must be for `quorum` (W). */
  readonly writeQuorum: number;
  /** How many homes a first reading asks, this one included (R). */
  readonly readQuorum: number;
}
