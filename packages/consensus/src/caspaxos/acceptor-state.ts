/** What an acceptor holds in memory, and how registers come there and leave again. */
import { assert, type Effect, type PeerId } from "@syncline/machine";
import { type Ballot, compareBallots, describeBallot, noBallot } from "../ballot.ts";
import type { AcceptorId, RegisterConfig } from "./config.ts";
import type { AcceptorLimits } from "./limits.ts";
import type {
  AcceptorHead,
  AcceptorProtocol,
  AcceptorRecord,
  CopiedRegister,
  RegisterRequest,
} from "./messages.ts";
import type { Register } from "./register.ts";

/** An effect of an acceptor. */
export type AcceptorEffect = Effect<AcceptorProtocol>;

/** A register in memory. */
export interface Held {
  /** Null if there is no row. */
  register: Register | null;
  /** Writes that are on their way to the disk. Until they are there, the store may not know of them, so the register stays. */
  persistCount: number;
}

/** What waits for a register: a message of a peer, or a row that is copied from one. */
export type Waiting =
  | { readonly kind: "message"; readonly from: PeerId; readonly message: RegisterRequest }
  | WaitingRow;

/** A row of a page that was handed over for this epoch. */
export interface WaitingRow {
  readonly kind: "row";
  readonly from: PeerId;
  readonly epoch: number;
  readonly row: CopiedRegister;
}

/** How far a new acceptor has copied what one of the others has. */
export interface CopySource {
  afterKey: string | null;
  isDone: boolean;
  floor: number;
  /** Rows of the page that are not on the disk yet. */
  pendingCount: number;
  isLastPage: boolean;
  nextKey: string | null;
}

/** A page that a new acceptor has asked for, in its epoch. */
export interface PageAsked {
  readonly to: PeerId;
  readonly epoch: number;
  readonly afterKey: string | null;
}

/** The work of taking another acceptor's place. */
export interface Replacement {
  readonly config: RegisterConfig;
  readonly fenced: Set<PeerId>;
  readonly sourceByPeer: Map<PeerId, CopySource>;
  retryAtMs: number;
}

/** An acceptor's state. */
export interface AcceptorState {
  readonly self: AcceptorId;
  readonly limits: AcceptorLimits;
  /** Null as long as it is no member: an empty disk takes part in nothing. */
  head: AcceptorHead | null;
  replacement: Replacement | null;
  /** In the order in which they were used. */
  readonly heldByKey: Map<string, Held>;
  readonly waitingByKey: Map<string, Waiting[]>;
  readonly keyByToken: Map<number, string>;
  /** Pages that are read for new acceptors. */
  readonly copyByToken: Map<number, PageAsked>;
  waitingCount: number;
  lastToken: number;
  /** Messages that made no sense, or found no room to wait. */
  droppedCount: number;
}

const NAME_BEYOND = "\uffff";

/** The largest ballot of a round: what a key has promised of which there is no row. */
const floorBallot = (round: number): Ballot => ({ round, proposer: NAME_BEYOND });

/** Whether a proposer may be called so: there is a name, and it is smaller than that of a floor. */
export const isProposerName = (name: string): boolean => name !== "" && name < NAME_BEYOND;

/** What is promised for a key. */
export const promiseOf = (register: Register | null, floor: number): Ballot =>
  register?.promise ?? floorBallot(floor);

/** The register, if it is in memory; it is the one that was used last from now on. */
export const heldOf = (state: AcceptorState, key: string): Held | null => {
  const held = state.heldByKey.get(key);
  if (held === undefined) return null;
  state.heldByKey.delete(key);
  state.heldByKey.set(key, held);
  return held;
};

/** Takes a register in that was read, and drops those that were not used longest and are on the disk. */
export const hold = (state: AcceptorState, key: string, register: Register | null): Held => {
  if (register !== null) {
    assert(
      compareBallots(register.accepted?.ballot ?? noBallot, register.promise) <= 0,
      "a register was read that has accepted beyond its promise",
    );
  }
  const held: Held = { register, persistCount: 0 };
  state.heldByKey.set(key, held);
  trim(state);
  return held;
};

const trim = (state: AcceptorState): void => {
  let excess = state.heldByKey.size - state.limits.registersMax;
  if (excess <= 0) return;
  for (const [key, { persistCount }] of state.heldByKey) {
    if (excess <= 0) return;
    if (persistCount > 0 || state.waitingByKey.has(key)) continue;
    state.heldByKey.delete(key);
    excess -= 1;
  }
};

/** The register has come to the disk, once more. */
export const persisted = (state: AcceptorState, key: string): void => {
  const held = state.heldByKey.get(key);
  if (held === undefined) return;
  held.persistCount -= 1;
  trim(state);
};

/**
 * Writes a register, and says `then` once it is on the disk.
 *
 * Were a promise given before it is on the disk:
 *   1. a promises ballot 2 and loses power before it is written;
 *   2. a restarts and accepts ballot 1 after all, which is committed with b's help;
 *   3. ballot 2, which counts a's promise and c's, has heard of nothing, and what was committed is overwritten.
 */
export const writeRegister = (
  state: AcceptorState,
  key: string,
  held: Held,
  after: Register,
  then: readonly AcceptorEffect[],
): readonly AcceptorEffect[] => {
  checkStep(held.register, after);
  held.register = after;
  held.persistCount += 1;
  const { incarnation } = state.self;
  return [persist([{ kind: "register", incarnation, key, register: after }], key, then)];
};

/** Erases a register: the row goes, and in the same write the floor rises above everything that it had promised and accepted. */
export const eraseRegister = (
  state: AcceptorState,
  head: AcceptorHead,
  {
    key,
    held,
    register,
  }: { readonly key: string; readonly held: Held; readonly register: Register },
  then: readonly AcceptorEffect[],
): readonly AcceptorEffect[] => {
  const after: AcceptorHead = { ...head, floor: Math.max(head.floor, register.promise.round) };
  assert(
    (register.accepted?.state.value ?? null) === null,
    "a register is erased that was not deleted",
  );
  assert(
    compareBallots(register.promise, floorBallot(after.floor)) <= 0,
    "an erased register had promised more than the floor does",
  );
  state.head = after;
  held.register = null;
  held.persistCount += 1;
  const { incarnation } = state.self;
  return [persist([after, { kind: "no-register", incarnation, key }], key, then)];
};

const persist = (
  records: readonly AcceptorRecord[],
  key: string,
  then: readonly AcceptorEffect[],
): AcceptorEffect => ({
  kind: "persist",
  records,
  then: [...then, { kind: "submit", request: { kind: "persisted", key } }],
});

/** Says something that rests on what is in memory, once that is on the disk. */
export const afterDisk = (then: readonly AcceptorEffect[]): readonly AcceptorEffect[] => [
  { kind: "persist", records: [], then },
];

const checkStep = (before: Register | null, after: Register): void => {
  const accepted = after.accepted?.ballot ?? noBallot;
  assert(
    compareBallots(before?.promise ?? noBallot, after.promise) <= 0,
    `a promise is taken back, to ${describeBallot(after.promise)}`,
  );
  assert(
    compareBallots(before?.accepted?.ballot ?? noBallot, accepted) <= 0,
    "what was accepted gives way to a smaller ballot",
  );
  assert(compareBallots(accepted, after.promise) <= 0, "a ballot is accepted beyond the promise");
};

/** A new token of a load. */
export const nextToken = (state: AcceptorState): number => {
  state.lastToken += 1;
  return state.lastToken;
};

/** Counts a message that made no sense. */
export const drop = (state: AcceptorState): readonly AcceptorEffect[] => {
  state.droppedCount += 1;
  return [];
};
