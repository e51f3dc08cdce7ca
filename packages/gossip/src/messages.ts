/** What edges and homes say to each other about one space. `PROTOCOL.md` tells how it looks on the wire and what each side does. */
import type { Dot, Incarnation, VersionVector } from "@syncline/clocks";
import type { ErrorCode } from "@syncline/machine";
import type { AdmittedEdge, Batch, EdgeId, Entry, HomeId, State } from "./batch.ts";

/** How far the logs are on the disk of one home, as another passes it on. */
export interface DurableVector {
  readonly home: HomeId;
  readonly incarnation: Incarnation;
  readonly vector: VersionVector;
}

/** A batch at its place, as edges are shown it; `batch` is null for one of the edge's own, which it has. */
export interface ShownEntry extends Dot {
  readonly batch: Batch | null;
  /** The edge's own number of the batch, or 0 if it is somebody else's. */
  readonly ownNumber: number;
}

/** A batch that an edge was shown by a home that is gone, at the place where it stood. */
export interface CarriedBatch extends Dot {
  readonly batch: Batch;
}

/** From an edge to its home. */
export type EdgeMessage =
  /** Begins a session: what the edge has been shown. */
  | { readonly kind: "join"; readonly edge: EdgeId; readonly vector: VersionVector }
  /** The edge's own batches, numbered from `firstNumber` without a gap. */
  | { readonly kind: "submit"; readonly firstNumber: number; readonly batches: readonly Batch[] }
  /** Batches that this home lacks and the edge was shown elsewhere. */
  | { readonly kind: "carry"; readonly batches: readonly CarriedBatch[] }
  /** What a client shows of itself, under its awareness client id; empty bytes when it is gone. */
  | Presence;

/** From a home to one of its edges. */
export type HomeMessage =
  /** Answers `join`. */
  | {
      readonly kind: "welcome";
      readonly home: HomeId;
      readonly incarnation: Incarnation;
      /** What this home has on disk. */
      readonly vector: VersionVector;
      /** Up to which number the edge's batches are on this disk, and where the last stands; null if it has none. */
      readonly admitted: { readonly number: number; readonly dot: Dot } | null;
      /** How many homes the space has. */
      readonly homeCount: number;
      /** On how many disks a batch must be to be settled at `quorum`. */
      readonly writeQuorum: number;
      /** How many homes' vectors this one has taken in for this opening, itself included. */
      readonly heardCount: number;
      /** The same for the other homes of the space, as far as this one knows. */
      readonly durable: readonly DurableVector[];
    }
  /** Catch-up: all groups up to the one with `isLast` are shown together. */
  | {
      readonly kind: "group";
      readonly entries: readonly ShownEntry[];
      readonly states: readonly Batch[];
      readonly isLast: boolean;
      /** What the edge covers once it has shown the group; empty unless `isLast`. */
      readonly vector: VersionVector;
    }
  /** New entries, each right after what the edge covers of its log. */
  | { readonly kind: "update"; readonly entries: readonly ShownEntry[] }
  /** The edge's batches up to `number` are on this home's disk, the last of them at `dot`. */
  | { readonly kind: "admitted"; readonly number: number; readonly dot: Dot }
  /** A carried batch stands at a new place; null if it is a proposal of folds, which is worth nothing once its home is gone, and is to be let go. */
  | { readonly kind: "carried"; readonly from: Dot; readonly to: Dot | null }
  /**
   * By now this home has taken in what so many homes had, itself included, when they answered: `vector` covers it. They were asked after an edge without a
   * vector had joined; before one with a vector did, maybe. Comes once, where the welcome told of too few.
   */
  | { readonly kind: "heard"; readonly heardCount: number; readonly vector: VersionVector }
  /** How far logs have come on another home's disk. With `isWhole` it replaces what was said of that home before. */
  | ({ readonly kind: "durable"; readonly isWhole: boolean } & DurableVector)
  /** A batch was not admitted and will not be. */
  | {
      readonly kind: "refused";
      readonly number: number;
      readonly code: ErrorCode;
      readonly reason: string;
    }
  | Presence;

/** What a client shows of itself; passed on, never stored. */
export interface Presence {
  readonly kind: "presence";
  readonly key: number;
  readonly bytes: Uint8Array;
}

/** Between two homes of a space, both ways. */
export type PeerMessage =
  /** What the sender has on disk. `round` is answered by a `hello` with the same `round` and `isReply`. */
  | {
      readonly kind: "hello";
      readonly incarnation: Incarnation;
      readonly vector: VersionVector;
      readonly round: number;
      readonly isReply: boolean;
    }
  /** Entries of the sender's own log, in order. */
  | { readonly kind: "replicate"; readonly entries: readonly Entry[] }
  /** How far logs have come on the sender's disk: only what changed. */
  | { readonly kind: "stored"; readonly vector: VersionVector }
  /** Asks for everything that this vector does not cover. A later pull on the same connection takes the place of an earlier one. */
  | { readonly kind: "pull"; readonly number: number; readonly vector: VersionVector }
  /** Answers the pull with this number: all fills up to the one with `isLast` are taken together. */
  | {
      readonly kind: "fill";
      readonly number: number;
      readonly entries: readonly Entry[];
      readonly states: readonly State[];
      readonly edges: readonly AdmittedEdge[];
      readonly isLast: boolean;
      readonly vector: VersionVector;
    }
  | Presence;

/** Everything that can be said about a space. */
export type SpaceMessage = EdgeMessage | HomeMessage | PeerMessage;
