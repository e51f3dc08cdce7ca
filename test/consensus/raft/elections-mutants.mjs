// Bugs to plant in Raft: elections.

const raft = "packages/consensus/src/raft/";

/** What each does, and the pieces of sources with what stands in their place. */
export const electionsMutants = [
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
    name: "half-is-a-majority",
    does: "half of an even number of voters decides",
    changes: [
      {
        file: "packages/consensus/src/majority.ts",
        piece: `Math.floor(voterCount / 2) + 1;`,
        instead: `Math.ceil(voterCount / 2);`,
      },
    ],
  },
  {
    name: "vote-against-a-leader-of-the-term-before",
    does: "a node that has come to a later term votes there, though it hears the leader of the one before",
    changes: [
      {
        file: `${raft}elections.ts`,
        piece: `  if (!message.isTransfer && isInLease(state)) return;`,
        instead: ``,
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
      {
        file: `${raft}elections.ts`,
        piece: `  if (!message.isTransfer && isInLease(state)) return;`,
        instead: ``,
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
  {
    name: "nobody-stands-in",
    does: "a node that is counted on as a voter without knowing it calls no election, though it is ahead",
    changes: [
      {
        file: `${raft}elections.ts`,
        piece: `  if (state.role.kind === "leader" || state.recovery !== null || isVoting(state)) return;`,
        instead: `  if (state.settings.seed !== null) return;`,
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
];
