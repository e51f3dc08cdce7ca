// Bugs to plant in Raft: replication, commitment and reads.

const raft = "packages/consensus/src/raft/";

/** What each does, and the pieces of sources with what stands in their place. */
export const replicationMutants = [
  {
    name: "earlier-terms-committed-by-counting",
    does: "an entry of an earlier term is committed once a majority has it",
    changes: [
      {
        file: `${raft}replication.ts`,
        piece: `  if (index <= state.commitIndex || termAt(state.log, index) !== state.term) return;`,
        instead: `  if (index <= state.commitIndex) return;`,
      },
    ],
  },
  {
    // By the hints of both sides no append ends below where the logs agree, so the follower's mistake alone is none. Of a leader without hints it is one.
    name: "commits-beyond-what-agrees",
    does: "a follower takes the commit index, of a leader that goes back to what it knows to agree, for the whole of its own log",
    changes: [
      {
        file: `${raft}replication.ts`,
        piece: `  const { index } = hint.term > 0 ? conflictHint(state.log, hint) : hint;`,
        instead: `  const index = hint.term > 0 ? Math.min(conflictHint(state.log, hint).index, progress.matchIndex) : hint.index;`,
      },
      {
        file: `${raft}following.ts`,
        piece: `  if (Math.min(commit, agreed) > commitIndex) commitTo(state, Math.min(commit, agreed));`,
        instead: `  const end = lastIndex(log);
  if (Math.min(commit, end) > commitIndex) commitTo(state, Math.min(commit, end));`,
      },
    ],
  },
  {
    name: "heartbeat-commits-beyond-what-agrees",
    does: "a heartbeat carries the leader's commit index, whatever the follower has",
    changes: [
      {
        file: `${raft}reading.ts`,
        piece: `    const commit = Math.min(matchIndex, state.commitIndex);`,
        instead: `    const commit = matchIndex < 0 ? 0 : state.commitIndex;`,
      },
    ],
  },
  {
    name: "old-append-cuts-off",
    does: "an append cuts the log off at its end, though its entries are there",
    changes: [
      {
        file: `${raft}following.ts`,
        piece: `  const news = start < 0 ? [] : entries.slice(start);`,
        instead: `  const end = (entries.at(-1)?.index ?? lastIndex(log)) + 1;
  if (start < 0 && end <= lastIndex(log) && end > state.commitIndex) truncateFrom(log, end);
  const news = start < 0 ? [] : entries.slice(start);`,
      },
    ],
  },
  {
    name: "acknowledges-before-its-disk",
    does: "a follower acknowledges entries that are on their way to its disk",
    changes: [
      {
        file: `${raft}following.ts`,
        piece: `  persist(state, [], [sending(state, to, { kind: "append-answer", index, mending })]);`,
        instead: `  send(state, to, { kind: "append-answer", index, mending });`,
      },
    ],
  },
  {
    name: "leader-counts-its-memory",
    does: "a leader counts itself for entries that are on their way to its disk",
    changes: [
      {
        file: `${raft}replication.ts`,
        piece: `    voter === self ? leader.durableIndex :`,
        instead: `    voter === self ? lastIndex(state.log) :`,
      },
    ],
  },
  {
    // The same at a leader, with its own disk, cannot happen: it asks for votes behind all that it ever gave that disk, and so hears of the older first.
    name: "acknowledged-in-another-term",
    does: "what an earlier leader sent is acknowledged in the term that has come by the time when it is on disk",
    changes: [
      {
        file: `${raft}following.ts`,
        piece: `  persist(state, [], [sending(state, to, { kind: "append-answer", index, mending })]);`,
        instead: `  persist(state, [], [{ kind: "submit", request: { kind: "acknowledged", to, index, mending } as never }]);`,
      },
      {
        file: `${raft}raft.ts`,
        piece: `    case "flush":`,
        instead: `    case "acknowledged" as never: {
      const { to, index, mending } = asked as never as { to: string; index: number; mending: null };
      state.effects.push({
        kind: "persist",
        records: [],
        then: [sending(state, to, { kind: "append-answer", index, mending })],
      });
      return;
    }
    case "flush":`,
      },
      {
        file: `${raft}raft.ts`,
        piece: `import { deliver, leaderOf, type RaftEffect, type RaftState, refuse, send } from "./state.ts";`,
        instead: `import { deliver, leaderOf, type RaftEffect, type RaftState, refuse, send, sending } from "./state.ts";`,
      },
    ],
  },
  {
    name: "appended-and-not-kept",
    does: "a leader that steps down forgets to give its disk what it had appended last",
    changes: [
      {
        file: `${raft}roles.ts`,
        piece: `  if (role.kind === "leader") keepAppended(state, role);`,
        instead: ``,
      },
    ],
  },
  {
    name: "read-without-a-round",
    does: "a leader answers reads from its own state, whoever leads meanwhile",
    changes: [
      {
        file: `${raft}reading.ts`,
        piece: `  if (isLeaseHeld(state, role)) return makeReady(state, role, [read]);`,
        instead: `  if (isLeaseHeld(state, role) || !settings.hasCheckQuorum || settings.readCountMax > 0) return makeReady(state, role, [read]);`,
      },
    ],
  },
  {
    name: "read-proved-by-an-earlier-round",
    does: "a read joins a round that is on its way already",
    changes: [
      {
        file: `${raft}reading.ts`,
        piece: `  role.reads.waiting.push(read);`,
        instead: `  const onTheWay = role.reads.rounds.at(-1);
  if (onTheWay !== undefined) {
    (onTheWay.reads as Read[]).push(read);
    return;
  }
  role.reads.waiting.push(read);`,
      },
    ],
  },
  {
    name: "any-answer-proves-a-read",
    does: "an answer to an earlier round proves every later one, too",
    changes: [
      {
        file: `${raft}read-queue.ts`,
        piece: `    if (round.number > number) return;`,
        instead: `    if (round.number < number - Number.MAX_SAFE_INTEGER) return;`,
      },
    ],
  },
  {
    name: "read-before-own-commit",
    does: "a leader admits reads before an entry of its own term is committed",
    changes: [
      {
        file: `${raft}reading.ts`,
        piece: `  if (state.commitIndex < role.firstIndex) {`,
        instead: `  if (state.commitIndex < 0) {`,
      },
      {
        file: `${raft}reading.ts`,
        piece: `    assert(index >= leader.firstIndex, "a read is of what another leader knew");`,
        instead: `    void leader;`,
      },
      {
        file: `${raft}checking.ts`,
        piece: `  assert(isRead, "a read was admitted before the term's first commitment");`,
        instead: `  void isRead;`,
      },
    ],
  },
  {
    name: "read-quorum-of-one-less",
    does: "a round is proved by one answer less than a majority",
    changes: [
      {
        file: `${raft}reading.ts`,
        piece: `    hasQuorum(electorate, (voter) => voter === self || answeredBy.has(voter)),`,
        instead: `    electorate.incoming.filter((voter) => voter === self || answeredBy.has(voter)).length >= Math.floor(electorate.incoming.length / 2),`,
      },
    ],
  },
  {
    name: "lease-kept-while-handing-over",
    does: "a leader relies on its lease after it has asked another to call an election",
    changes: [
      {
        file: `${raft}transfer.ts`,
        piece: `  leader.hasLease = false;`,
        instead: ``,
      },
    ],
  },
  {
    name: "lease-without-a-quorum",
    does: "the lease begins when an answer comes, not when the round began",
    changes: [
      {
        file: `${raft}reading.ts`,
        piece: `  const untilMs = beganAtMs + electionTimeoutMs / (1 + leaseReads.clockDriftMax);`,
        instead: `  const untilMs = Math.max(beganAtMs, state.nowMs) + 2 * electionTimeoutMs;`,
      },
    ],
  },
  {
    name: "window-never-opens",
    does: "a window that lost messages have filled stays closed",
    changes: [
      {
        file: `${raft}progress.ts`,
        piece: `  if (mode.kind === "probe") mode.isAsked = false;
  if (mode.kind === "replicate" && isHeldBack(progress, window)) mode.inflight.shift();`,
        instead: `  void window;
  void mode;`,
      },
    ],
  },
  {
    name: "late-acknowledgements-counted",
    does: "an acknowledgement of an earlier term counts in the present one",
    changes: [
      {
        file: `${raft}raft.ts`,
        piece: `  if (message.term < state.term) return receiveOutdated(state, message);`,
        instead: `  if (message.term < state.term && message.kind !== "append-answer") return receiveOutdated(state, message);`,
      },
      {
        file: `${raft}raft.ts`,
        piece: `  if (role.kind !== "leader" || message.term !== state.term) return;`,
        instead: `  if (role.kind !== "leader") return;`,
      },
    ],
  },
];
