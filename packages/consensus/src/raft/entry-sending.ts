/** Entries on their way to followers, as far as each one's window allows. */
import { bytesOfEntry } from "./entry.ts";
import { entriesFrom, lastIndex, termAt } from "./log.ts";
import type { NodeId } from "./node-id.ts";
import { isHeldBack, noteAlive, noteSent, type Progress, type Window } from "./progress.ts";
import { sendSnapshot } from "./snapshot-sending.ts";
import { type Leader, type RaftState, send } from "./state.ts";

/** Sends everybody what he may be sent now. */
export const replicateToAll = (state: RaftState, leader: Leader): void => {
  for (const [to, progress] of leader.progressBy) replicate(state, to, progress, false);
};

/** Sends a follower entries as far as its window allows. With `isAsking` at least one message goes out, which finds out what was lost. */
export const replicate = (
  state: RaftState,
  to: NodeId,
  progress: Progress,
  isAsking: boolean,
): void => {
  let mustSend = isAsking || progress.mode.kind === "probe";
  while (!isHeldBack(progress, windowOf(state))) {
    const { log, settings } = state;
    const previousIndex = progress.nextIndex - 1;
    const term = termAt(log, previousIndex);
    if (term === null) return sendSnapshot(state, progress);
    const hasMore = previousIndex < lastIndex(log);
    if (!hasMore && !mustSend) return;
    const entries = hasMore ? entriesFrom(log, previousIndex + 1, settings.appendBytesMax) : [];
    const previous = { index: previousIndex, term };
    send(state, to, { kind: "append", previous, entries, commit: state.commitIndex });
    const bytes = entries.reduce((sum, entry) => sum + bytesOfEntry(entry), 0);
    noteSent(progress, previousIndex + entries.length, bytes);
    mustSend = false;
  }
};

/** How much may be on the way to a follower. */
const windowOf = ({ settings }: RaftState): Window => ({
  messageCountMax: settings.inflightCountMax,
  bytesMax: settings.inflightBytesMax,
});

/** A follower is there: what was sent to it may have been lost, and is asked for. */
export const resumeReplication = (state: RaftState, from: NodeId, progress: Progress): void => {
  noteAlive(progress, windowOf(state));
  const isBehind = progress.matchIndex < lastIndex(state.log);
  if (isBehind || progress.mode.kind === "probe") replicate(state, from, progress, true);
};
