/** What must hold of a node after every step, whatever happened: the second place in which each invariant is asserted. */
import { assert } from "@syncline/machine";
import { electorateOf, isConfiguration, isVoter } from "./configuration.ts";
import { checkSaid } from "./given.ts";
import { lastId, lastIndex, latestConfiguration, termAt } from "./log.ts";
import { checkProgress } from "./progress.ts";
import { hasQuorum } from "./quorum.ts";
import type { Leader, RaftEffect, RaftState } from "./state.ts";

/** What a check compares with: the node as it was before the step. */
export interface Before {
  readonly term: number;
  readonly vote: string | null;
  readonly commitIndex: number;
  /** The term of the entry there; null while the log has not been read. */
  readonly commitTerm: number | null;
  readonly appliedIndex: number;
  readonly leaderTerm: number | null;
  readonly lastIndex: number;
}

/** What is remembered of a node before a step. */
export const beforeOf = (state: RaftState): Before => ({
  term: state.term,
  vote: state.vote,
  commitIndex: state.commitIndex,
  commitTerm: state.recovery === null ? termAt(state.log, state.commitIndex) : null,
  appliedIndex: state.appliedIndex,
  leaderTerm: state.role.kind === "leader" ? state.term : null,
  lastIndex: lastIndex(state.log),
});

/** Looks at everything that can be looked at in constant time for each follower. */
export const checkState = (
  state: RaftState,
  before: Before,
  effects: readonly RaftEffect[],
): void => {
  const { term, vote, commitIndex, appliedIndex, log, snapshot, role, given } = state;
  assert(term >= before.term, "a term went back");
  assert(given.term === term && given.vote === vote, "a disk was not given the term or vote");
  checkSaid(given, effects);
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
  // Compacted since, or what it was.
  const committedTerm = termAt(log, before.commitIndex);
  const isKept =
    before.commitTerm === null || (committedTerm ?? before.commitTerm) === before.commitTerm;
  assert(isKept, "a committed entry was replaced");
  assert(lastId(log).index === lastIndex(log), "a log has a gap");
  assert(lastId(log).term <= term, "an entry is of a later term than its node");
  const { index, configuration } = latestConfiguration(log);
  assert(index <= lastIndex(log), "a configuration holds that is not in the log");
  assert(isConfiguration(configuration), "a configuration holds that is none");
  // A leader keeps what came last for the turn's end. Did a follower so, its disk would later be given what comes behind a gap.
  const givenIndex = role.kind === "leader" ? role.askedIndex : lastIndex(log);
  assert(given.lastIndex === givenIndex, "a log has what its disk was not given");
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
  // The index was found by sorting what each voter has; this counts heads, in each half.
  const isCommitted =
    commitIndex === before.commitIndex ||
    hasQuorum(electorateOf(latestConfiguration(log).configuration), (voter) =>
      voter === settings.self
        ? leader.durableIndex >= commitIndex
        : (leader.progressBy.get(voter)?.matchIndex ?? 0) >= commitIndex,
    );
  assert(isCommitted, "an entry was committed without a majority of each half");
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
