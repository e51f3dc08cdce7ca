/** What must hold of the whole cluster, after every step of every node: it sees all memories and all disks at once. */
import type { Entry, EntryId, NodeId, Raft, RaftMessage } from "@syncline/consensus/raft";
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
  /** A node has taken an input. */
  stepped(node: Seen): void;
  sent(node: Seen, message: RaftMessage): void;
  /** A node's application has come to this index with this state. */
  applied(node: Seen, index: number, digest: number): void;
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
  };
  return {
    stepped: (node) => {
      // What it has read so far is not its log.
      if (node.raft === null || node.raft.state.recovery !== null) return;
      checkLog(oracle, node.raft);
      checkCommit(oracle, node, node.raft);
      checkLeader(oracle, node, node.raft);
    },
    sent: (node, message) => checkSent(node, message),
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
  const from = Math.max(oracle.commitByProcess.get(raft) ?? 0, log.base.index);
  oracle.commitByProcess.set(raft, commitIndex);
  for (let index = from + 1; index <= commitIndex; index += 1) {
    const term = log.entries[index - log.base.index - 1]?.term ?? 0;
    const known = oracle.committed.get(index);
    if (known !== undefined) {
      check(known.term === term, `committed twice: ${index} in terms ${known.term} and ${term}`);
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

/** What is said of a disk is so: a vote that was given is on it, and so is what is acknowledged. */
const checkSent = (node: Seen, message: RaftMessage): void => {
  const { view, name, raft } = node;
  const isPreVote = message.kind === "pre-vote" || message.kind === "pre-vote-answer";
  const isOwnTerm = isPreVote || (raft?.state.term ?? 0) >= message.term;
  check(isOwnTerm, `${name} speaks in a term that it has not`);
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
