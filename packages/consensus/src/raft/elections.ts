/** Elections: pre-votes, votes, and who gets them (Raft, §5.2 and §5.4.1; thesis, §9.6 and §4.2.3). */
import { assert } from "@syncline/machine";
import { electorateOf } from "./configuration.ts";
import { isUpToDate } from "./entry.ts";
import { lastId } from "./log.ts";
import type { RaftMessage } from "./messages.ts";
import type { NodeId } from "./node-id.ts";
import { voteResult } from "./quorum.ts";
import { beginTerm } from "./replication.ts";
import { becomeFollower, becomeLeader } from "./roles.ts";
import {
  ballotOf,
  configurationOfState,
  enterTerm,
  isVoting,
  leaderOf,
  persist,
  type RaftState,
  resetElectionTimer,
  send,
  sending,
} from "./state.ts";

type Received<Kind extends RaftMessage["kind"]> = Extract<RaftMessage, { kind: Kind }>;

/** Whether this node may call an election: it decides with others, and its disk is whole. */
const mayCampaign = (state: RaftState): boolean =>
  state.role.kind !== "leader" && state.recovery === null && state.hole === null && isVoting(state);

/** Nothing was heard for too long, or somebody wants an election: asks whether it could be won, or calls it. */
export const campaign = (state: RaftState): void => {
  resetElectionTimer(state);
  if (mayCampaign(state)) begin(state);
};

const begin = (state: RaftState): void => {
  if (!state.settings.hasPreVote) return callElection(state, false);
  const { self } = state.settings;
  state.role = { kind: "pre-candidate", voteBy: new Map([[self, true]]) };
  for (const voter of otherVoters(state)) {
    send(state, voter, { kind: "pre-vote", last: lastId(state.log) }, state.term + 1);
  }
  countVotes(state);
};

/** Begins a term and asks for votes in it. */
const callElection = (state: RaftState, isTransfer: boolean): void => {
  const { self } = state.settings;
  enterTerm(state, state.term + 1);
  state.vote = self;
  state.role = { kind: "candidate", voteBy: new Map() };
  // Its own vote is a vote like any other: on disk before it counts. And nobody is asked before that, so that whatever this node says in a
  // term, its disk knows of the term.
  persist(
    state,
    [ballotOf(state)],
    [
      ...otherVoters(state).map((voter) =>
        sending(state, voter, { kind: "vote", last: lastId(state.log), isTransfer }),
      ),
      { kind: "submit", request: { kind: "voted", term: state.term } },
    ],
  );
};

/** Its own vote is on disk. */
export const ownVoteStored = (state: RaftState, term: number): void => {
  if (state.role.kind !== "candidate" || state.term !== term) return;
  state.role.voteBy.set(state.settings.self, true);
  countVotes(state);
};

/** The leader hands over: an election at once, and no pre-vote, which others would refuse while they hear from the leader. */
export const receiveCampaignNow = (state: RaftState, message: Received<"campaign-now">): void => {
  if (message.term !== state.term || leaderOf(state) !== message.from) return;
  if (!mayCampaign(state)) return;
  resetElectionTimer(state);
  callElection(state, true);
};

/** Whether a leader was heard of so lately that an election would only disturb (thesis, §4.2.3). */
export const isInLease = (state: RaftState): boolean => {
  if (!state.settings.hasCheckQuorum) return false;
  if (state.role.kind === "leader") return true;
  return state.nowMs < state.heardLeaderMs + state.settings.electionTimeoutMs;
};

/** Somebody asks whether he would be elected. Whatever the answer, nothing changes here. */
export const receivePreVote = (state: RaftState, message: Received<"pre-vote">): void => {
  const { from, term, last } = message;
  // A disk that has lost something does not know what it would vote for; nor does it say no.
  if (state.hole !== null || isInLease(state)) return;
  const isFree = term > state.term || (term === state.term && mayVoteFor(state, from));
  const isGranted = isFree && isUpToDate(last, lastId(state.log));
  send(state, from, { kind: "pre-vote-answer", isGranted }, isGranted ? term : state.term);
  if (isFree && !isGranted) standIn(state);
};

/**
 * Somebody counts on the vote of this node, which by its own log has none, and does not get it, for his log is behind. So this one calls the election itself,
 * though it will not count itself. Did nobody do so:
 *   1. a, b and c vote, d learns. As a leader, a appends that d votes in the place of c, and is cut off with that.
 *   2. b leads next. What it appends comes to d alone, and b is lost.
 *   3. a needs d, whose log is ahead; c needs a, whose log is ahead; and d, ahead of both, does not know that it is needed.
 * If it is elected it leads until its first entry is committed, as one does who is on his way out.
 */
const standIn = (state: RaftState): void => {
  if (state.role.kind === "leader" || state.recovery !== null || isVoting(state)) return;
  if (configurationOfState(state).voters.length > 0) begin(state);
};

/** Somebody wants a vote in the present term. */
export const receiveVote = (state: RaftState, message: Received<"vote">): void => {
  const { from, term, last } = message;
  if (term !== state.term || state.hole !== null) return;
  // Nor in a term that it has entered already, by somebody's answer from there: a leader of the term before may count on it still.
  if (!message.isTransfer && isInLease(state)) return;
  const isGranted = mayVoteFor(state, from) && isUpToDate(last, lastId(state.log));
  if (!isGranted) {
    send(state, from, { kind: "vote-answer", isGranted: false });
    if (mayVoteFor(state, from)) standIn(state);
    return;
  }
  assert(state.vote === null || state.vote === from, "a node votes twice in a term");
  const isNew = state.vote === null;
  state.vote = from;
  resetElectionTimer(state);
  // The vote goes to disk before the answer. Were it the other way round:
  //   1. a votes for b, answers, and loses power before writing;
  //   2. a restarts, sees no vote, and votes for c in the same term;
  //   3. b and c both count a, and the term has two leaders.
  persist(state, isNew ? [ballotOf(state)] : [], [
    sending(state, from, { kind: "vote-answer", isGranted: true }),
  ]);
};

const mayVoteFor = (state: RaftState, candidate: NodeId): boolean =>
  state.vote === candidate || (state.vote === null && leaderOf(state) === null);

/** An answer to a pre-vote. */
export const receivePreVoteAnswer = (
  state: RaftState,
  { from, term, isGranted }: Received<"pre-vote-answer">,
): void => {
  const { role } = state;
  if (role.kind !== "pre-candidate" || (isGranted && term !== state.term + 1)) return;
  takeVote(state, role.voteBy, from, isGranted);
};

/** An answer to a vote of this term. */
export const receiveVoteAnswer = (
  state: RaftState,
  { from, term, isGranted }: Received<"vote-answer">,
): void => {
  const { role } = state;
  if (role.kind !== "candidate" || term !== state.term) return;
  takeVote(state, role.voteBy, from, isGranted);
};

/** An answer counts once, whatever comes again. */
const takeVote = (
  state: RaftState,
  voteBy: Map<NodeId, boolean>,
  from: NodeId,
  isGranted: boolean,
): void => {
  if (voteBy.has(from)) return;
  voteBy.set(from, isGranted);
  countVotes(state);
};

const countVotes = (state: RaftState): void => {
  const { role } = state;
  assert(role.kind === "candidate" || role.kind === "pre-candidate", "nobody is to be elected");
  const electorate = electorateOf(configurationOfState(state));
  const result = voteResult(electorate, (voter) => role.voteBy.get(voter) ?? null);
  if (result === "lost") return becomeFollower(state, state.term, null);
  if (result === "pending") return;
  if (role.kind === "pre-candidate") return callElection(state, false);
  beginTerm(state, becomeLeader(state));
};

const otherVoters = (state: RaftState): readonly NodeId[] => {
  const { voters, outgoing } = configurationOfState(state);
  return [...new Set([...voters, ...outgoing])].filter((voter) => voter !== state.settings.self);
};
