/** What must hold of a node after every step, whatever happened: the second place in which each invariant is asserted. */
import { assert } from "@syncline/machine";
import { isConfiguration, isVoter } from "./configuration.ts";
import { lastId, lastIndex, latestConfiguration, termAt } from "./log.ts";
import { checkProgress } from "./progress.ts";
import type { Leader, RaftState } from "./state.ts";

/** What a check compares with: the node as it was before the step. */
export interface Before {
  readonly term: number;
  readonly vote: string | null;
  readonly commitIndex: number;
  readonly appliedIndex: number;
  readonly leaderTerm: number | null;
  readonly lastIndex: number;
}

/** What is remembered of a node before a step. */
export const beforeOf = (state: RaftState): Before => ({
  term: state.term,
  vote: state.vote,
  commitIndex: state.commitIndex,
  appliedIndex: state.appliedIndex,
  leaderTerm: state.role.kind === "leader" ? state.term : null,
  lastIndex: lastIndex(state.log),
});

/** Looks at everything that can be looked at in constant time for each follower. */
export const checkState = (state: RaftState, before: Before): void => {
  const { term, vote, commitIndex, appliedIndex, log, snapshot, role } = state;
  assert(term >= before.term, "a term went back");
  const isVoteKept = term > before.term || before.vote === null || vote === before.vote;
  assert(isVoteKept, "a vote was given twice");
  assert(commitIndex >= before.commitIndex, "a commit index went back");
  assert(appliedIndex >= before.appliedIndex, "an applied index went back");
  // What follows is of the log, which is not there before it has been read.
  if (state.recovery !== null) return;
  assert(appliedIndex <= commitIndex, "something is applied that is not committed");
  assert(commitIndex <= lastIndex(log), "something is committed that is not there");
  const snapshotIndex = snapshot?.last.index ?? 0;
  assert(snapshotIndex <= appliedIndex, "a snapshot is ahead of the application");
  assert(log.base.index <= snapshotIndex, "a log begins behind its snapshot");
  assert(lastId(log).index === lastIndex(log), "a log has a gap");
  assert(lastId(log).term <= term, "an entry is of a later term than its node");
  const { index, configuration } = latestConfiguration(log);
  assert(index <= lastIndex(log), "a configuration holds that is not in the log");
  assert(isConfiguration(configuration), "a configuration holds that is none");
  if (role.kind !== "leader") return;
  assert(vote === state.settings.self, "a node leads that has not voted for itself");
  assert(state.hole === null, "a node leads whose disk has lost something");
  const isAppendOnly = before.leaderTerm !== term || lastIndex(log) >= before.lastIndex;
  assert(isAppendOnly, "a leader cut off its own log");
  checkLeader(state, role, before);
};

const checkLeader = (state: RaftState, leader: Leader, before: Before): void => {
  const { log, commitIndex, term, settings } = state;
  for (const progress of leader.progressBy.values()) checkProgress(progress, lastIndex(log));
  assert(leader.askedIndex <= lastIndex(log), "a leader gave its disk what it has not");
  assert(leader.durableIndex <= leader.askedIndex, "a leader counts what its disk was not given");
  assert(!leader.progressBy.has(settings.self), "a leader follows itself");
  assert(leader.uncommittedBytes >= 0, "less than nothing is uncommitted");
  const isOwnCommit =
    before.leaderTerm !== term ||
    commitIndex === before.commitIndex ||
    termAt(log, commitIndex) === term;
  assert(isOwnCommit, "an entry of an earlier term was committed by counting");
  const unsettled = log.configurations.filter(({ index }) => index > commitIndex);
  // Before that it may not know how much of what an earlier leader left is committed.
  const isOne = commitIndex < leader.firstIndex || unsettled.length <= 1;
  assert(isOne, "two changes of the members are under way");
  const { configuration } = latestConfiguration(log);
  const isCounted = isVoter(configuration, settings.self) || unsettled.length > 0;
  assert(isCounted || commitIndex < leader.firstIndex, "a former member leads");
  const isLone = configuration.voters.length === 1 && configuration.voters[0] === settings.self;
  const isDurable = !isLone || commitIndex <= Math.max(before.commitIndex, leader.durableIndex);
  assert(isDurable, "a lone voter commits what its disk has not");
  const isRead = leader.readyReads.every(({ index }) => index >= leader.firstIndex);
  assert(isRead, "a read was admitted before the term's first commitment");
};
