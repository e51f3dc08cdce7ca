/** What is in a register: its value, and the results of the last operations on it, so that one that is tried again is not applied again. */
import { assert } from "@syncline/machine";
import type { Ballot } from "../ballot.ts";

/** An operation's result, under the number that its client gave it. */
export interface RecordedResult {
  readonly number: number;
  readonly result: Uint8Array;
}

/** What a register remembers of a client. */
export interface Session {
  readonly client: string;
  /** The round in which its last operation was applied. */
  readonly round: number;
  /** Results of operations up to this number are not remembered any more; 0 if none was given up. */
  readonly droppedTo: number;
  /** Ascending by number. */
  readonly results: readonly RecordedResult[];
}

/** The state of a register, which acceptors keep and never look into. */
export interface RegisterState {
  /** Null if the register was deleted and its state is not erased yet. */
  readonly value: Uint8Array | null;
  /**
   * The round after which nothing was forgotten: an operation that was applied in a later round is in `sessions`.
   *
   * At first the acceptors' floor: an operation of a former life of the register, which was erased, was in that or an earlier round.
   */
  readonly knownFrom: number;
  /** Ascending by round: the first is the one that is forgotten first. */
  readonly sessions: readonly Session[];
}

/** A state in a ballot. */
export interface Accepted {
  readonly ballot: Ballot;
  readonly state: RegisterState;
}

/** What an acceptor keeps of a key. */
export interface Register {
  /** It accepts nothing of a smaller ballot any more. */
  readonly promise: Ballot;
  readonly accepted: Accepted | null;
}

/** Whether both states are the same in everything. Cost: their size. */
export const isSameState = (left: RegisterState, right: RegisterState): boolean =>
  left === right ||
  (left.knownFrom === right.knownFrom &&
    isSameValue(left.value, right.value) &&
    left.sessions.length === right.sessions.length &&
    left.sessions.every((session, index) => isSameSession(session, right.sessions[index])));

const isSameValue = (left: Uint8Array | null, right: Uint8Array | null): boolean =>
  left === null || right === null
    ? left === right
    : left.length === right.length && left.every((byte, index) => byte === right[index]);

const isSameSession = (left: Session, right: Session | undefined): boolean =>
  right !== undefined &&
  left.client === right.client &&
  left.round === right.round &&
  left.droppedTo === right.droppedTo &&
  left.results.length === right.results.length &&
  left.results.every(({ number, result }, index) => {
    const other = right.results[index];
    return other?.number === number && isSameValue(other.result, result);
  });

/** How much a register remembers. */
export interface SessionLimits {
  /** Clients whose results a register remembers: 64; then the one that was silent longest is forgotten, and what it tries again from before that has an unknown outcome. */
  readonly clientsMax: number;
  /** Results remembered for each client: 4. As many operations on one key it may have under way. Each may be 1,024 bytes long, and all are written with every change. */
  readonly resultsMax: number;
}

/** An operation by its client and the number that the client gave it: from 1, and never used for another one. */
export interface OperationId {
  readonly client: string;
  readonly number: number;
}

/** What is known of an operation: applied with this result, certainly not applied, or not known any more. */
export type Recollection =
  | { readonly kind: "applied"; readonly result: Uint8Array }
  | { readonly kind: "new" }
  | { readonly kind: "forgotten" };

/**
 * What the register knows of an operation that may have been tried before: `since` is the first round in which it was, or null if it never was.
 *
 * `floor` is the largest round that an erased register may have had, by the acceptors' word; it matters where there is no state.
 */
export const recollect = (
  state: RegisterState | null,
  { client, number }: OperationId,
  since: number | null,
  floor: number,
): Recollection => {
  const session = state?.sessions.find((one) => one.client === client);
  if (session !== undefined) {
    const recorded = session.results.find((one) => one.number === number);
    if (recorded !== undefined) return { kind: "applied", result: recorded.result };
    if (number <= session.droppedTo) return { kind: "forgotten" };
  }
  // It may have been applied in a round of which nothing is known any more: to apply it again could be the second time.
  if (since !== null && since <= (state?.knownFrom ?? floor)) return { kind: "forgotten" };
  return { kind: "new" };
};

/** The state with a new value, and with the result under the operation's number. */
export const withResult = (
  state: RegisterState,
  change: {
    readonly value: Uint8Array | null;
    readonly result: Uint8Array;
    readonly id: OperationId;
    readonly round: number;
  },
  limits: SessionLimits,
): RegisterState => {
  const { id, round, value } = change;
  const before = state.sessions.find(({ client }) => client === id.client);
  assert(
    before?.results.every(({ number }) => number !== id.number) !== false,
    "an operation is applied twice",
  );
  assert(
    round >= (state.sessions.at(-1)?.round ?? 0),
    "an operation is applied in an earlier round than one before it",
  );
  const results = [...(before?.results ?? []), { number: id.number, result: change.result }].sort(
    (left, right) => left.number - right.number,
  );
  const dropped = results.splice(0, Math.max(0, results.length - limits.resultsMax));
  const session: Session = {
    client: id.client,
    round,
    droppedTo: Math.max(before?.droppedTo ?? 0, dropped.at(-1)?.number ?? 0),
    results,
  };
  const sessions = [...state.sessions.filter(({ client }) => client !== id.client), session];
  const forgotten = sessions.splice(0, Math.max(0, sessions.length - limits.clientsMax));
  const knownFrom = Math.max(state.knownFrom, ...forgotten.map((one) => one.round));
  return { value, knownFrom, sessions };
};
