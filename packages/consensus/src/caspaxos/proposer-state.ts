/** What a proposer knows of each key, and of the attempt that is under way. */
import { assert, type Effect, type PeerId, seededRandom } from "@syncline/machine";
import { type Ballot, ROUND_MAX } from "../ballot.ts";
import type { Apply, Found, Operation, Settled } from "./applying.ts";
import type { RegisterConfig } from "./config.ts";
import type { ProposerLimits } from "./limits.ts";
import type { ProposerProtocol, RegisterOutcome, RegisterRequest } from "./messages.ts";
import type { Accepted, RegisterState } from "./register.ts";

/** An effect of a proposer. */
export type ProposerEffect = Effect<ProposerProtocol<never>>;

/** What an attempt is for. */
export type Purpose<Change> =
  | { readonly kind: "operations"; readonly operations: readonly Operation<Change>[] }
  /** To erase a deletion: at every acceptor or not at all. */
  | { readonly kind: "collection" };

interface AttemptBase<Change> {
  readonly purpose: Purpose<Change>;
  /** What every acceptor is asked. */
  readonly request: RegisterRequest;
  readonly deadlineMs: number;
  /** When those who have not answered are asked again: messages get lost, and to ask twice does no harm. */
  resendAtMs: number;
}

/** An attempt. Answers stand under their acceptor, so one that comes twice counts once. */
export type Attempt<Change> =
  /** Asks what was accepted; promises nothing. */
  | (AttemptBase<Change> & {
      readonly kind: "reading";
      readonly number: number;
      readonly readings: Map<PeerId, Accepted | null>;
    })
  | (AttemptBase<Change> & {
      readonly kind: "preparing";
      readonly ballot: Ballot;
      readonly promises: Map<
        PeerId,
        { readonly accepted: Accepted | null; readonly floor: number }
      >;
      readonly refused: Set<PeerId>;
    })
  | (AttemptBase<Change> & {
      readonly kind: "accepting";
      readonly ballot: Ballot;
      readonly next: Ballot | null;
      readonly state: RegisterState;
      readonly settled: readonly Settled<Change>[];
      readonly accepted: Set<PeerId>;
      readonly refused: Set<PeerId>;
    })
  /** Every acceptor has accepted the deletion in this ballot, and is asked to erase it. */
  | (AttemptBase<Change> & {
      readonly kind: "erasing";
      readonly ballot: Ballot;
      readonly erased: Set<PeerId>;
    });

/** The last state that was committed here, and the ballot that acceptors have promised with it. */
interface Cache {
  readonly ballot: Ballot;
  readonly found: Found;
  /** The ballot that was accepted; null if the promise came from a prepare. */
  readonly acceptedBallot: Ballot | null;
  /** Who has promised. It takes a prepare quorum before the cache may be used. */
  readonly promisedBy: Set<PeerId>;
}

/** A key. */
export interface KeyState<Change> {
  readonly key: string;
  readonly queue: Operation<Change>[];
  isCollecting: boolean;
  attempt: Attempt<Change> | null;
  cache: Cache | null;
  /** The largest round that this proposer has used or heard of. */
  round: number;
  /** The round of the last ballot that was given a value. */
  proposedRound: number;
  failureCount: number;
  /** No attempt begins before this. */
  retryAtMs: number;
}

/** A proposer's state. */
export interface ProposerState<Change> {
  readonly name: PeerId;
  readonly incarnation: string;
  readonly seed: number;
  readonly apply: Apply<Change>;
  readonly limits: ProposerLimits;
  config: RegisterConfig;
  /** In the order in which they were used. */
  readonly keys: Map<string, KeyState<Change>>;
  /** Those with something under way. */
  readonly busyKeys: Set<string>;
  /** No key begins with a smaller round: what was used for keys that are dropped from memory is not used again. */
  roundFloor: number;
  operationCount: number;
  readCount: number;
  drawCount: number;
  /** The latest epoch that the application was told of. */
  toldEpoch: number;
  wakeAtMs: number;
  droppedCount: number;
}

/** The key's state, which is the one that was used last from now on. */
export const keyStateOf = <Change>(state: ProposerState<Change>, key: string): KeyState<Change> => {
  const known = state.keys.get(key);
  if (known !== undefined) {
    state.keys.delete(key);
    state.keys.set(key, known);
    return known;
  }
  trim(state);
  const fresh: KeyState<Change> = {
    key,
    queue: [],
    isCollecting: false,
    attempt: null,
    cache: null,
    round: state.roundFloor,
    proposedRound: 0,
    failureCount: 0,
    retryAtMs: 0,
  };
  state.keys.set(key, fresh);
  return fresh;
};

/** Drops idle keys that were not used longest. Their rounds live on in the floor: were they forgotten, a ballot could be used again, for another value. */
const trim = <Change>(state: ProposerState<Change>): void => {
  let excess = state.keys.size + 1 - state.limits.keysMax;
  if (excess <= 0) return;
  for (const [key, at] of state.keys) {
    if (excess <= 0) return;
    if (state.busyKeys.has(key)) continue;
    state.roundFloor = Math.max(state.roundFloor, at.round);
    state.keys.delete(key);
    excess -= 1;
  }
};

/** A ballot that was never used: its round is larger than all that this proposer has used or heard of for the key. */
export const freshBallot = <Change>(state: ProposerState<Change>, at: KeyState<Change>): Ballot => {
  assert(at.round + 2 < ROUND_MAX, "the rounds are used up");
  at.round += 1;
  assert(at.round > at.proposedRound, "a ballot is not larger than one that has a value");
  return { round: at.round, proposer: state.incarnation };
};

/** One ballot, one value, for ever: notes that a ballot is given its value now. */
export const useBallot = <Change>(at: KeyState<Change>, ballot: Ballot): void => {
  assert(ballot.round > at.proposedRound, "a ballot is used twice");
  at.proposedRound = ballot.round;
};

/** Asks every acceptor that has not answered. */
export const askAcceptors = <Change>(
  { config }: ProposerState<Change>,
  attempt: Attempt<Change>,
): readonly ProposerEffect[] =>
  config.acceptors
    .filter(({ name }) => !hasAnswered(attempt, name))
    .map(({ name }) => ({ kind: "send", to: name, message: attempt.request }));

const hasAnswered = <Change>(attempt: Attempt<Change>, acceptor: PeerId): boolean => {
  switch (attempt.kind) {
    case "reading":
      return attempt.readings.has(acceptor);
    case "preparing":
      return attempt.promises.has(acceptor) || attempt.refused.has(acceptor);
    case "accepting":
      return attempt.accepted.has(acceptor) || attempt.refused.has(acceptor);
    case "erasing":
      return attempt.erased.has(acceptor);
  }
};

/** The outcome of an operation, told to the application. */
export const told = <Change>(
  state: ProposerState<Change>,
  key: string,
  { id }: Operation<Change>,
  outcome: RegisterOutcome,
): ProposerEffect => {
  state.operationCount -= 1;
  return { kind: "deliver", output: { kind: "outcome", key, id, outcome } };
};

/** A wake, unless an earlier one was asked for. */
export const wakeAt = <Change>(
  state: ProposerState<Change>,
  atMs: number,
): readonly ProposerEffect[] => {
  if (state.wakeAtMs <= atMs) return [];
  state.wakeAtMs = atMs;
  return [{ kind: "wake", atMs }];
};

/** A number from 0 (in) to 1 (out), another one each time. */
export const drawOf = <Change>(state: ProposerState<Change>): number => {
  state.drawCount += 1;
  return seededRandom(state.seed).fork(`${state.incarnation} ${state.drawCount}`).fraction();
};

/** Counts a message that made no sense. */
export const drop = <Change>(state: ProposerState<Change>): readonly ProposerEffect[] => {
  state.droppedCount += 1;
  return [];
};
