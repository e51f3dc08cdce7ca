/** What operations make of a register: its next state, and the outcome that each of them will have once that state is committed. */
import type { SessionLimits } from "./register.ts";
import { type OperationId, recollect, type RegisterState, withResult } from "./register.ts";
import { REGISTER_VALUE_BYTES_MAX, RESULT_BYTES_MAX } from "./limits.ts";
import type { RegisterOutcome } from "./messages.ts";

/** What a change makes of a value. */
export type Applied =
  | { readonly kind: "write"; readonly value: Uint8Array; readonly result: Uint8Array }
  /** The value stays, and the operation is rejected with this for a reason. */
  | { readonly kind: "reject"; readonly result: Uint8Array };

/**
 * What a change does: a pure function of the value, which is null where there is none.
 *
 * It may be called several times for one operation, on values that are never committed; only what it returns counts.
 */
export type Apply<Change> = (value: Uint8Array | null, change: Change) => Applied;

/** What is done to a register. */
export type Action<Change> =
  | { readonly kind: "change"; readonly change: Change }
  | { readonly kind: "delete" }
  | { readonly kind: "read" };

/** An operation on its way. */
export interface Operation<Change> {
  readonly id: OperationId;
  readonly action: Action<Change>;
  /** The first round in which it may have been accepted, or null if it never was proposed. */
  since: number | null;
  readonly giveUpAtMs: number;
}

/** A register as a proposer has found it. */
export interface Found {
  readonly state: RegisterState | null;
  /** The largest round of anything erased, by those who answered. */
  readonly floor: number;
}

/** An operation with the outcome that it has once the state is committed. */
export interface Settled<Change> {
  readonly operation: Operation<Change>;
  readonly outcome: RegisterOutcome;
}

/** What came of applying operations, in their order. */
export interface Step<Change> {
  readonly state: RegisterState | null;
  readonly settled: readonly Settled<Change>[];
  /** Whether the state is another one than was found. */
  readonly isChanged: boolean;
}

/** Applies operations one after the other, in this round. */
export const applyOperations = <Change>(
  found: Found,
  operations: readonly Operation<Change>[],
  setup: { readonly apply: Apply<Change>; readonly limits: SessionLimits; readonly round: number },
): Step<Change> => {
  let { state } = found;
  const settled = operations.map((operation) => {
    const after = applyOne({ state, floor: found.floor }, operation, setup);
    state = after.state;
    return { operation, outcome: after.outcome };
  });
  return { state, settled, isChanged: state !== found.state };
};

interface AfterOne {
  readonly state: RegisterState | null;
  readonly outcome: RegisterOutcome;
}

const applyOne = <Change>(
  { state, floor }: Found,
  { id, action, since }: Operation<Change>,
  setup: { readonly apply: Apply<Change>; readonly limits: SessionLimits; readonly round: number },
): AfterOne => {
  const value = state?.value ?? null;
  if (action.kind === "read") return { state, outcome: { kind: "committed", result: value } };
  const known = recollect(state, id, since, floor);
  if (known.kind === "applied") {
    return { state, outcome: { kind: "committed", result: known.result } };
  }
  if (known.kind === "forgotten") {
    return { state, outcome: { kind: "unknown", since: since ?? 0, isForgotten: true } };
  }
  const applied = applyAction(value, action, setup.apply);
  if (applied.kind === "reject") {
    return { state, outcome: { kind: "rejected", reason: applied.reason, result: applied.result } };
  }
  const { result } = applied;
  const before = state ?? { value: null, knownFrom: floor, sessions: [] };
  const change = { value: applied.value, result, id, round: setup.round };
  return {
    state: withResult(before, change, setup.limits),
    outcome: { kind: "committed", result },
  };
};

type AppliedAction =
  | { readonly kind: "write"; readonly value: Uint8Array | null; readonly result: Uint8Array }
  | {
      readonly kind: "reject";
      readonly reason: "change" | "too-large";
      readonly result: Uint8Array | null;
    };

const nothing = new Uint8Array(0);

const applyAction = <Change>(
  value: Uint8Array | null,
  action: Exclude<Action<Change>, { kind: "read" }>,
  apply: Apply<Change>,
): AppliedAction => {
  if (action.kind === "delete") {
    // Nothing is there to delete: no state is made for it.
    if (value === null) return { kind: "reject", reason: "change", result: nothing };
    return { kind: "write", value: null, result: nothing };
  }
  const applied = apply(value, action.change);
  if (applied.result.length > RESULT_BYTES_MAX) {
    return { kind: "reject", reason: "too-large", result: null };
  }
  if (applied.kind === "reject") return { ...applied, reason: "change" };
  if (applied.value.length > REGISTER_VALUE_BYTES_MAX) {
    return { kind: "reject", reason: "too-large", result: null };
  }
  return applied;
};
