/** What a leader knows of one follower: how far its log agrees, what is on the way to it, and how it is to be sent more. */
import { assert } from "@syncline/machine";

/**
 * How entries are sent.
 *
 * `probe`: where the logs agree is not known; one message at a time asks. `replicate`: it is known; messages follow each other without waiting, within the
 * window. `snapshot`: what it needs is compacted away; chunks go out and no entries.
 */
type ProgressMode =
  | { readonly kind: "probe"; isAsked: boolean }
  | { readonly kind: "replicate"; readonly inflight: Inflight[] }
  | { readonly kind: "snapshot"; readonly transfer: SnapshotTransfer };

/** A message with entries that is not answered: the index of its last entry, and its bytes. */
interface Inflight {
  readonly lastIndex: number;
  readonly bytes: number;
}

/** How far a snapshot is sent. */
export interface SnapshotTransfer {
  readonly snapshot: string;
  /** The index that the follower will have come to. */
  readonly index: number;
  /** What the follower said it has. */
  ackedBytes: number;
  /** The load of the next chunk, or null while a chunk is on its way. */
  token: number | null;
  /** When the last chunk was sent or asked of the disk; it is sent again if no answer comes. */
  sentAtMs: number;
  readonly beganAtMs: number;
}

/** How much may be on the way to one follower. */
export interface Window {
  readonly messageCountMax: number;
  readonly bytesMax: number;
}

/** A follower as its leader sees it; plain data, changed in place by the functions of this file. */
export interface Progress {
  /** The last index of which it is known that the follower's disk has it and agrees; 0 if nothing is. Goes back only to 0, when that disk has lost something. */
  matchIndex: number;
  /** The next entry to be sent. */
  nextIndex: number;
  mode: ProgressMode;
  /** When anything came from it last. */
  heardAtMs: number;
  /** Its disk has lost something: which loss, and what it must have again to be whole. Null for a whole one. */
  mending: { readonly number: number; readonly targetIndex: number } | null;
}

/** A follower of whom nothing is known; it is asked at the end of the leader's log first. */
export const createProgress = (nextIndex: number): Progress => ({
  matchIndex: 0,
  nextIndex,
  mode: { kind: "probe", isAsked: false },
  heardAtMs: Number.NEGATIVE_INFINITY,
  mending: null,
});

/** Whether nothing may be sent to it now. */
export const isHeldBack = ({ mode }: Progress, window: Window): boolean => {
  switch (mode.kind) {
    case "probe":
      return mode.isAsked;
    case "replicate": {
      const bytes = mode.inflight.reduce((sum, one) => sum + one.bytes, 0);
      return mode.inflight.length >= window.messageCountMax || bytes >= window.bytesMax;
    }
    case "snapshot":
      return true;
  }
};

/** A message with entries up to `lastIndex` goes out; `bytes` is 0 for one that has none. */
export const noteSent = (progress: Progress, lastIndex: number, bytes: number): void => {
  const { mode } = progress;
  assert(mode.kind !== "snapshot", "entries are sent beside a snapshot");
  if (mode.kind === "probe") {
    mode.isAsked = true;
    return;
  }
  if (bytes === 0) return;
  assert(lastIndex >= progress.nextIndex, "entries are sent twice");
  mode.inflight.push({ lastIndex, bytes });
  progress.nextIndex = lastIndex + 1;
};

/** The follower has everything up to `index` on disk. Returns whether that is news. */
export const noteMatched = (progress: Progress, index: number): boolean => {
  progress.mending = null;
  const isNews = index > progress.matchIndex;
  progress.matchIndex = Math.max(progress.matchIndex, index);
  progress.nextIndex = Math.max(progress.nextIndex, progress.matchIndex + 1);
  noteReceived(progress, index);
  return isNews;
};

/**
 * The follower has taken everything up to `index`, so the window opens; whether it is on its disk, and counts, is another matter.
 *
 * A probe is answered by it, too, and what is known is enough to send on from there.
 */
export const noteReceived = (progress: Progress, index: number): void => {
  const { mode } = progress;
  if (mode.kind === "replicate") {
    while ((mode.inflight[0]?.lastIndex ?? index + 1) <= index) mode.inflight.shift();
    return;
  }
  // A snapshot's follower that has come further by itself needs no snapshot.
  if (mode.kind === "snapshot" && index < mode.transfer.index) return;
  progress.nextIndex = Math.max(progress.matchIndex, index) + 1;
  progress.mode = { kind: "replicate", inflight: [] };
};

/**
 * The follower refused what came after `refusedIndex`; by its hint nothing above `hintIndex` agrees. Returns false for news that is overtaken: a refusal
 * of something that it has accepted since, or of an older question.
 */
export const noteRefused = (
  progress: Progress,
  refusedIndex: number,
  hintIndex: number,
): boolean => {
  const { mode } = progress;
  switch (mode.kind) {
    case "replicate":
      if (refusedIndex <= progress.matchIndex) return false;
      progress.nextIndex = Math.max(Math.min(refusedIndex, hintIndex + 1), progress.matchIndex + 1);
      progress.mode = { kind: "probe", isAsked: false };
      return true;
    case "probe": {
      if (progress.nextIndex - 1 !== refusedIndex) return false;
      const { nextIndex } = progress;
      progress.nextIndex = Math.max(Math.min(refusedIndex, hintIndex + 1), progress.matchIndex + 1);
      mode.isAsked = false;
      // What leads nowhere is not asked again at once: with messages that come twice that would be more and more of them.
      return progress.nextIndex < nextIndex;
    }
    case "snapshot":
      return false;
  }
};

/** The follower's disk has lost something, so nothing is known of it. */
export const noteLost = (progress: Progress, mending: NonNullable<Progress["mending"]>): void => {
  progress.matchIndex = 0;
  progress.mending = mending;
  if (progress.mode.kind === "replicate") progress.mode = { kind: "probe", isAsked: false };
};

/** The follower is there, whatever became of what was sent to it: a probe may ask again, and of a full window one message is given up as lost. */
export const noteAlive = (progress: Progress, window: Window): void => {
  const { mode } = progress;
  if (mode.kind === "probe") mode.isAsked = false;
  if (mode.kind === "replicate" && isHeldBack(progress, window)) mode.inflight.shift();
};

/** The follower needs a snapshot. */
export const beginSnapshot = (progress: Progress, transfer: SnapshotTransfer): void => {
  progress.mode = { kind: "snapshot", transfer };
};

/** The snapshot is given up, or was taken: it is asked where it stands. */
export const endSnapshot = (progress: Progress): void => {
  progress.nextIndex = progress.matchIndex + 1;
  progress.mode = { kind: "probe", isAsked: false };
};

/** What must hold of a follower, of a leader whose log ends at `lastIndex`. */
export const checkProgress = (progress: Progress, lastIndex: number): void => {
  const { matchIndex, nextIndex, mode } = progress;
  assert(matchIndex < nextIndex, "a follower is sent what it has");
  assert(matchIndex <= lastIndex, "a follower agrees beyond the end of the log");
  assert(nextIndex <= lastIndex + 1, "a follower is sent what is not there");
  if (mode.kind !== "replicate") return;
  const last = mode.inflight.at(-1);
  assert(last === undefined || last.lastIndex === nextIndex - 1, "the window has a gap");
};
