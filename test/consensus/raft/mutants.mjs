// Bugs to plant in Raft: each is one that an implementation somewhere has had, and the simulation must find it.

const raft = "packages/consensus/src/raft/";

/** Each bug: what it is called, what it does, and the pieces of sources with what stands in their place. */
export const mutants = [
  {
    name: "vote-before-its-disk",
    does: "a vote is given before it is on disk, and forgotten by a crash",
    changes: [
      {
        file: `${raft}elections.ts`,
        piece: `  persist(state, isNew ? [ballotOf(state)] : [], [
    sending(state, from, { kind: "vote-answer", isGranted: true }),
  ]);`,
        instead: `  persist(state, isNew ? [ballotOf(state)] : [], []);
  send(state, from, { kind: "vote-answer", isGranted: true });`,
      },
    ],
  },
  {
    name: "vote-never-stored",
    does: "a vote is given and never stored, and a restart votes again",
    changes: [
      {
        file: `${raft}elections.ts`,
        piece: `  persist(state, isNew ? [ballotOf(state)] : [], [`,
        instead: `  void isNew;
  persist(state, [], [`,
      },
    ],
  },
  {
    name: "longer-log-wins",
    does: "a log is as up to date as another if it is as long",
    changes: [
      {
        file: `${raft}entry.ts`,
        piece: `one.term > other.term || (one.term === other.term && one.index >= other.index);`,
        instead: `one.index >= other.index;`,
      },
    ],
  },
  {
    name: "longer-and-later-log-wins",
    does: "a log is as up to date as another only if it is both as long and as late",
    changes: [
      {
        file: `${raft}entry.ts`,
        piece: `one.term > other.term || (one.term === other.term && one.index >= other.index);`,
        instead: `one.term >= other.term && one.index >= other.index;`,
      },
    ],
  },
  {
    name: "votes-counted-twice",
    does: "an answer to a vote counts each time it comes",
    changes: [
      {
        file: `${raft}elections.ts`,
        piece: `  if (voteBy.has(from)) return;
  voteBy.set(from, isGranted);`,
        instead: `  const free = voteBy.has(from) ? otherVoters(state).find((voter) => !voteBy.has(voter)) : from;
  voteBy.set(free ?? from, isGranted);`,
      },
    ],
  },
  {
    name: "late-votes-counted",
    does: "a vote of an earlier term counts in the present one",
    changes: [
      {
        file: `${raft}raft.ts`,
        piece: `  if (message.term < state.term) return receiveOutdated(state, message);`,
        instead: `  if (message.term < state.term && message.kind !== "vote-answer") return receiveOutdated(state, message);`,
      },
      {
        file: `${raft}elections.ts`,
        piece: `  if (role.kind !== "candidate" || term !== state.term) return;`,
        instead: `  if (role.kind !== "candidate" || term > state.term) return;`,
      },
    ],
  },
  {
    name: "votes-of-one-half",
    does: "while members change only the new half is asked for votes",
    changes: [
      {
        file: `${raft}elections.ts`,
        piece: `  const electorate = electorateOf(configurationOfState(state));
  const result`,
        instead: `  const electorate = { ...electorateOf(configurationOfState(state)), outgoing: [] };
  const result`,
      },
    ],
  },
  {
    name: "commits-of-one-half",
    does: "while members change only the new half is asked for commitments",
    changes: [
      {
        file: `${raft}replication.ts`,
        piece: `  const electorate = electorateOf(configurationOfState(state));`,
        instead: `  const electorate = { ...electorateOf(configurationOfState(state)), outgoing: [] };`,
      },
    ],
  },
  {
    name: "members-change-at-once",
    does: "voters are replaced without a joint configuration",
    changes: [
      {
        file: `${raft}configuration.ts`,
        piece: `  const outgoing = isSame ? [] : before.voters;`,
        instead: `  const outgoing: readonly NodeId[] = [];`,
      },
      {
        file: `${raft}configuration.ts`,
        piece: `    isLeavingByItself: !isSame && isLeavingByItself,`,
        instead: `    isLeavingByItself: !isSame && isLeavingByItself && outgoing.length > 0,`,
      },
    ],
  },
  {
    name: "members-change-before-own-commit",
    does: "a leader changes members before it has committed anything of its term, or while a change is not committed",
    changes: [
      {
        file: `${raft}membership.ts`,
        piece: `  return isSettled && state.commitIndex >= leader.firstIndex ? null : "not-yet";`,
        instead: `  return isSettled || state.commitIndex < leader.firstIndex ? null : "not-yet";`,
      },
    ],
  },
  {
    name: "members-not-rolled-back",
    does: "a configuration that is cut off the log goes on holding",
    changes: [
      {
        file: `${raft}log.ts`,
        piece: `  while ((log.configurations.at(-1)?.index ?? 0) >= index) log.configurations.pop();`,
        instead: ``,
      },
    ],
  },
  {
    name: "members-lost-in-compaction",
    does: "a snapshot holds the configuration that the log began with, not the one as of its entry",
    changes: [
      {
        file: `${raft}snapshots.ts`,
        piece: `  const at = configurationAt(log, index);`,
        instead: `  const at = log.configurations[0] ?? configurationAt(log, index);`,
      },
    ],
  },
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
    name: "commits-beyond-what-agrees",
    does: "a follower takes the leader's commit index for the whole of its own log",
    changes: [
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
    name: "stored-in-another-term",
    does: "news that an earlier term's log is on disk counts for the present one",
    changes: [
      {
        file: `${raft}replication.ts`,
        piece: `  if (role.kind !== "leader" || state.term !== term) return;
  assert(index <= lastIndex(state.log), "a leader has cut off its own log");
  role.durableIndex = Math.max(role.durableIndex, index);`,
        instead: `  if (role.kind !== "leader" || state.term < term) return;
  role.durableIndex = Math.max(role.durableIndex, Math.min(index, lastIndex(state.log)));`,
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
    name: "sessions-not-in-the-snapshot",
    does: "the table of sessions is lost with a snapshot",
    changes: [
      {
        file: `${raft}sessions.ts`,
        piece: `    table.sessions.set(name, session);`,
        instead: `    session.resultByNumber.clear();
    table.sessions.set(name, session);`,
      },
    ],
  },
  {
    name: "sessions-not-looked-at",
    does: "a command that comes again is applied again",
    changes: [
      {
        file: `${raft}sessions.ts`,
        piece: `  if (known !== undefined) return { kind: "done", result: known };`,
        instead: ``,
      },
    ],
  },
  {
    name: "snapshot-over-committed",
    does: "a snapshot is installed though the log has come further",
    changes: [
      {
        file: `${raft}snapshots.ts`,
        piece: `  if (snapshot.last.index <= state.commitIndex) {`,
        instead: `  if (snapshot.last.index < 0) {`,
      },
    ],
  },
  {
    name: "snapshot-keeps-another-history",
    does: "a log that differs at the snapshot's last entry is kept behind it",
    changes: [
      {
        file: `${raft}snapshots.ts`,
        piece: `  const isKept = last.index <= lastIndex(log) && hasEntry(log, last);`,
        instead: `  const isKept = last.index <= lastIndex(log);`,
      },
      {
        file: `${raft}snapshots.ts`,
        piece: `  if (isKept) compactTo(log, last.index);`,
        instead: `  void hasEntry;
  if (isKept) compactTo(log, last.index);`,
      },
    ],
  },
  {
    name: "applied-twice-after-a-snapshot",
    does: "entries that are in a restored snapshot are applied once more",
    changes: [
      {
        file: `${raft}recovering.ts`,
        piece: `    appliedIndex: snapshot?.last.index ?? 0,`,
        instead: `    appliedIndex: Math.min(snapshot?.last.index ?? 0, head.base.index),`,
      },
    ],
  },
  {
    name: "message-for-another-incarnation",
    does: "a node takes messages that were meant for the disk that it had before",
    changes: [
      {
        file: `${raft}raft.ts`,
        piece: `  if (message.to !== self || message.from === self || state.recovery !== null) return;`,
        instead: `  if (message.to.split("@")[0] !== self.split("@")[0] || message.from === self || state.recovery !== null) return;`,
      },
      {
        file: `${raft}state.ts`,
        piece: `  const message: RaftMessage = { from: state.settings.self, to, term, ...kind };`,
        instead: `  const own = [...(state.role.kind === "leader" ? [] : latestConfiguration(state.log).configuration.voters)].find((voter) => nameOfNode(voter) === nameOfNode(state.settings.self));
  const message: RaftMessage = { from: own ?? state.settings.self, to, term, ...kind };`,
      },
    ],
  },
  {
    name: "one-name-one-member",
    does: "a node keeps its name when its disk is lost, and votes as if it remembered",
    changes: [
      {
        file: "test/consensus/raft/raft-node.ts",
        piece: `        self: nodeIdOf(name, String(directory)),`,
        instead: `        self: nodeIdOf(name, "1"),`,
      },
      {
        file: "test/consensus/raft/raft-node.ts",
        piece: `      return nodeIdOf(name, String(node.life.directory));`,
        instead: `      return nodeIdOf(name, "1");`,
      },
    ],
  },
  {
    name: "votes-with-a-hole",
    does: "a node whose disk has lost entries votes as if it had them",
    changes: [
      {
        file: `${raft}elections.ts`,
        piece: `  if (term !== state.term || state.hole !== null) return;`,
        instead: `  if (term !== state.term) return;`,
      },
    ],
  },
  {
    name: "acknowledges-with-a-hole",
    does: "a node whose disk has lost entries is whole as soon as a leader speaks to it",
    changes: [
      {
        file: `${raft}replication.ts`,
        piece: `  if (progress.mending !== null && index >= progress.mending.targetIndex) {`,
        instead: `  if (progress.mending !== null) {`,
      },
    ],
  },
  {
    name: "hole-taken-for-a-torn-end",
    does: "a log that has lost its end is taken for one that never had it",
    changes: [
      {
        file: `${raft}recovering.ts`,
        piece: `        head.hole = record.hole;`,
        instead: `        head.hole = null;`,
      },
    ],
  },
  {
    name: "no-check-quorum",
    does: "a leader that hears from nobody goes on",
    changes: [
      {
        file: `${raft}waking.ts`,
        piece: `  if (settings.hasCheckQuorum && !isQuorum) becomeFollower(state, state.term, null);`,
        instead: `  void isQuorum;
  void becomeFollower;`,
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
    name: "snapshot-never-sent-again",
    does: "a piece of a snapshot that is lost is not sent again",
    changes: [
      {
        file: `${raft}waking.ts`,
        piece: `  resendChunks(state, role);`,
        instead: ``,
      },
    ],
  },
  {
    name: "pre-vote-begins-a-term",
    does: "whoever is asked whether he would vote enters the term that was asked about",
    changes: [
      {
        file: `${raft}raft.ts`,
        piece: `  if (kind === "pre-vote" || (kind === "pre-vote-answer" && message.isGranted)) return true;`,
        instead: `  if (kind === "pre-vote-answer" && message.isGranted) return true;`,
      },
    ],
  },
  {
    name: "pre-vote-against-a-leader",
    does: "a node that hears a leader would vote for another",
    changes: [
      {
        file: `${raft}elections.ts`,
        piece: `  if (state.hole !== null || isInLease(state)) return;`,
        instead: `  if (state.hole !== null) return;`,
      },
    ],
  },
  {
    name: "vote-against-a-leader",
    does: "a node that hears a leader votes for another",
    changes: [
      {
        file: `${raft}raft.ts`,
        piece: `  if (kind === "vote" && !message.isTransfer && isInLease(state)) return false;`,
        instead: `  void isInLease;`,
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
  {
    name: "failed-flush-taken-for-done",
    does: "a flush that failed is taken for one that was done",
    changes: [
      {
        file: "packages/machine/src/runtime.ts",
        piece: `  state.ports.append(records, (error) => {`,
        instead: `  state.ports.append(records, (failure) => {
    const error = failure?.message === "a flush failed" ? null : failure;`,
      },
    ],
  },
  {
    name: "uncommitted-members-in-the-snapshot",
    does: "a snapshot holds the latest configuration of the log, not the one as of its entry",
    changes: [
      {
        file: `${raft}snapshots.ts`,
        piece: `  const at = configurationAt(log, index);`,
        instead: `  const at = log.configurations.at(-1) ?? configurationAt(log, index);`,
      },
    ],
  },
  {
    name: "commits-beyond-a-snapshot",
    does: "with a snapshot the entry behind it is taken for committed, too",
    changes: [
      {
        file: `${raft}snapshots.ts`,
        piece: `  state.commitIndex = last.index;
  state.appliedIndex`,
        instead: `  state.commitIndex = Math.min(last.index + 1, lastIndex(log));
  state.appliedIndex`,
      },
    ],
  },
  {
    name: "former-member-counts-itself",
    does: "a leader that is to go counts itself until it has gone",
    changes: [
      {
        file: `${raft}replication.ts`,
        piece: `  const electorate = electorateOf(configurationOfState(state));`,
        instead: `  const { voters, outgoing } = configurationOfState(state);
  void electorateOf;
  const electorate = { incoming: [...new Set([...voters, self])], outgoing };`,
      },
    ],
  },
  {
    name: "learner-gives-no-vote",
    does: "a node gives no vote before it knows that it has one",
    changes: [
      {
        file: `${raft}elections.ts`,
        piece: `  if (term !== state.term || state.hole !== null) return;`,
        instead: `  if (term !== state.term || state.hole !== null || !isVoting(state)) return;`,
      },
    ],
  },
];
