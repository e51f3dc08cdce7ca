/**
 * Folds of retired replicas, as far as a home must know of them to keep them in order. What a fold is, only the type knows.
 *
 * A fold renames a part of a document's state, the same way everywhere, and begins an epoch. A batch says of which epoch it is, and whoever has gone further
 * folds it before it is applied. For that folds must be in one order, and remembered; so:
 *
 * 1. Somebody asks, by a batch like any other.
 * 2. One home, the one with the smallest name, proposes the next folds, by a batch of its own log. It proposes only when it has been in step with every
 *    other home since it began, so that it knows each proposal that it may have made before its disk was lost.
 * 3. When every home has the proposal on its disk, and all that they had then is here, that home performs it, by a batch. Any batch of the new epoch says the
 *    same. Before this nobody has folded anything, and after it no single disk's loss can bring another proposal for the same epoch.
 *
 * A home admits no proposal from an edge, and nothing that is too old to be folded everywhere (`BELOW_FENCE`).
 */
import type { ErrorCode } from "@syncline/machine";
import type { Batch } from "../batch.ts";
import type { Fence } from "../home-protocol.ts";
import type { HomeState } from "./home-state.ts";

/** Why a batch that an edge brings is not admitted, by what it says of folds; null if it is. */
export const whyFenced = (
  home: HomeState,
  batch: Batch,
): { readonly code: ErrorCode; readonly reason: string } | null => {
  const fence = home.fencing.fenceOf(batch);
  const known = home.documents.get(batch.document)?.fence ?? null;
  const epoch = fence?.epoch ?? 0;
  if (known !== null && epoch < known.epoch - home.fencing.epochsAdmitted) {
    return {
      code: "BELOW_FENCE",
      reason: `a change of epoch ${epoch}, when ${known.epoch} replicas are folded`,
    };
  }
  if (fence === null) return null;
  if (isProposal(home, batch)) {
    return { code: "BAD_PAYLOAD", reason: "only a home proposes folds" };
  }
  if (fence.isWhole) return null;
  if (epoch <= (known?.proposedEpoch ?? 0)) return null;
  return {
    code: "ABOVE_FENCE",
    reason: `a change of epoch ${epoch}, of which this relay knows nothing yet`,
  };
};

/** Whether a batch proposes folds that it does not perform. */
export const isProposal = (home: HomeState, batch: Batch): boolean => {
  const fence = home.fencing.fenceOf(batch);
  return fence !== null && fence.proposedEpoch > fence.epoch;
};

/** The document's fence after a batch or state of it; the same object if that says nothing new. Takes note of what is to be done. */
export const fenceAfter = (home: HomeState, before: Fence | null, batch: Batch): Fence | null => {
  const said = home.fencing.fenceOf(batch);
  if (said === null) return before;
  const epoch = Math.max(before?.epoch ?? 0, said.epoch);
  const proposedEpoch = Math.max(before?.proposedEpoch ?? 0, said.proposedEpoch);
  const isAsking = before?.isAsking === true || said.isAsking;
  const isSame = before?.epoch === epoch && before.proposedEpoch === proposedEpoch;
  const folding = home.foldings.get(batch.document);
  if (folding !== undefined && (said.isAsking || !isSame)) folding.changed = null;
  if (isSame && before.isAsking === isAsking) return before;
  if (epoch > (before?.epoch ?? 0)) home.foldedDocuments.add(batch.document);
  const after = { epoch, proposedEpoch, isAsking };
  noteFence(home, batch.document, after);
  return after;
};

/** Takes note of what is to be done about a document's folds. */
export const noteFence = (home: HomeState, document: string, fence: Fence | null): void => {
  const isOpen = fence !== null && (fence.isAsking || fence.proposedEpoch > fence.epoch);
  if (!isOpen) home.foldings.delete(document);
  else if (!home.foldings.has(document)) {
    home.foldings.set(document, { proposal: null, ends: null, changed: null });
  }
};
