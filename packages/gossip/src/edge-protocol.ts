/** What an edge deals in, besides messages: requests, outputs and records. */
import type { Incarnation, VersionVector } from "@syncline/clocks";
import type { ErrorCode } from "@syncline/machine";
import type { Batch, HomeId } from "./batch.ts";
import type { SpaceMessage } from "./messages.ts";

/** What an edge's application tells it. */
export type EdgeRequest =
  /** A home can be reached; the session begins. */
  | { readonly kind: "connected" }
  /** It cannot any more. */
  | { readonly kind: "disconnected" }
  /** A change of a document, already merged into one batch. */
  | { readonly kind: "edit"; readonly batch: Batch }
  /** How far every log is settled, by what the outputs `durable` told: on W disks, on all N. */
  | { readonly kind: "settled"; readonly quorum: VersionVector; readonly all: VersionVector }
  /** Answers the output `owed`: all that the replica holds, a batch for each document. */
  | { readonly kind: "states"; readonly batches: readonly Batch[] }
  /** What the client shows of itself; empty bytes when it leaves. */
  | { readonly kind: "presence"; readonly key: number; readonly bytes: Uint8Array }
  /** Comes from the edge itself: the edits before this presence are in the device's store. */
  | { readonly kind: "presence-due"; readonly key: number; readonly bytes: Uint8Array }
  /** Comes from the edge itself: its batches up to this number are in the device's store. */
  | { readonly kind: "persisted"; readonly number: number };

/** What an edge tells its application. */
export type EdgeOutput =
  /** Apply these, all before anybody looks: together they are causally complete. */
  | { readonly kind: "show"; readonly batches: readonly Batch[] }
  /** The session has begun. */
  | {
      readonly kind: "welcome";
      readonly home: HomeId;
      readonly homeCount: number;
      readonly writeQuorum: number;
      readonly heardCount: number;
    }
  /** Everything that the home had when the session began has been shown. */
  | { readonly kind: "synced" }
  /** What so many homes had has been shown: in an edge's first session, what they had after it had begun. Comes where the welcome told of too few. */
  | { readonly kind: "heard"; readonly heardCount: number }
  /** How far logs are on a home's disk; with `isWhole` it replaces what was said of that home before. */
  | {
      readonly kind: "durable";
      readonly home: HomeId;
      readonly incarnation: Incarnation;
      readonly vector: VersionVector;
      readonly isWhole: boolean;
    }
  /** Up to which of the edge's own numbers each level is reached, and where the newest batch stands if it is at a home. */
  | {
      readonly kind: "levels";
      readonly submitted: number;
      readonly local: number;
      readonly relay: number;
      readonly quorum: number;
      readonly all: number;
      readonly newest: { readonly incarnation: Incarnation; readonly number: number } | null;
    }
  /** The home lacks something that this edge was shown and does not hold as a batch any more: answer with `states`. */
  | { readonly kind: "owed" }
  /** A batch was not taken, here or at the home. */
  | {
      readonly kind: "refused";
      readonly number: number;
      readonly document: string | null;
      readonly code: ErrorCode;
      readonly reason: string;
    }
  /** The home broke the protocol: begin a new connection. */
  | { readonly kind: "violation"; readonly reason: string }
  /** Somebody else's presence; empty bytes when gone. */
  | { readonly kind: "presence"; readonly key: number; readonly bytes: Uint8Array };

/** What an edge keeps in the device's store. */
export type EdgeRecord =
  | { readonly kind: "batch"; readonly number: number; readonly batch: Batch }
  /** Own batches up to this number are settled and need not be kept. */
  | { readonly kind: "settled"; readonly number: number };

/** The edge machine's kinds of data. */
export interface EdgeProtocol {
  readonly request: EdgeRequest;
  readonly message: SpaceMessage;
  readonly output: EdgeOutput;
  readonly record: EdgeRecord;
  readonly query: never;
  readonly row: never;
}
