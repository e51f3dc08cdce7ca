// Bugs about operations: that one is applied once, and that what is told of it is so.
import { bug, source } from "../planting.mjs";

const applying = source("caspaxos/applying.ts");
const attempting = source("caspaxos/attempting.ts");
const proposer = source("caspaxos/proposer.ts");
const register = source("caspaxos/register.ts");

const withoutOnceAssertion = register(
  `  assert(
    before?.results.every(({ number }) => number !== id.number) !== false,
    "an operation is applied twice",
  );`,
);

/** See mutants.mjs. */
export const mutants = [
  bug(
    "applied-twice",
    "an operation that is tried again is applied again",
    withoutOnceAssertion,
    applying(
      `  if (known.kind === "applied") {`,
      `  if (known.kind === "applied" && id.number < 0) {`,
    ),
  ),
  bug(
    "forgotten-applied-again",
    "an operation whose result was forgotten is applied again",
    register(
      `  if (since !== null && since <= (state?.knownFrom ?? floor)) return { kind: "forgotten" };`,
    ),
  ),
  bug(
    "dropped-applied-again",
    "an operation whose result gave way to a later one of the same client is applied again",
    withoutOnceAssertion,
    register(`    if (number <= session.droppedTo) return { kind: "forgotten" };`),
  ),
  bug(
    "forgotten-without-a-word",
    "a register that forgets a client does not say up to which round it has forgotten",
    register(
      `  const knownFrom = Math.max(state.knownFrom, ...forgotten.map((one) => one.round));`,
      `  const knownFrom = Math.max(state.knownFrom, ...forgotten.map(() => 0));`,
    ),
  ),
  bug(
    "results-not-kept",
    "a state is passed on without the results of operations, as by a snapshot without sessions",
    register(
      `  return { value, knownFrom, sessions };`,
      `  return { value, knownFrom, sessions: [session] };`,
    ),
  ),
  bug(
    "since-the-last-try",
    "an operation is said to be tried since its last round, not since its first",
    attempting(`    operation.since ??= ballot.round;`, `    operation.since = ballot.round;`),
  ),
  bug(
    "tried-in-an-earlier-round",
    "an operation that is tried again is tried in whatever round the proposer is",
    attempting(
      `    assert((operation.since ?? 0) <= ballot.round, "an operation is tried in an earlier round");`,
    ),
    proposer(`    at.round = Math.max(at.round, asked.since);`),
    proposer(`    if (at.cache !== null && at.cache.ballot.round <= asked.since) at.cache = null;`),
    attempting(
      `    cache.promisedBy.size >= state.config.prepareQuorum &&
    cache.ballot.round >= at.round;`,
      `    cache.promisedBy.size >= state.config.prepareQuorum;`,
    ),
  ),
  bug(
    "unknown-told-as-rejected",
    "an operation that may have been accepted is told to have had no effect",
    attempting(
      `if (since === null || action.kind === "read") {`,
      `if (since === null || since > 0 || action.kind === "read") {`,
    ),
  ),
];
