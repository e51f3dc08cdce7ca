/** Arbitrary messages, for the laws of the wire formats. */
import type { Ballot, PaxosMessage, Proposal } from "@syncline/consensus/paxos";
import {
  type Accepted,
  majorityConfig,
  type RegisterConfig,
  type RegisterMessage,
  type RegisterState,
} from "@syncline/consensus/caspaxos";
import fc from "fast-check";

const name = fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 });
const round = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 2 ** 47 }));
const anyRound = fc.oneof(fc.constant(0), round);
const bytes = fc.uint8Array({ maxLength: 40 });
const key = fc.string({ unit: "grapheme", maxLength: 12 });

/** A ballot of a proposer. */
export const ballot: fc.Arbitrary<Ballot> = fc.record({ round, proposer: name });
const anyBallot = fc.oneof(ballot, fc.record({ round: anyRound, proposer: fc.constant("") }));
const proposal: fc.Arbitrary<Proposal> = fc.record({ ballot, value: bytes });

/** A message of single-decree Paxos. */
export const paxosMessage: fc.Arbitrary<PaxosMessage> = fc.oneof(
  fc.record({ kind: fc.constant("prepare" as const), ballot }),
  fc.record({
    kind: fc.constant("promise" as const),
    ballot,
    accepted: fc.option(proposal),
  }),
  fc.record({ kind: fc.constantFrom("accept" as const, "accepted" as const), proposal }),
  fc.record({ kind: fc.constant("conflict" as const), ballot, promised: anyBallot }),
  fc.constant({ kind: "learn" } as const),
);

/** The state of a register. */
const state: fc.Arbitrary<RegisterState> = fc.record({
  value: fc.option(bytes),
  knownFrom: anyRound,
  sessions: fc.array(
    fc.record({
      client: name,
      round,
      droppedTo: anyRound,
      results: fc.array(fc.record({ number: round, result: bytes }), { maxLength: 3 }),
    }),
    { maxLength: 3 },
  ),
});
const accepted: fc.Arbitrary<Accepted> = fc.record({ ballot, state });

/** What an acceptor keeps of a key. */
export const register = fc.record({ promise: anyBallot, accepted: fc.option(accepted) });

/** A configuration. */
export const config: fc.Arbitrary<RegisterConfig> = fc
  .uniqueArray(fc.record({ name, incarnation: name }), {
    minLength: 1,
    maxLength: 7,
    selector: (acceptor) => acceptor.name,
  })
  .map((acceptors) => majorityConfig(3, acceptors));

const accept = fc
  .record({
    epoch: round,
    key,
    ballot,
    state,
    roundsLater: fc.option(fc.integer({ min: 1, max: 3 })),
  })
  .map(({ roundsLater, ...rest }) => ({
    kind: "accept" as const,
    ...rest,
    next: roundsLater === null ? null : { ...rest.ballot, round: rest.ballot.round + roundsLater },
  }));

/** A message of CASPaxos. */
export const registerMessage: fc.Arbitrary<RegisterMessage> = fc.oneof(
  fc.record({
    kind: fc.constantFrom("prepare" as const, "erase" as const),
    epoch: round,
    key,
    ballot,
  }),
  accept,
  fc.record({
    kind: fc.constant("read" as const),
    epoch: round,
    key,
    reader: name,
    number: anyRound,
  }),
  fc.record({
    kind: fc.constant("promise" as const),
    key,
    ballot,
    accepted: fc.option(accepted),
    floor: anyRound,
  }),
  fc.record({ kind: fc.constantFrom("accepted" as const, "erased" as const), key, ballot }),
  fc.record({ kind: fc.constant("conflict" as const), key, ballot, seen: anyBallot }),
  fc.record({
    kind: fc.constant("reading" as const),
    key,
    reader: name,
    number: anyRound,
    accepted: fc.option(accepted),
  }),
  fc.record({ kind: fc.constantFrom("stale" as const, "fenced" as const), epoch: round }),
  fc.record({ kind: fc.constant("fence" as const), config }),
  fc.record({ kind: fc.constant("copy" as const), epoch: round, afterKey: fc.option(key) }),
  fc.record({
    kind: fc.constant("copied" as const),
    epoch: round,
    afterKey: fc.option(key),
    rows: fc.array(fc.record({ key, register }), { maxLength: 3 }),
    isLast: fc.boolean(),
    floor: anyRound,
  }),
);
