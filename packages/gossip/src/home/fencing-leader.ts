/** What the one home does that brings folds in order: it proposes them, and performs them when no disk is without the proposal. See `fencing.ts`. */
import { covers, mergeInto, type MutableVersionVector } from "@syncline/clocks";
import { admitOwn } from "./accepting.ts";
import { noteFence } from "./fencing.ts";
import { type Folding, type HomeState } from "./home-state.ts";

/** Whether this home brings folds in order. */
const isLeading = ({ config, isOpen, isRolledBack }: HomeState): boolean =>
  isOpen && !isRolledBack && config.others.every((other) => config.home < other);

/** The documents of which folds are asked for and may be proposed now. */
export const documentsToPropose = (home: HomeState): readonly string[] => {
  if (home.foldings.size === 0 || !isLeading(home)) return [];
  if (home.metHomes.size < home.peers.size) return [];
  return [...home.foldings].flatMap(([document, { changed }]) => {
    const fence = home.documents.get(document)?.fence ?? null;
    const isReadable = changed !== null && covers(home.durable, changed);
    const isMeant =
      isReadable && fence !== null && fence.isAsking && fence.proposedEpoch <= fence.epoch;
    return isMeant ? [document] : [];
  });
};

/** Takes what follows from a document's merged state: a proposal to be admitted, or null: then nothing is asked for any more. */
export const propose = (home: HomeState, document: string, proposal: Uint8Array | null): void => {
  if (!documentsToPropose(home).includes(document)) return;
  const head = home.documents.get(document);
  if (head === undefined || head.fence === null) return;
  if (proposal === null) {
    const changed = home.foldings.get(document)?.changed ?? null;
    // What was asked since the document was read is not in it.
    if (changed === null || !covers(home.compaction?.cut ?? new Map(), changed)) return;
    const fence = { ...head.fence, isAsking: false };
    home.documents.set(document, { ...head, fence });
    return noteFence(home, document, fence);
  }
  const batch = { document, type: head.type, payload: proposal };
  if (home.fencing.fenceOf(batch)?.epoch === head.fence.epoch) admitOwn(home, batch);
};

/** Takes note of who is in step, and performs what every home has on its disk. */
export const performProposed = (home: HomeState): void => {
  if (home.foldings.size === 0 || !isLeading(home)) return;
  for (const peer of home.peers.values()) {
    // Only its answer speaks of all that it had accepted of a former log of this home.
    const hasAnswered = peer.isHeard && peer.answeredRound > 0;
    if (hasAnswered && covers(home.durable, peer.vector)) home.metHomes.add(peer.home);
  }
  for (const [document, folding] of home.foldings) {
    folding.changed ??= new Map(home.accepted);
    const head = home.documents.get(document);
    const fence = head?.fence ?? null;
    if (head === undefined || fence === null || fence.proposedEpoch <= fence.epoch) continue;
    if (!isEverywhere(home, folding, fence.proposedEpoch)) continue;
    const payload = home.fencing.performing(fence.proposedEpoch);
    admitOwn(home, { document, type: head.type, payload });
  }
};

/**
 * Whether every disk has the proposal, and all that the other homes had when they said so is here.
 *
 * So whatever a home admits before it knows of the proposal comes before the fold in everybody's eyes, and no home is ever more than one proposal behind.
 */
const isEverywhere = (home: HomeState, folding: Folding, epoch: number): boolean => {
  if (folding.proposal?.epoch !== epoch) {
    folding.proposal = { epoch, cut: new Map(home.accepted) };
    folding.ends = null;
  }
  const { cut } = folding.proposal;
  if (!covers(home.durable, cut)) return false;
  if (folding.ends === null) {
    const ends: MutableVersionVector = new Map();
    for (const { isHeard, vector } of home.peers.values()) {
      if (!isHeard || !covers(vector, cut)) return false;
      mergeInto(ends, vector);
    }
    folding.ends = ends;
  }
  return covers(home.durable, folding.ends);
};

/** Another home's disk has less than it had, perhaps no proposal any more, and what only that disk had will never come: it is found anew what every disk has. */
export const findEndsAnew = (home: HomeState): void => {
  for (const folding of home.foldings.values()) folding.ends = null;
};
