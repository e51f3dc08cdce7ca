/** A snapshot on its way to a follower that needs what is compacted: piece by piece, each asked of the disk when the one before has arrived. */
import { assert } from "@syncline/machine";
import type { RaftMessage } from "./messages.ts";
import { beginSnapshot, endSnapshot, type Progress, type SnapshotTransfer } from "./progress.ts";
import type { RaftRow } from "./protocol.ts";
import { type Leader, newToken, type RaftState, send } from "./state.ts";

type Received<Kind extends RaftMessage["kind"]> = Extract<RaftMessage, { kind: Kind }>;

/** Begins to send the snapshot that holds. */
export const sendSnapshot = (state: RaftState, progress: Progress): void => {
  const { snapshot, log, nowMs } = state;
  assert(snapshot !== null, "a log is compacted without a snapshot");
  assert(snapshot.last.index >= log.base.index, "a snapshot does not reach the log");
  const transfer: SnapshotTransfer = {
    snapshot: snapshot.id,
    index: snapshot.last.index,
    ackedBytes: 0,
    token: null,
    sentAtMs: nowMs,
    beganAtMs: nowMs,
  };
  beginSnapshot(progress, transfer);
  loadChunk(state, transfer);
};

const loadChunk = (state: RaftState, transfer: SnapshotTransfer): void => {
  transfer.token = newToken(state);
  transfer.sentAtMs = state.nowMs;
  const { snapshot, ackedBytes: offset } = transfer;
  state.effects.push({
    kind: "load",
    token: transfer.token,
    query: { kind: "chunk", snapshot, offset },
  });
};

/** A piece comes from the disk. Returns whether it was for a follower. */
export const chunkLoaded = (
  state: RaftState,
  leader: Leader,
  token: number,
  rows: readonly RaftRow[],
): boolean => {
  for (const [to, progress] of leader.progressBy) {
    const { mode } = progress;
    if (mode.kind !== "snapshot" || mode.transfer.token !== token) continue;
    const { transfer } = mode;
    const row = rows[0];
    const { snapshot } = state;
    // Replaced by a newer one meanwhile: the follower is asked anew where it stands.
    if (row?.kind !== "chunk" || snapshot?.id !== transfer.snapshot) {
      endSnapshot(progress);
      return true;
    }
    transfer.token = null;
    transfer.sentAtMs = state.nowMs;
    send(state, to, { kind: "chunk", snapshot, offset: row.offset, bytes: row.bytes });
    return true;
  }
  return false;
};

/** The follower has so much of it. */
export const receiveChunkAnswer = (
  state: RaftState,
  leader: Leader,
  { from, snapshot, nextOffset }: Received<"chunk-answer">,
): void => {
  const progress = leader.progressBy.get(from);
  if (progress === undefined) return;
  const { mode } = progress;
  if (mode.kind !== "snapshot" || mode.transfer.snapshot !== snapshot) return;
  const { transfer } = mode;
  // Its disk may have taken back what it had not promised; it says where to go on, forwards or backwards. What was asked already is not asked twice.
  if (transfer.token !== null && nextOffset === transfer.ackedBytes) return;
  transfer.ackedBytes = nextOffset;
  if (nextOffset < (state.snapshot?.sizeBytes ?? 0)) loadChunk(state, transfer);
};

/** Asks again for what was not answered within an election timeout, and gives up a snapshot that does not hold any more. */
export const resendChunks = (state: RaftState, leader: Leader): void => {
  for (const progress of leader.progressBy.values()) {
    const { mode } = progress;
    if (mode.kind !== "snapshot") continue;
    if (state.nowMs - mode.transfer.sentAtMs < state.settings.electionTimeoutMs) continue;
    if (state.snapshot?.id !== mode.transfer.snapshot) endSnapshot(progress);
    else loadChunk(state, mode.transfer);
  }
};
