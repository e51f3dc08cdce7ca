/** What must hold of the whole cluster, after every step of every node: it sees all memories and all disks at once. */
import type {
  Entry,
  EntryId,
  NodeId,
  Raft,
  RaftMessage,
  RaftProtocol,
} from "@syncline/consensus/raft";
import type { Input } from "@syncline/machine";
import { type DiskView, hasOnDisk, lastOnDisk } from "./raft-disk.ts";

/** A node as the oracle sees it. */
export interface Seen {
  readonly name: string;
  /** The incarnation of the directory that is there now. */
  readonly id: NodeId;
  readonly view: DiskView;
  readonly raft: Raft | null;
}

/** Looks, remembers, and throws at the first breach. */
export interface RaftOracle {
  /** A node is about to take an input. */
  stepping(node: Seen, input: Input<RaftProtocol>): void;
  /** A node has taken it. */
  stepped(node: Seen, input: Input<RaftProtocol>): void;
  sent(node: Seen, message: RaftMessage): void;
  /** A node's application has come to this index with this state. */
  applied(node: Seen, index: number, digest: number): void;
  /** What of all that was ever committed is not on the disks of these members; null if they have everything, as they must once all is whole and at rest. */
  whyNotDurable(members: readonly Seen[]): string | null;
  readonly committedCount: number;
  readonly leaderCount: number;
}

interface Committed extends EntryId {
  /** The term of the leader that was the first to know. */
  readonly byTerm: number;
}

interface Oracle {
  /** Every disk that there is, and those that were lost: what was acknowledged from them counts, and their incarnations never vote again. */
  readonly disks: ReadonlyMap<NodeId, DiskView>;
  readonly leaderByTerm: Map<number, NodeId>;
  readonly committed: Map<number, Committed>;
  committedIndex: number;
  /** For every entry that was ever in a log, by its id: what it was, and the term of the one before. */
  readonly entryById: Map<string, { readonly text: string; readonly previousTerm: number }>;
  readonly known: WeakSet<Entry>;
  readonly commitByProcess: WeakMap<Raft, number>;
  readonly digestByIndex: Map<number, number>;
  /** Whom each incarnation has told that it votes for him, by incarnation and term. */
  readonly voteByTerm: Map<string, NodeId>;
  /** What a node was before it took an input that must not change it; null for all other inputs. */
  before: Before | null;
}

interface Before {
  readonly standing: string | null;
  /** Until when it gives nobody a vote; null if any input of its kind must leave it as it is. */
  readonly boundUntilMs: number | null;
}

/** An oracle of a cluster with these disks. */
export const createRaftOracle = (disks: ReadonlyMap<NodeId, DiskView>): RaftOracle => {
  const oracle: Oracle = {
    disks,
    leaderByTerm: new Map(),
    committed: new Map(),
    committedIndex: 0,
    entryById: new Map(),
    known: new WeakSet(),
    commitByProcess: new WeakMap(),
    digestByIndex: new Map(),
    voteByTerm: new Map(),
    before: null,
  };
  return {
    stepping: (node, input) => {
      oracle.before = beforeOf(node, input);
    },
    stepped: (node, input) => {
      checkMoved(oracle, node, input);
      // What it has read so far is not its log.
      if (node.raft === null || node.raft.state.recovery !== null) return;
      checkLog(oracle, node.raft);
      checkCommit(oracle, node, node.raft);
      checkLeader(oracle, node, node.raft);
    },
    sent: (node, message) => checkSent(oracle, node, message),
    whyNotDurable: (members) => whyNotDurable(oracle, members),
    applied: (node, index, digest) => {
      const known = oracle.digestByIndex.get(index) ?? digest;
      check(known === digest, `state machine safety: ${node.name} differs at ${index}`);
      oracle.digestByIndex.set(index, digest);
    },
    get committedCount() {
      return oracle.committedIndex;
    },
    get leaderCount() {
      return oracle.leaderByTerm.size;
    },
  };
};

const check = (claim: boolean, message: string): void => {
  if (!claim) throw new Error(message);
};

/** A question changes nobody, and a vote nobody who hears a leader, unless that one wants it (thesis, §9.6 and §4.2.3). */
const beforeOf = (node: Seen, input: Input<RaftProtocol>): Before | null => {
  if (input.kind !== "received" || node.raft === null) return null;
  const { message } = input;
  if (message.kind === "pre-vote") return { standing: standingOf(node), boundUntilMs: null };
  if (message.kind !== "vote" || message.isTransfer) return null;
  const { settings, role, heardLeaderMs } = node.raft.state;
  if (!settings.hasCheckQuorum) return null;
  const boundUntilMs =
    role.kind === "leader" ? Number.POSITIVE_INFINITY : heardLeaderMs + settings.electionTimeoutMs;
  return { standing: standingOf(node), boundUntilMs };
};

const checkMoved = ({ before }: Oracle, node: Seen, input: Input<RaftProtocol>): void => {
  if (before === null || node.raft === null || input.kind !== "received") return;
  if (before.boundUntilMs !== null && node.raft.state.nowMs >= before.boundUntilMs) return;
  const isMoved = standingOf(node) !== before.standing;
  check(!isMoved, `${node.name} is moved by a ${input.message.kind}`);
};

const hearsLeader = ({ state }: Raft): boolean =>
  state.settings.hasCheckQuorum &&
  (state.role.kind === "leader" ||
    state.nowMs < state.heardLeaderMs + state.settings.electionTimeoutMs);

/** All that a question must not change (thesis, §9.6). */
const standingOf = ({ raft }: Seen): string | null => {
  if (raft === null) return null;
  const { term, vote, role, electionDueMs, heardLeaderMs } = raft.state;
  const leader = role.kind === "follower" ? role.leader : null;
  return [term, vote, role.kind, leader, electionDueMs, heardLeaderMs].join();
};

/** Log matching: an id stands for one entry, and for one predecessor, and so for one history. */
const checkLog = ({ known, entryById }: Oracle, { state }: Raft): void => {
  const { base, entries } = state.log;
  for (let place = entries.length - 1; place >= 0; place -= 1) {
    const entry = entries[place]!;
    const previousTerm = entries[place - 1]?.term ?? base.term;
    const id = `${entry.index}.${entry.term}`;
    const isKnown = known.has(entry);
    const seen = entryById.get(id);
    if (seen !== undefined) {
      check(seen.previousTerm === previousTerm, `log matching: two histories lead to ${id}`);
    }
    if (isKnown) break;
    known.add(entry);
    const text = textOf(entry);
    check(seen === undefined || seen.text === text, `log matching: two entries are ${id}`);
    entryById.set(id, { text, previousTerm });
  }
};

const textOf = (entry: Entry): string =>
  entry.kind === "command"
    ? `command ${entry.data.join()}`
    : entry.kind === "empty"
      ? "empty"
      : JSON.stringify(entry.configuration);

/** State machine safety and durability: what is committed once stays so, and is on the disks of a majority when it becomes so. */
const checkCommit = (oracle: Oracle, node: Seen, raft: Raft): void => {
  const { state } = raft;
  const { log, commitIndex } = state;
  const known = oracle.commitByProcess.get(raft) ?? 0;
  check(commitIndex >= known, `${node.name} takes back that ${known} is committed`);
  checkOrder(node, raft);
  const from = Math.max(known, log.base.index);
  oracle.commitByProcess.set(raft, commitIndex);
  for (let index = from + 1; index <= commitIndex; index += 1) {
    const term = log.entries[index - log.base.index - 1]?.term ?? 0;
    const earlier = oracle.committed.get(index);
    if (earlier !== undefined) {
      const text = `committed twice: ${index} in terms ${earlier.term} and ${term}`;
      check(earlier.term === term, text);
      continue;
    }
    // It may have left its office in the same step, over what it committed.
    const isLeader =
      state.role.kind === "leader" || oracle.leaderByTerm.get(state.term) === node.id;
    check(isLeader, `${node.name} commits ${index} before any leader`);
    oracle.committed.set(index, { index, term, byTerm: state.term });
    oracle.committedIndex = Math.max(oracle.committedIndex, index);
    checkDurable(oracle, raft, { index, term });
  }
};

/** What is compacted is in the snapshot, that is applied, that is committed, and that is in the log; on the disk, too. */
const checkOrder = ({ name, view }: Seen, { state }: Raft): void => {
  const { log, snapshot, appliedIndex, commitIndex } = state;
  const end = log.base.index + log.entries.length;
  const order = [log.base.index, snapshot?.last.index ?? 0, appliedIndex, commitIndex, end];
  const isInOrder = order.every((index, place) => place === 0 || order[place - 1]! <= index);
  check(isInOrder, `${name} has its indexes out of order: ${order.join(", ")}`);
  const snapshotOnDisk = view.snapshot?.last.index ?? 0;
  check(view.base.index <= snapshotOnDisk, `${name} has compacted what no snapshot on disk has`);
};

const checkDurable = ({ disks }: Oracle, { state }: Raft, id: EntryId): void => {
  const { configuration } = state.log.configurations.at(-1)!;
  for (const half of [configuration.voters, configuration.outgoing]) {
    const holders = half.filter((voter) => {
      const view = disks.get(voter);
      return view !== undefined && hasOnDisk(view, id);
    });
    const isQuorum = half.length === 0 || holders.length > half.length / 2;
    const [count, all] = [holders.length, half.length];
    check(isQuorum, `durability: ${id.index}.${id.term} is committed on ${count} of ${all} disks`);
  }
};

/** Election safety and leader completeness: one leader a term, and it has everything that earlier ones committed. */
const checkLeader = (oracle: Oracle, node: Seen, { state }: Raft): void => {
  if (state.role.kind !== "leader") return;
  const known = oracle.leaderByTerm.get(state.term);
  check(known === undefined || known === node.id, `election safety: term ${state.term} has two`);
  if (known !== undefined) return;
  oracle.leaderByTerm.set(state.term, node.id);
  const { base, entries } = state.log;
  for (let index = base.index + 1; index <= oracle.committedIndex; index += 1) {
    const committed = oracle.committed.get(index);
    if (committed === undefined || committed.byTerm >= state.term) continue;
    const term = entries[index - base.index - 1]?.term ?? null;
    const text = `leader completeness: ${node.name} leads ${state.term} without ${index}`;
    check(term === committed.term, text);
  }
};

/** Nothing that was committed is gone, whatever befell those who had it. */
const whyNotDurable = ({ committed }: Oracle, members: readonly Seen[]): string | null => {
  for (const { name, view } of members) {
    for (const id of committed.values()) {
      if (!hasOnDisk(view, id)) return `durability: ${name} has not got ${id.index}.${id.term}`;
    }
  }
  return null;
};

/** What is said of a disk is so: a vote that was given is on it, and so is what is acknowledged. */
const checkSent = (oracle: Oracle, node: Seen, message: RaftMessage): void => {
  const { view, name, raft } = node;
  if (raft !== null) checkPreVote(node, raft, message);
  const isPreVote = message.kind === "pre-vote" || message.kind === "pre-vote-answer";
  const isOwnTerm = isPreVote || (raft?.state.term ?? 0) >= message.term;
  check(isOwnTerm, `${name} speaks in a term that it has not`);
  if (message.kind === "vote-answer" && message.isGranted) {
    const key = `${message.from} ${message.term}`;
    const known = oracle.voteByTerm.get(key) ?? message.to;
    check(known === message.to, `${name} votes twice in term ${message.term}`);
    oracle.voteByTerm.set(key, message.to);
  }
  if (view.term > message.term) return;
  if (message.kind === "vote-answer" && message.isGranted) {
    const isStored = view.term === message.term && view.vote === message.to;
    check(isStored, `${name} gives a vote that is not on its disk`);
    check(view.hole === null, `${name} votes with a hole in its disk`);
  }
  if (message.kind === "vote") {
    check(view.term === message.term, `${name} asks for votes in a term not on its disk`);
  }
  if (message.kind === "append-answer") {
    check(view.term === message.term, `${name} acknowledges in a term not on its disk`);
    check(lastOnDisk(view) >= message.index, `${name} acknowledges what is not on its disk`);
    const isCounted = message.mending === null;
    check(!isCounted || view.hole === null, `${name} acknowledges with a hole in its disk`);
  }
};

/** While a node hears of a leader it encourages nobody to unseat him. */
const checkPreVote = ({ name }: Seen, raft: Raft, message: RaftMessage): void => {
  if (message.kind !== "pre-vote-answer" || !message.isGranted) return;
  check(!hearsLeader(raft), `${name} would unseat a leader that it hears`);
};
