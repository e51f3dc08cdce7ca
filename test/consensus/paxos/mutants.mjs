// Bugs to plant in single-decree Paxos, as in test/simulation/mutants.mjs.

const paxos = "packages/consensus/src/paxos/";

/** Each bug: what it is called, what it does, and the pieces of sources with what stands in their place. */
export const mutants = [
  {
    name: "promise-before-flush",
    does: "an acceptor promises and votes before it is on its disk",
    changes: [
      {
        file: `${paxos}node.ts`,
        piece: `      records: isChanged(before, after) ? [{ kind: "acceptor", ...after }] : [],
      then: toAll(state, to, message),
    },
  ];`,
        instead: `      records: isChanged(before, after) ? [{ kind: "acceptor", ...after }] : [],
      then: [],
    },
    ...toAll(state, to, message),
  ];`,
      },
    ],
  },
  {
    name: "promise-not-kept",
    does: "a promise is not written at all, votes are",
    changes: [
      {
        file: `${paxos}node.ts`,
        piece: `records: isChanged(before, after) ? [{ kind: "acceptor", ...after }] : [],`,
        instead: `records: message.kind === "accepted" ? [{ kind: "acceptor", ...after }] : [],`,
      },
    ],
  },
  {
    name: "vote-not-kept",
    does: "a vote is not written at all, promises are",
    changes: [
      {
        file: `${paxos}node.ts`,
        piece: `records: isChanged(before, after) ? [{ kind: "acceptor", ...after }] : [],`,
        instead: `records: message.kind === "promise" ? [{ kind: "acceptor", ...after }] : [],`,
      },
    ],
  },
  {
    name: "vote-not-told",
    does: "an acceptor promises without saying what it has accepted",
    changes: [
      {
        file: `${paxos}acceptor.ts`,
        piece: `message: { kind: "promise", ballot, accepted: state.accepted },`,
        instead: `message: { kind: "promise", ballot, accepted: null },`,
      },
    ],
  },
  {
    name: "half-is-a-majority",
    does: "of an even number half is taken for a majority",
    changes: [
      {
        file: "packages/consensus/src/majority.ts",
        piece: `Math.floor(voterCount / 2) + 1`,
        instead: `Math.max(1, Math.ceil(voterCount / 2))`,
      },
    ],
  },
  {
    name: "round-not-kept",
    does: "a proposer that restarts uses its rounds again",
    changes: [
      {
        file: `${paxos}node.ts`,
        piece: `      records: [{ kind: "round", round: ballot.round }],`,
        instead: `      records: [],`,
      },
    ],
  },
  {
    name: "own-value-anyway",
    does: "a proposer proposes its own value whatever it has heard",
    changes: [
      {
        file: `${paxos}proposer.ts`,
        piece: `largestOf(phase.promises.values())?.value ?? wish`,
        instead: `wish.length > 0 ? wish : (largestOf(phase.promises.values())?.value ?? wish)`,
      },
    ],
  },
  {
    name: "any-value-heard",
    does: "a proposer takes the value that it heard of last, not that of the largest ballot",
    changes: [
      {
        file: `${paxos}proposer.ts`,
        piece: `if (largest === null || compareBallots(proposal.ballot, largest.ballot) > 0) largest = proposal;`,
        instead: `if (compareBallots(proposal.ballot, proposal.ballot) === 0) largest = proposal;`,
      },
    ],
  },
  {
    name: "quorum-off-by-one",
    does: "a proposer is content with one promise less than a majority",
    changes: [
      {
        file: `${paxos}proposer.ts`,
        piece: `phase.promises.size < majorityOf(acceptorCount)`,
        instead: `phase.promises.size < majorityOf(acceptorCount) - 1`,
      },
    ],
  },
  {
    name: "votes-of-all-ballots",
    does: "a learner counts votes for a value, whatever their ballots",
    changes: [
      {
        file: `${paxos}learner.ts`,
        piece: `if (isSameBallot(vote.ballot, proposal.ballot)) voteCount += 1;`,
        instead: `if (isSameBallot(vote.ballot, vote.ballot) && isSameBytes(vote.value, proposal.value)) voteCount += 1;`,
      },
    ],
  },
  {
    name: "votes-counted-twice",
    does: "a learner counts a vote that comes twice as two",
    changes: [
      {
        file: `${paxos}learner.ts`,
        piece: `  let voteCount = 0;`,
        instead: `  let voteCount = before !== undefined && isSameBallot(before.ballot, proposal.ballot) ? 1 : 0;`,
      },
    ],
  },
  {
    name: "promises-counted-twice",
    does: "a proposer counts a promise that comes twice as two",
    changes: [
      {
        file: `${paxos}proposer.ts`,
        piece: `phase.promises.set(from, accepted);`,
        instead: `phase.promises.set(phase.promises.has(from) ? \`\${from} again\` : from, accepted);`,
      },
    ],
  },
  {
    name: "accepts-below-its-promise",
    does: "an acceptor accepts whatever is larger than what it has accepted",
    changes: [
      {
        file: `${paxos}acceptor.ts`,
        piece: `  const { ballot } = proposal;
  if (compareBallots(ballot, state.promised) < 0) return refuse(state, ballot);
  return {
    state: { promised: ballot, accepted: proposal },`,
        instead: `  const { ballot } = proposal;
  if (compareBallots(ballot, state.accepted?.ballot ?? noBallot) < 0) return refuse(state, ballot);
  return {
    state: { promised: compareBallots(ballot, state.promised) < 0 ? state.promised : ballot, accepted: proposal },`,
      },
    ],
  },
  {
    name: "late-promises-counted",
    does: "a proposer counts promises of its earlier rounds",
    changes: [
      {
        file: `${paxos}proposer.ts`,
        piece: `if (phase.kind !== "preparing" || !isSameBallot(ballot, phase.ballot)) return null;`,
        instead: `if (phase.kind !== "preparing" || ballot.proposer !== phase.ballot.proposer) return null;`,
      },
    ],
  },
];
