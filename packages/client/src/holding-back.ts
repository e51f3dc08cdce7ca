/** Edits that cannot be sent, and all later ones of the same document, which rest on them. */
import * as Y from "yjs";
import type { SyncError } from "@syncline/machine";

/** What is held back of a document: everything beyond a state vector. */
export interface HeldBack {
  /** What has been sent, for each Yjs client; deletions come along with whatever is sent. */
  readonly vector: ReadonlyMap<number, number>;
  readonly error: SyncError;
  /** The bytes that were refused. */
  readonly refusedBytes: number;
  /** Whether it was refused here: then it can be known here when it fits. */
  readonly isOwnLimit: boolean;
}

/** Below this size a refused part is offered again after each deletion, though it did not shrink. */
const smallBytes = 64 * 1024;

/** Whether what is held back is worth another try at this size. */
export const isWorthTrying = (
  heldBack: HeldBack,
  sizeBytes: number,
  batchBytesMax: number,
): boolean => {
  if (sizeBytes > batchBytesMax) return false;
  if (heldBack.error.code === "OUTBOX_FULL") return true;
  if (heldBack.error.code !== "TOO_LARGE") return false;
  // A home's limit is not known here. Offering ten megabytes again at every deleted letter would only keep the line busy.
  return heldBack.isOwnLimit || sizeBytes <= Math.max(smallBytes, heldBack.refusedBytes * 0.75);
};

/** What of the document had been sent before the batch that was refused. */
export const vectorBefore = (
  payload: Uint8Array,
  vector: ReadonlyMap<number, number>,
): ReadonlyMap<number, number> => {
  const before = new Map(vector);
  for (const [client, clock] of Y.parseUpdateMeta(payload).from) {
    before.set(client, Math.min(clock, before.get(client) ?? clock));
  }
  return before;
};
