// Bugs about ballots and quorums: what is promised, accepted, counted and read.
import { bug, changesOf, source } from "../planting.mjs";

const accepting = source("caspaxos/accepting.ts");
const acceptorState = source("caspaxos/acceptor-state.ts");
const agreement = source("caspaxos/agreement.ts");
const attempting = source("caspaxos/attempting.ts");
const config = source("caspaxos/config.ts");
const majority = source("majority.ts");
const proposerState = source("caspaxos/proposer-state.ts");
const responses = source("caspaxos/responses.ts");
const world = changesOf("test/consensus/caspaxos/register-world.ts");

const withoutBallotAssertions = [
  proposerState(`  assert(ballot.round > at.proposedRound, "a ballot is used twice");`),
  attempting(`  assert(cache.ballot.round > at.proposedRound, "a ballot is used twice");`),
  agreement(`      assert(isSameState(accepted.state, latest.state), "a ballot has two values");`),
];

const withoutMemberAssertions = [
  attempting(
    `    assert(acceptorOf(config, name) !== null, "somebody is counted who is no acceptor");`,
  ),
];

/** The cache outlives the proposal, and is used however large a round is known. */
const cacheKeptWhileProposing = [
  attempting(
    `  at.cache = null;
  const { epoch } = state.config;`,
    `  const { epoch } = state.config;`,
  ),
  attempting(
    `    cache.promisedBy.size >= state.config.prepareQuorum &&
    cache.ballot.round >= at.round;`,
    `    cache.promisedBy.size >= state.config.prepareQuorum;`,
  ),
];

const afterFailure = (instead) =>
  attempting(
    `  at.attempt = null;
  at.cache = null;
  at.failureCount += 1;`,
    instead,
  );

/** See mutants.mjs. */
export const mutants = [
  bug(
    "ballot-used-again",
    "after a round that failed the proposer goes on with the cached ballot, for another value",
    ...withoutBallotAssertions,
    ...cacheKeptWhileProposing,
    afterFailure(`  at.attempt = null;
  at.failureCount += 1;`),
  ),
  bug(
    "ballot-used-again-but-for-conflicts",
    "the same, but a conflict drops the cache: the published bug",
    ...withoutBallotAssertions,
    ...cacheKeptWhileProposing,
    afterFailure(`  at.attempt = null;
  if (attempt.kind === "accepting" && attempt.refused.size > 0) at.cache = null;
  at.failureCount += 1;`),
  ),
  bug(
    "incarnation-reused",
    "a proposer that restarts begins with the same ballots",
    world("incarnation: `${name}.${process}`,", "incarnation: `${name}.${process > 0 ? 1 : 0}`,"),
  ),
  bug(
    "dropped-keys-begin-anew",
    "a key that was dropped from a proposer's memory begins with its first ballot again",
    proposerState(`    state.roundFloor = Math.max(state.roundFloor, at.round);`),
  ),
  bug(
    "rounds-not-learned",
    "a proposer does not jump over the ballot that was in its way",
    responses(
      `  at.round = Math.max(at.round, seen.round);
  if (attempt === null`,
      `  if (attempt === null`,
    ),
  ),
  bug(
    "promise-before-flush",
    "an acceptor says what it has not on its disk",
    acceptorState(
      `  return [persist([{ kind: "register", incarnation, key, register: after }], key, then)];`,
      `  return [persist([{ kind: "register", incarnation, key, register: after }], key, []), ...then];`,
    ),
  ),
  bug(
    "promised-again-before-flush",
    "a promise that is asked for again is given while the first is on its way to the disk",
    accepting(
      `  if (register !== null && isSameBallot(ballot, promise)) return afterDisk(then);`,
      `  if (register !== null && isSameBallot(ballot, promise)) return then;`,
    ),
  ),
  bug(
    "accepted-again-before-flush",
    "an accept message that comes again is answered while the first is on its way to the disk",
    accepting(
      `return isSameState(accepted.state, request.state) ? afterDisk(then) : drop(state);`,
      `return isSameState(accepted.state, request.state) ? then : drop(state);`,
    ),
  ),
  bug(
    "read-before-flush",
    "an acceptor tells what it has accepted while that is on its way to the disk",
    accepting(
      `      return afterDisk([
        to(asked.from, {`,
      `      return [...afterDisk([]),
        to(asked.from, {`,
    ),
    accepting(
      `          accepted: asked.held.register?.accepted ?? null,
        }),
      ]);`,
      `          accepted: asked.held.register?.accepted ?? null,
        }),
      ];`,
    ),
  ),
  bug(
    "promise-not-kept",
    "an acceptor writes what it accepts, and not what it promises",
    accepting(
      `  return writeRegister(state, key, held, { promise: ballot, accepted }, then);`,
      `  held.register = { promise: ballot, accepted };
  return afterDisk(then);`,
    ),
  ),
  bug(
    "next-not-promised",
    "an acceptor accepts without promising the next ballot",
    accepting(
      `promise: next ?? ballot, accepted: { ballot, state: request.state } };`,
      `promise: next === null ? ballot : ballot, accepted: { ballot, state: request.state } };`,
    ),
  ),
  bug(
    "evicted-while-writing",
    "an acceptor drops a register from memory whose write is on its way",
    acceptorState(
      `    if (persistCount > 0 || state.waitingByKey.has(key)) continue;`,
      `    if (persistCount < 0) continue;`,
    ),
  ),
  bug(
    "answers-counted-twice",
    "a promise that comes twice counts twice",
    ...withoutMemberAssertions,
    responses(
      `    attempt.promises.set(from, message);`,
      `    attempt.promises.set(attempt.promises.has(from) ? \`\${from} again\` : from, message);`,
    ),
  ),
  bug(
    "votes-counted-twice",
    "an acceptance that comes twice counts twice",
    ...withoutMemberAssertions,
    responses(
      `    attempt.accepted.add(from);`,
      `    attempt.accepted.add(attempt.accepted.has(from) ? \`\${from} again\` : from);`,
    ),
  ),
  bug(
    "late-answers-counted",
    "answers to an earlier ballot of the same proposer count",
    responses(
      `if (attempt.kind === "reading" || !isSameBallot(message.ballot, attempt.ballot)) return [];`,
      `if (attempt.kind === "reading" || message.ballot.proposer !== attempt.ballot.proposer) return [];`,
    ),
  ),
  bug(
    "late-readings-counted",
    "answers to an earlier reading count for the one that is under way",
    responses(
      `  attempt.kind === "reading" && reader === incarnation && number === attempt.number;`,
      `  attempt.kind === "reading" && reader === incarnation && number > 0;`,
    ),
  ),
  bug(
    "former-readings-counted",
    "answers to the reading of the same number of the proposer's former process count",
    responses(
      `  attempt.kind === "reading" && reader === incarnation && number === attempt.number;`,
      `  attempt.kind === "reading" && reader[0] === incarnation[0] && number === attempt.number;`,
    ),
  ),
  bug(
    "accept-quorum-off-by-one",
    "one acceptance less than a quorum is enough",
    attempting(
      `const needed = isCollection ? config.acceptors.length : config.acceptQuorum;`,
      `const needed = isCollection ? config.acceptors.length : Math.max(1, config.acceptQuorum - 1);`,
    ),
  ),
  bug(
    "prepare-quorum-off-by-one",
    "one promise less than a quorum is enough",
    attempting(
      `const needed = isCollection ? config.acceptors.length : config.prepareQuorum;`,
      `const needed = isCollection ? config.acceptors.length : Math.max(1, config.prepareQuorum - 1);`,
    ),
  ),
  bug(
    "half-is-a-majority",
    "of an even number half is taken for a majority, and quorums that need not meet for good ones",
    majority(`Math.floor(voterCount / 2) + 1`, `Math.max(1, Math.ceil(voterCount / 2))`),
    config(`prepareQuorum + acceptQuorum <= count`, `prepareQuorum + acceptQuorum < count`),
    attempting(
      `  assert(prepareQuorum + acceptQuorum > acceptors.length, "quorums do not meet");`,
      `  assert(prepareQuorum + acceptQuorum >= acceptors.length, "quorums do not meet");`,
    ),
  ),
  bug(
    "mixed-read-told",
    "a reading tells the latest of what a quorum has said, without writing it back",
    agreement(`    isCommitted: isMet && isHeld,`, `    isCommitted: isMet,`),
  ),
  bug(
    "accept-quorum-read",
    "an accept quorum that agrees is believed, though it need not meet another one",
    agreement(
      `  const isMet = answerCount >= config.prepareQuorum;`,
      `  const isMet = answerCount >= config.acceptQuorum;`,
    ),
  ),
];
