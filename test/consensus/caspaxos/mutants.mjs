// Bugs to plant in CASPaxos, as in test/simulation/mutants.mjs.

const caspaxos = "packages/consensus/src/caspaxos/";

/** An assertion that would notice a ballot that is used twice; the bugs must be found without it. */
const withoutBallotAssertion = {
  file: `${caspaxos}proposer-state.ts`,
  piece: `  assert(ballot.round > at.proposedRound, "a ballot is used twice");`,
  instead: ``,
};

/** Each bug: what it is called, what it does, and the pieces of sources with what stands in their place. */
export const mutants = [
  {
    name: "ballot-used-again",
    does: "after a round that failed the proposer goes on with the cached ballot, for another value",
    changes: [
      withoutBallotAssertion,
      {
        file: `${caspaxos}attempting.ts`,
        piece: `  at.cache = null;
  const { epoch } = state.config;`,
        instead: `  const { epoch } = state.config;`,
      },
      {
        file: `${caspaxos}attempting.ts`,
        piece: `  at.attempt = null;
  at.cache = null;
  at.failureCount += 1;`,
        instead: `  at.attempt = null;
  at.failureCount += 1;`,
      },
    ],
  },
  {
    name: "ballot-used-again-but-for-conflicts",
    does: "the same, but a conflict drops the cache: the published bug",
    changes: [
      withoutBallotAssertion,
      {
        file: `${caspaxos}attempting.ts`,
        piece: `  at.cache = null;
  const { epoch } = state.config;`,
        instead: `  const { epoch } = state.config;`,
      },
      {
        file: `${caspaxos}attempting.ts`,
        piece: `  at.attempt = null;
  at.cache = null;
  at.failureCount += 1;`,
        instead: `  at.attempt = null;
  if (attempt.kind === "accepting" && attempt.refused.size > 0) at.cache = null;
  at.failureCount += 1;`,
      },
    ],
  },
  {
    name: "promise-before-flush",
    does: "an acceptor says what it has not on its disk",
    changes: [
      {
        file: `${caspaxos}acceptor-state.ts`,
        piece: `  return [persist([{ kind: "register", incarnation, key, register: after }], key, then)];`,
        instead: `  return [persist([{ kind: "register", incarnation, key, register: after }], key, []), ...then];`,
      },
    ],
  },
  {
    name: "promise-not-kept",
    does: "an acceptor writes what it accepts, and not what it promises",
    changes: [
      {
        file: `${caspaxos}accepting.ts`,
        piece: `  return writeRegister(state, key, held, { promise: ballot, accepted }, then);`,
        instead: `  held.register = { promise: ballot, accepted };
  return afterDisk(then);`,
      },
    ],
  },
  {
    name: "answers-counted-twice",
    does: "a promise that comes twice counts twice",
    changes: [
      {
        file: `${caspaxos}proposer.ts`,
        piece: `    attempt.promises.set(from, message);`,
        instead: `    attempt.promises.set(attempt.promises.has(from) ? \`\${from} again\` : from, message);`,
      },
    ],
  },
  {
    name: "votes-counted-twice",
    does: "an acceptance that comes twice counts twice",
    changes: [
      {
        file: `${caspaxos}proposer.ts`,
        piece: `    attempt.accepted.add(from);`,
        instead: `    attempt.accepted.add(attempt.accepted.has(from) ? \`\${from} again\` : from);`,
      },
    ],
  },
  {
    name: "late-answers-counted",
    does: "answers to an earlier ballot of the same proposer count",
    changes: [
      {
        file: `${caspaxos}proposer.ts`,
        piece: `if (attempt.kind === "reading" || !isSameBallot(message.ballot, attempt.ballot)) return [];`,
        instead: `if (attempt.kind === "reading" || message.ballot.proposer !== attempt.ballot.proposer) return [];`,
      },
    ],
  },
  {
    name: "accept-quorum-off-by-one",
    does: "one acceptance less than a quorum is enough",
    changes: [
      {
        file: `${caspaxos}attempting.ts`,
        piece: `const needed = isCollection ? config.acceptors.length : config.acceptQuorum;`,
        instead: `const needed = isCollection ? config.acceptors.length : Math.max(1, config.acceptQuorum - 1);`,
      },
    ],
  },
  {
    name: "prepare-quorum-off-by-one",
    does: "one promise less than a quorum is enough",
    changes: [
      {
        file: `${caspaxos}attempting.ts`,
        piece: `const needed = isCollection ? config.acceptors.length : config.prepareQuorum;`,
        instead: `const needed = isCollection ? config.acceptors.length : Math.max(1, config.prepareQuorum - 1);`,
      },
    ],
  },
  {
    name: "identity-reused",
    does: "an acceptor that has lost its disk takes part at once, under its old name, until it has copied the others",
    changes: [
      {
        file: `${caspaxos}acceptor.ts`,
        piece: `  const isFirst = acceptorOf(firstConfig, name)?.incarnation === incarnation;`,
        instead: `  const isFirst = acceptorOf(firstConfig, name) !== null;`,
      },
      {
        file: `${caspaxos}replacing.ts`,
        piece: `  if (head !== null) {
    if (!isSameConfig`,
        instead: `  if (head !== null && head.config.epoch > 1) {
    if (!isSameConfig`,
      },
      {
        file: `${caspaxos}replacing.ts`,
        piece: `  assert(state.head === null, "an acceptor takes its place twice");`,
        instead: `  if (state.head !== null && state.head.config.epoch > 1) return [];`,
      },
    ],
  },
  {
    name: "restored-disk-believed",
    does: "an acceptor goes on with an old copy of its disk",
    changes: [
      {
        file: `${caspaxos}acceptor.ts`,
        piece: `if (record.kind !== "head" || record.incarnation !== incarnation) continue;`,
        instead: `if (record.kind !== "head") continue;`,
      },
      {
        file: `${caspaxos}acceptor.ts`,
        piece: `    state.head = record;`,
        instead: `    state.head = { ...record, incarnation };`,
      },
    ],
  },
  {
    name: "incarnation-reused",
    does: "a proposer that restarts begins with the same ballots",
    changes: [
      {
        file: "test/consensus/caspaxos/register-world.ts",
        piece: "incarnation: `${name}.${process}`,",
        instead: "incarnation: `${name}.${process > 0 ? 1 : 0}`,",
      },
    ],
  },
  {
    name: "dropped-keys-begin-anew",
    does: "a key that was dropped from a proposer's memory begins with its first ballot again",
    changes: [
      {
        file: `${caspaxos}proposer-state.ts`,
        piece: `    state.roundFloor = Math.max(state.roundFloor, at.round);`,
        instead: ``,
      },
    ],
  },
  {
    name: "mixed-read-told",
    does: "a reading tells the latest of what a quorum has said, without writing it back",
    changes: [
      {
        file: `${caspaxos}agreement.ts`,
        piece: `    isCommitted: isMet && isHeld,`,
        instead: `    isCommitted: isMet,`,
      },
    ],
  },
  {
    name: "accept-quorum-read",
    does: "an accept quorum that agrees is believed, though it need not meet another one",
    changes: [
      {
        file: `${caspaxos}agreement.ts`,
        piece: `  const isMet = answerCount >= config.prepareQuorum;`,
        instead: `  const isMet = answerCount >= config.acceptQuorum;`,
      },
    ],
  },
  {
    name: "piggyback-by-accept-quorum",
    does: "the next ballot is used although fewer than a prepare quorum have promised it",
    changes: [
      {
        file: `${caspaxos}attempting.ts`,
        piece: `cache.promisedBy.size >= state.config.prepareQuorum;`,
        instead: `cache.promisedBy.size >= Math.min(state.config.acceptQuorum, state.config.prepareQuorum);`,
      },
    ],
  },
  {
    name: "next-not-promised",
    does: "an acceptor accepts without promising the next ballot",
    changes: [
      {
        file: `${caspaxos}accepting.ts`,
        piece: `promise: next ?? ballot, accepted: { ballot, state: request.state } };`,
        instead: `promise: next === null ? ballot : ballot, accepted: { ballot, state: request.state } };`,
      },
    ],
  },
  {
    name: "cache-kept-in-a-new-epoch",
    does: "a proposer goes on with what acceptors of an earlier configuration have promised",
    changes: [
      withoutBallotAssertion,
      {
        file: `${caspaxos}proposer.ts`,
        piece: `    at.cache = null;
    if (at.attempt === null) continue;
    effects.push(...go(state, at, () => fail(state, at, nowMs)));`,
        instead: ``,
      },
    ],
  },
  {
    name: "applied-twice",
    does: "an operation that is tried again is applied again",
    changes: [
      {
        file: `${caspaxos}applying.ts`,
        piece: `  if (known.kind === "applied") {`,
        instead: `  if (known.kind === "applied" && id.number < 0) {`,
      },
    ],
  },
  {
    name: "forgotten-applied-again",
    does: "an operation whose result was forgotten is applied again",
    changes: [
      {
        file: `${caspaxos}register.ts`,
        piece: `  if (since !== null && since <= (state?.knownFrom ?? floor)) return { kind: "forgotten" };`,
        instead: ``,
      },
    ],
  },
  {
    name: "unknown-told-as-rejected",
    does: "an operation that may have been accepted is told to have had no effect",
    changes: [
      {
        file: `${caspaxos}attempting.ts`,
        piece: `if (since === null || action.kind === "read") {`,
        instead: `if (since === null || since > 0 || action.kind === "read") {`,
      },
    ],
  },
  {
    name: "erased-after-a-quorum",
    does: "a deletion is erased once a quorum has it, not everybody",
    changes: [
      {
        file: `${caspaxos}attempting.ts`,
        piece: `const needed = isCollection ? config.acceptors.length : config.acceptQuorum;`,
        instead: `const needed = config.acceptQuorum;`,
      },
    ],
  },
  {
    name: "erased-without-a-floor",
    does: "an acceptor erases a deletion and every memory of its ballots",
    changes: [
      {
        file: `${caspaxos}acceptor-state.ts`,
        piece: `{ ...head, floor: Math.max(head.floor, register.promise.round) };`,
        instead: `{ ...head, floor: Math.min(head.floor, register.promise.round) };`,
      },
      {
        file: `${caspaxos}accepting.ts`,
        piece: `if (register === null && head.floor >= ballot.round) return afterDisk(then);`,
        instead: `if (register === null) return afterDisk(then);`,
      },
    ],
  },
  {
    name: "floor-without-the-promise",
    does: "an acceptor that erases remembers the deletion's ballot, not what it has promised since",
    changes: [
      {
        file: `${caspaxos}acceptor-state.ts`,
        piece: `{ ...head, floor: Math.max(head.floor, register.promise.round) };`,
        instead: `{ ...head, floor: Math.max(head.floor, register.accepted?.ballot.round ?? 0) };`,
      },
    ],
  },
  {
    name: "erased-by-key",
    does: "an acceptor erases whatever deletion it has, not the one that everybody has accepted",
    changes: [
      {
        file: `${caspaxos}accepting.ts`,
        piece: `accepted !== null && accepted.state.value === null && isSameBallot(accepted.ballot, ballot);`,
        instead: `accepted !== null && isSameBallot(ballot, ballot);`,
      },
    ],
  },
  {
    name: "old-epoch-obeyed",
    does: "an acceptor serves proposers of an earlier configuration",
    changes: [
      {
        file: `${caspaxos}acceptor.ts`,
        piece: `  if (message.epoch !== head.config.epoch) {
    return`,
        instead: `  if (message.epoch > head.config.epoch) {
    return`,
      },
      {
        file: `${caspaxos}acceptor.ts`,
        piece: `  if (head === null || message.epoch !== head.config.epoch) return [];`,
        instead: `  if (head === null) return [];`,
      },
    ],
  },
  {
    name: "fence-not-kept",
    does: "an acceptor that restarts obeys the earlier configuration again",
    changes: [
      {
        file: `${caspaxos}fencing.ts`,
        piece: `  return [{ kind: "persist", records: [state.head], then }];`,
        instead: `  return [{ kind: "persist", records: [], then }];`,
      },
    ],
  },
  {
    name: "fence-by-a-quorum",
    does: "copying begins once a quorum of the others obeys the new configuration",
    changes: [
      {
        file: `${caspaxos}replacing.ts`,
        piece: `replacement.fenced.size < others.length ||`,
        instead: `replacement.fenced.size < Math.min(others.length, replacement.config.prepareQuorum) ||`,
      },
    ],
  },
  {
    name: "copied-from-one",
    does: "a new acceptor takes part once it has copied one of the others",
    changes: [
      {
        file: `${caspaxos}replacing.ts`,
        piece: `if (sources.some(({ isDone }) => !isDone)) return [];`,
        instead: `if (!sources.some(({ isDone }) => isDone)) return [];`,
      },
    ],
  },
  {
    name: "promises-not-copied",
    does: "a new acceptor copies what was accepted, and not what was promised",
    changes: [
      {
        file: `${caspaxos}replacing.ts`,
        piece: `  const merged = mergedOf(held.register, row);`,
        instead: `  const all = mergedOf(held.register, row);
  const merged = { ...all, promise: all.accepted?.ballot ?? { round: 0, proposer: "" } };`,
      },
    ],
  },
  {
    name: "floor-not-copied",
    does: "a new acceptor does not know up to which round registers were erased",
    changes: [
      {
        file: `${caspaxos}replacing.ts`,
        piece: `    floor: Math.max(...sources.map(({ floor }) => floor)),`,
        instead: `    floor: Math.min(0, ...sources.map(({ floor }) => floor)),`,
      },
    ],
  },
  {
    name: "last-page-only",
    does: "a new acceptor copies the first page of each of the others",
    changes: [
      {
        file: `${caspaxos}replacing.ts`,
        piece: `  source.isDone = source.isLastPage;`,
        instead: `  source.isDone = source.isLastPage || source.afterKey !== null;`,
      },
    ],
  },
  {
    name: "conflict-with-itself",
    does: "an acceptor refuses an accept message that comes twice, and the proposer believes it",
    changes: [
      {
        file: `${caspaxos}accepting.ts`,
        piece: `if (accepted !== null && isSameBallot(accepted.ballot, ballot)) return afterDisk(then);`,
        instead: ``,
      },
    ],
  },
  {
    name: "rounds-not-learned",
    does: "a proposer does not jump over the ballot that was in its way",
    changes: [
      {
        file: `${caspaxos}proposer.ts`,
        piece: `  at.round = Math.max(at.round, seen.round);
  if (attempt === null`,
        instead: `  if (attempt === null`,
      },
    ],
  },
  {
    name: "evicted-while-writing",
    does: "an acceptor drops a register from memory whose write is on its way",
    changes: [
      {
        file: `${caspaxos}acceptor-state.ts`,
        piece: `    if (persistCount > 0 || state.waitingByKey.has(key)) continue;`,
        instead: `    if (persistCount < 0) continue;`,
      },
    ],
  },
];
