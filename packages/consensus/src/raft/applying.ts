/** What is committed goes to the application, in order and once in the life of a process. */
import { assert } from "@syncline/machine";
import { bytesOfEntry } from "./entry.ts";
import { entryAt, lastIndex } from "./log.ts";
import { deliver, type RaftState } from "./state.ts";

/** Everything up to `index` is committed. */
export const commitTo = (state: RaftState, index: number): void => {
  assert(index >= state.commitIndex, "a commit index goes back");
  assert(index <= lastIndex(state.log), "something is committed that is not there");
  state.commitIndex = index;
  flushApplied(state);
};

/** Delivers what is committed and was not delivered; waits while the application is being given a snapshot. */
export const flushApplied = (state: RaftState): void => {
  const { log, restoring } = state;
  if (restoring === null && state.appliedIndex < state.commitIndex) {
    const entries = log.entries.slice(
      state.appliedIndex - log.base.index,
      state.commitIndex - log.base.index,
    );
    assert(entries[0]?.index === state.appliedIndex + 1, "entries are applied with a gap");
    state.appliedIndex = state.commitIndex;
    state.bytesSinceSnapshot += entries.reduce((sum, entry) => sum + bytesOfEntry(entry), 0);
    deliver(state, { kind: "apply", entries });
  }
  answerReadyReads(state);
  wantSnapshot(state);
};

const answerReadyReads = (state: RaftState): void => {
  const { role } = state;
  if (role.kind !== "leader" || role.readyReads.length === 0 || state.restoring !== null) return;
  const ready = role.readyReads.filter(({ index }) => index <= state.appliedIndex);
  role.readyReads = role.readyReads.filter(({ index }) => index > state.appliedIndex);
  for (const { token, index } of ready) deliver(state, { kind: "readable", token, index });
};

/** Asks for a snapshot if the log has grown, and none is on its way in any direction. */
const wantSnapshot = (state: RaftState): void => {
  const { settings, taking, receiving, restoring, bytesSinceSnapshot, appliedIndex } = state;
  if (bytesSinceSnapshot < settings.compactBytes) return;
  if (taking !== null || receiving !== null || restoring !== null || isBeingSent(state)) return;
  assert(entryAt(state.log, appliedIndex) !== null, "a snapshot is wanted of nothing new");
  state.taking = { index: appliedIndex, snapshot: null };
  deliver(state, { kind: "snapshot-wanted", index: appliedIndex });
};

const TRANSFER_TIMEOUTS = 20;

/** Whether a follower is being sent the snapshot that holds: were it replaced each time before it has arrived, that follower would never have one. */
const isBeingSent = ({ role, nowMs, settings }: RaftState): boolean =>
  role.kind === "leader" &&
  [...role.progressBy.values()].some(
    ({ mode }) =>
      mode.kind === "snapshot" &&
      nowMs - mode.transfer.beganAtMs < TRANSFER_TIMEOUTS * settings.electionTimeoutMs,
  );
