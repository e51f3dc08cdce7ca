// Bugs about deletions and what they leave: a deletion that is lost, a new value that is lost with the old one, an operation that is done again.
import { bug, source } from "../planting.mjs";

const accepting = source("caspaxos/accepting.ts");
const acceptorState = source("caspaxos/acceptor-state.ts");
const attempting = source("caspaxos/attempting.ts");
const register = source("caspaxos/register.ts");

const withoutDeletionAssertion = acceptorState(
  `  assert(
    (register.accepted?.state.value ?? null) === null,
    "a register is erased that was not deleted",
  );`,
);
const withoutFloorAssertion = acceptorState(
  `  assert(
    compareBallots(register.promise, floorBallot(after.floor)) <= 0,
    "an erased register had promised more than the floor does",
  );`,
);
const floorAfterErasure = (instead) =>
  acceptorState(`{ ...head, floor: Math.max(head.floor, register.promise.round) };`, instead);

/** See mutants.mjs. */
export const mutants = [
  bug(
    "erased-after-a-quorum",
    "a deletion is erased once a quorum has it, not everybody",
    attempting(
      `const needed = isCollection ? config.acceptors.length : config.acceptQuorum;`,
      `const needed = config.acceptQuorum;`,
    ),
  ),
  bug(
    "erased-without-a-floor",
    "an acceptor erases a deletion and every memory of its ballots",
    withoutFloorAssertion,
    floorAfterErasure(`{ ...head, floor: Math.min(head.floor, register.promise.round) };`),
    accepting(
      `if (register === null && head.floor >= ballot.round) return afterDisk(then);`,
      `if (register === null) return afterDisk(then);`,
    ),
  ),
  bug(
    "floor-without-the-promise",
    "an acceptor that erases remembers the deletion's ballot, not what it has promised since",
    withoutFloorAssertion,
    floorAfterErasure(
      `{ ...head, floor: Math.max(head.floor, register.accepted?.ballot.round ?? 0) };`,
    ),
  ),
  bug(
    "floor-after-the-row",
    "the row is erased in one write and the floor rises in the next",
    acceptorState(
      `  return [persist([after, { kind: "no-register", incarnation, key }], key, then)];`,
      `  return [
    { kind: "persist", records: [{ kind: "no-register", incarnation, key }], then: [] },
    persist([after], key, then),
  ];`,
    ),
  ),
  bug(
    "floor-not-told",
    "an acceptor promises without saying up to which round it has erased",
    accepting(
      `{ kind: "promise", key, ballot, accepted, floor: head.floor }`,
      `{ kind: "promise", key, ballot, accepted, floor: 0 }`,
    ),
  ),
  bug(
    "erased-by-key",
    "an acceptor erases whatever it has, not only the deletion that everybody has accepted",
    withoutDeletionAssertion,
    accepting(
      `accepted !== null && accepted.state.value === null && isSameBallot(accepted.ballot, ballot);`,
      `accepted !== null && isSameBallot(ballot, ballot);`,
    ),
  ),
  bug(
    "any-deletion-erased",
    "an acceptor erases a deletion of another ballot than the one that everybody has accepted",
    accepting(
      `accepted !== null && accepted.state.value === null && isSameBallot(accepted.ballot, ballot);`,
      `accepted !== null && accepted.state.value === null && isSameBallot(ballot, ballot);`,
    ),
  ),
  bug(
    "deletion-forgets-results",
    "a deletion drops the results of operations together with the value",
    register(
      `  return { value, knownFrom, sessions };`,
      `  return { value, knownFrom, sessions: value === null ? [session] : sessions };`,
    ),
  ),
];
