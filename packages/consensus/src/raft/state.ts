/** What a node is, as plain data, and the few things that every part of it does with that. */
import { assert, type Effect, seededRandom } from "@syncline/machine";
import { type Configuration, isVoter } from "./configuration.ts";
import { type Log, latestConfiguration } from "./log.ts";
import type { RaftMessage, RaftMessageKind, SnapshotMeta } from "./messages.ts";
import { type Given, noteGiven } from "./given.ts";
import { nameOfNode, type NodeId } from "./node-id.ts";
import type { Settings } from "./options.ts";
import type { Progress } from "./progress.ts";
import type {
  Hole,
  RaftOutput,
  RaftProtocol,
  RaftRecord,
  RaftRefusal,
  Receiving,
  RoleKind,
} from "./protocol.ts";
import type { Read, ReadQueue } from "./read-queue.ts";

/** An effect of this machine. */
export type RaftEffect = Effect<RaftProtocol>;

/** What a node is at the moment, with what only such a one knows. */
export type Role =
  | { readonly kind: "follower"; leader: NodeId | null }
  | { readonly kind: "pre-candidate"; readonly voteBy: Map<NodeId, boolean> }
  | { readonly kind: "candidate"; readonly voteBy: Map<NodeId, boolean> }
  | Leader;

/** A leader. */
export interface Leader {
  readonly kind: "leader";
  readonly progressBy: Map<NodeId, Progress>;
  /** Up to where its own log was given to its own disk. */
  askedIndex: number;
  isFlushAsked: boolean;
  /** Up to where its own log is on its own disk. It counts itself no further. */
  durableIndex: number;
  /** The entry that its term began with; nothing is read before it is committed. */
  readonly firstIndex: number;
  uncommittedBytes: number;
  readonly reads: ReadQueue;
  /** Reads that were asked before the term's first entry was committed. */
  earlyReads: number[];
  /** Reads that may be answered once the application has been given as much. */
  readyReads: Read[];
  heartbeatDueMs: number;
  quorumDueMs: number;
  /** Until when no other can have been elected, if clocks keep their promise. */
  leaseUntilMs: number;
  /** Whether it may rely on its lease. Not after it has asked another to call an election: that one does not wait for the lease to end. */
  hasLease: boolean;
  transfer: { readonly to: NodeId; readonly dueMs: number; isTold: boolean } | null;
  /** Former members, and until when they are sent the log. They are not counted. */
  readonly partingBy: Map<NodeId, number>;
}

/** Reading what the disk holds, before anything else is done. */
interface Recovery {
  token: number;
  nextIndex: number;
}

/** A node. */
export interface RaftState {
  readonly settings: Settings;
  term: number;
  vote: NodeId | null;
  readonly log: Log;
  commitIndex: number;
  /** Up to where entries were delivered to the application. */
  appliedIndex: number;
  /** The snapshot that holds. Null only before the first. */
  snapshot: SnapshotMeta | null;
  role: Role;
  /** Null once the log has been read. */
  recovery: Recovery | null;
  /** The pieces of a snapshot that the application is being given; entries wait meanwhile. */
  restoring: { readonly snapshot: SnapshotMeta; offset: number; token: number } | null;
  /** What comes from a leader, and is on disk so far. */
  receiving: Receiving | null;
  /** A snapshot of the application that is on its way to the disk, or was asked for (`index`). */
  taking: { readonly index: number; readonly snapshot: string | null } | null;
  hole: Hole | null;
  /** What the disk holds, or will hold once it has taken everything that was given to it. */
  readonly given: Given;
  electionDueMs: number;
  /** When a leader of the present term was heard of last; before this and an election timeout more nobody is given a vote. */
  heardLeaderMs: number;
  /** The earliest time for which a wake was asked and has not come. */
  wakeAtMs: number;
  drawCount: number;
  tokenCount: number;
  /** Rounds of reads so far, over all terms. */
  roundCount: number;
  /** What the application was told last. */
  told: { role: RoleKind; term: number; leader: NodeId | null };
  /** The configuration that the application was told of last. */
  toldConfiguration: Configuration | null;
  /** Bytes of the entries that were applied since the last snapshot. */
  bytesSinceSnapshot: number;
  effects: RaftEffect[];
  nowMs: number;
}

/** The configuration that holds. */
export const configurationOfState = (state: RaftState): Configuration =>
  latestConfiguration(state.log).configuration;

/**
 * Whether this node may call elections: it is a voter of the configuration that holds, or of one that may still hold elsewhere.
 *
 * A leader that has appended its own removal may be the only one with that entry. Did it wait, nobody could be elected: those who are to stay need its vote
 * by their configuration, and it gives none to a log shorter than its own (thesis, §4.2.2). It does not count itself.
 */
export const isVoting = ({ log, commitIndex, settings }: RaftState): boolean =>
  log.configurations.some(({ configuration }, place) => {
    const next = log.configurations[place + 1];
    return (
      (next === undefined || next.index > commitIndex) && isVoter(configuration, settings.self)
    );
  });

/** Whether a leader has heard from a member within an election timeout; from itself always. */
export const isHeard = (
  { settings, nowMs }: RaftState,
  { progressBy }: Leader,
  member: NodeId,
): boolean => {
  if (member === settings.self) return true;
  const heardAtMs = progressBy.get(member)?.heardAtMs ?? Number.NEGATIVE_INFINITY;
  return nowMs - heardAtMs <= settings.electionTimeoutMs;
};

/** The leader that it knows of, itself included. */
export const leaderOf = (state: RaftState): NodeId | null => {
  if (state.role.kind === "leader") return state.settings.self;
  return state.role.kind === "follower" ? state.role.leader : null;
};

/** A message of this node, as an effect. */
export const sending = (
  state: RaftState,
  to: NodeId,
  kind: RaftMessageKind,
  term: number = state.term,
): RaftEffect => {
  // The answer to a pre-vote, too, is in the term that was asked about.
  const isHypothetical = kind.kind === "pre-vote" || kind.kind === "pre-vote-answer";
  assert(term <= state.term || isHypothetical, "a node speaks in a term that it has not begun");
  const message: RaftMessage = { from: state.settings.self, to, term, ...kind };
  return { kind: "send", to: nameOfNode(to), message };
};

/** Sends a message that promises nothing about this disk. */
export const send = (
  state: RaftState,
  to: NodeId,
  kind: RaftMessageKind,
  term: number = state.term,
): void => void state.effects.push(sending(state, to, kind, term));

/** Puts records on the disk, and then carries out the effects. Without records it is a barrier behind all that was asked for before. */
export const persist = (
  state: RaftState,
  records: readonly RaftRecord[],
  then: readonly RaftEffect[],
): void => {
  for (const record of records) noteGiven(state.given, record);
  state.effects.push({ kind: "persist", records, then });
};

/** Tells the application. */
export const deliver = (state: RaftState, output: RaftOutput): void =>
  void state.effects.push({ kind: "deliver", output });

/** Refuses a request. */
export const refuse = (state: RaftState, token: number, reason: RaftRefusal): void =>
  deliver(state, { kind: "refused", token, reason, leader: leaderOf(state) });

/** A token that was never used. */
export const newToken = (state: RaftState): number => {
  state.tokenCount += 1;
  return state.tokenCount;
};

/** The term and vote as a record. */
export const ballotOf = ({ term, vote }: RaftState): RaftRecord => ({ kind: "ballot", term, vote });

/** Moves to a later term, in which nobody has this node's vote. The caller puts the ballot on the disk. */
export const enterTerm = (state: RaftState, term: number): void => {
  assert(term > state.term, "a term goes back");
  assert(Number.isSafeInteger(term), "a term is beyond what a number holds");
  state.term = term;
  state.vote = null;
};

/** Sets the time of the next election: from one to two timeouts from now, by chance, so that two nodes seldom call one together (Raft, §5.2). */
export const resetElectionTimer = (state: RaftState): void => {
  const { electionTimeoutMs, seed } = state.settings;
  state.drawCount += 1;
  const fraction = seededRandom(seed).fork(`election ${state.drawCount}`).fraction();
  state.electionDueMs = state.nowMs + electionTimeoutMs * (1 + fraction);
};
