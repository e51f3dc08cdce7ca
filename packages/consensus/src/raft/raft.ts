/** Raft as a machine: one input at a time, taken apart by its kind and by who this node is. */
import { type Input, type Machine, unreachable } from "@syncline/machine";
import { beforeOf, checkState } from "./checking.ts";
import { resumeReplication } from "./entry-sending.ts";
import {
  campaign,
  isInLease,
  ownVoteStored,
  receiveCampaignNow,
  receivePreVote,
  receivePreVoteAnswer,
  receiveVote,
  receiveVoteAnswer,
} from "./elections.ts";
import { receiveAppend, receiveHeartbeat, receiveMended } from "./following.ts";
import { latestConfiguration } from "./log.ts";
import { requestChange, requestLeave } from "./membership.ts";
import type { RaftMessage } from "./messages.ts";
import { type RaftOptions, settingsOf } from "./options.ts";
import type { RaftProtocol, RaftRequest, RaftRow } from "./protocol.ts";
import { countAnswer, requestRead } from "./reading.ts";
import { pageLoaded, recoverState } from "./recovering.ts";
import {
  appendOwn,
  flushOwn,
  ownLogStored,
  receiveAppendAnswer,
  receiveAppendRefusal,
} from "./replication.ts";
import { becomeFollower } from "./roles.ts";
import { chunkLoaded, receiveChunkAnswer } from "./snapshot-sending.ts";
import { receiveChunk, restoringLoaded, snapshotSwitched, takeSnapshot } from "./snapshots.ts";
import { deliver, leaderOf, type RaftEffect, type RaftState, refuse, send } from "./state.ts";
import { requestTransfer } from "./transfer.ts";
import { askWake, doWhatIsDue } from "./waking.ts";

/** One node of a cluster. */
export interface Raft extends Machine<RaftProtocol> {
  /** What it is at the moment, to be looked at and not touched. Throws before `recover`. */
  readonly state: RaftState;
}

/**
 * A node. Everything that it decides follows from its options, its disk and its inputs.
 *
 * Committed entries come as `apply`, each index once in the life of a process, after the snapshot that they follow. Cost of a step: constant for each
 * follower, besides the entries that it moves.
 */
export const createRaft = (options: RaftOptions): Raft => {
  const settings = settingsOf(options);
  let state: RaftState | null = null;
  const present = (): RaftState => {
    if (state === null) throw new TypeError("a node is used before it recovered");
    return state;
  };
  return {
    get state() {
      return present();
    },
    recover: (records, nowMs) => {
      state = recoverState(settings, records, nowMs);
      return effectsOf(state);
    },
    step: (input, nowMs) => {
      const current = present();
      current.nowMs = nowMs;
      const before = beforeOf(current);
      take(current, input);
      const effects = effectsOf(current);
      checkState(current, before, effects);
      return effects;
    },
  };
};

const effectsOf = (state: RaftState): readonly RaftEffect[] => {
  tellChanges(state);
  askWake(state);
  const { effects } = state;
  state.effects = [];
  return effects;
};

/** Role and members are told once for each step, not for each state in between. */
const tellChanges = (state: RaftState): void => {
  const { told, term } = state;
  const leader = leaderOf(state);
  const role = state.role.kind;
  if (role !== told.role || term !== told.term || leader !== told.leader) {
    state.told = { role, term, leader };
    deliver(state, { kind: "role", role, term, leader });
  }
  const { configuration } = latestConfiguration(state.log);
  if (configuration === state.toldConfiguration || state.recovery !== null) return;
  state.toldConfiguration = configuration;
  deliver(state, { kind: "members", configuration });
};

const take = (state: RaftState, input: Input<RaftProtocol>): void => {
  switch (input.kind) {
    case "woken":
      return doWhatIsDue(state);
    case "received":
      return receive(state, input.message);
    case "submitted":
      return request(state, input.request);
    case "loaded":
      return loaded(state, input.token, input.rows);
  }
};

const loaded = (state: RaftState, token: number, rows: readonly RaftRow[]): void => {
  if (state.recovery?.token === token) return pageLoaded(state, rows);
  if (state.restoring?.token === token) return restoringLoaded(state, rows);
  // Whatever else was asked for may be wanted no more.
  if (state.role.kind === "leader") chunkLoaded(state, state.role, token, rows);
};

const request = (state: RaftState, asked: RaftRequest): void => {
  switch (asked.kind) {
    case "propose":
      return propose(state, asked.token, asked.data);
    case "read":
      return requestRead(state, asked.token);
    case "change-members":
      return requestChange(state, asked);
    case "leave-joint":
      return requestLeave(state, asked);
    case "transfer":
      return requestTransfer(state, asked.token, asked.to);
    case "snapshot-taken":
      return takeSnapshot(state, asked);
    case "campaign":
      // A lease counts on nobody being in a hurry.
      return state.settings.leaseReads !== null && isInLease(state) ? undefined : campaign(state);
    case "flush":
      return flushOwn(state, asked.term);
    case "appended":
      return ownLogStored(state, asked.term, asked.index);
    case "voted":
      return ownVoteStored(state, asked.term);
    case "switched":
      return snapshotSwitched(state, asked);
    default:
      unreachable(asked);
  }
};

const propose = (state: RaftState, token: number, data: Uint8Array): void => {
  const { role, settings } = state;
  if (role.kind !== "leader") return refuse(state, token, "not-leader");
  if (role.transfer !== null) return refuse(state, token, "transferring");
  if (data.length > settings.commandBytesMax) return refuse(state, token, "too-large");
  if (role.uncommittedBytes > settings.uncommittedBytesMax) return refuse(state, token, "busy");
  const { index, term } = appendOwn(state, role, { kind: "command", data });
  deliver(state, { kind: "accepted", token, index, term });
};

const receive = (state: RaftState, message: RaftMessage): void => {
  const { self } = state.settings;
  // A message for an earlier incarnation was meant for a disk that is no more, and must not move this one.
  if (message.to !== self || message.from === self || state.recovery !== null) return;
  if (message.term < state.term) return receiveOutdated(state, message);
  if (message.term > state.term && !enterLaterTerm(state, message)) return;
  dispatch(state, message);
};

/** From an earlier term. Its sender may be alone with that, and would never hear otherwise that there is a later one. */
const receiveOutdated = (state: RaftState, { kind, from }: RaftMessage): void => {
  if (kind === "append" || kind === "heartbeat" || kind === "chunk") {
    send(state, from, { kind: "outdated" });
  }
  if (kind === "pre-vote" && state.hole === null) {
    send(state, from, { kind: "pre-vote-answer", isGranted: false });
  }
};

/** Whether the message is to be looked at further. */
const enterLaterTerm = (state: RaftState, message: RaftMessage): boolean => {
  const { kind, from, term } = message;
  // A term that nobody has begun.
  if (kind === "pre-vote" || (kind === "pre-vote-answer" && message.isGranted)) return true;
  // While a leader is heard of, somebody who does not hear it must not unseat it (thesis, §4.2.3).
  if (kind === "vote" && !message.isTransfer && isInLease(state)) return false;
  const isLeader = kind === "append" || kind === "heartbeat" || kind === "chunk";
  becomeFollower(state, term, isLeader ? from : null);
  return true;
};

const dispatch = (state: RaftState, message: RaftMessage): void => {
  switch (message.kind) {
    case "pre-vote":
      return receivePreVote(state, message);
    case "pre-vote-answer":
      return receivePreVoteAnswer(state, message);
    case "vote":
      return receiveVote(state, message);
    case "vote-answer":
      return receiveVoteAnswer(state, message);
    case "append":
      return receiveAppend(state, message);
    case "heartbeat":
      return receiveHeartbeat(state, message);
    case "chunk":
      return receiveChunk(state, message);
    case "campaign-now":
      return receiveCampaignNow(state, message);
    case "mended":
      return receiveMended(state, message);
    case "outdated":
      return;
    case "append-answer":
    case "append-refusal":
    case "heartbeat-answer":
    case "chunk-answer":
      return dispatchToLeader(state, message);
    default:
      unreachable(message);
  }
};

type ToLeader = Extract<
  RaftMessage,
  { kind: "append-answer" | "append-refusal" | "heartbeat-answer" | "chunk-answer" }
>;

const dispatchToLeader = (state: RaftState, message: ToLeader): void => {
  const { role } = state;
  if (role.kind !== "leader" || message.term !== state.term) return;
  const progress = role.progressBy.get(message.from);
  // Whoever is no member has nothing to say.
  if (progress === undefined) return;
  progress.heardAtMs = state.nowMs;
  switch (message.kind) {
    case "append-answer":
      return receiveAppendAnswer(state, role, message);
    case "append-refusal":
      return receiveAppendRefusal(state, role, message);
    case "chunk-answer":
      return receiveChunkAnswer(state, role, message);
    case "heartbeat-answer":
      countAnswer(state, role, message.round, message.from);
      if (state.role === role) resumeReplication(state, message.from, progress);
  }
};
