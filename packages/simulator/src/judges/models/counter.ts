/** A bounded counter: a stock of which units are reserved and given back, never below 0 and never above its limit. */
import { fieldsOf, isAbsentOr, isOfKind, isWhole } from "./json.ts";
import type { Description, Model } from "./model.ts";

/** What can be asked of a counter; `count` is a whole number from 1. */
export type CounterInput =
  | { readonly kind: "reserve"; readonly count: number }
  | { readonly kind: "cancel"; readonly count: number }
  | { readonly kind: "read" };

/** `done` and `refused` may say how many were left afterwards; a read always does. */
export type CounterOutput =
  | { readonly kind: "done"; readonly remaining?: number }
  | { readonly kind: "refused"; readonly remaining?: number }
  | { readonly kind: "remaining"; readonly remaining: number };

/** How many are left; null stands for every number from 0 to the limit. */
export type CounterState = number | null;

/** How a counter may behave. */
export interface CounterOptions {
  /** How many there are at first, and at most. */
  readonly limit: number;
  /**
   * Whether a reservation may be refused although enough is left. False unless said: true for counters whose units lie in several places, where
   * a refusal only means that there was not enough in reach.
   */
  readonly mayRefuse?: boolean;
}

/** A counter with all of its units left. So that never more than `limit` are granted, `cancel` beyond it must be refused. */
export const counterModel = ({
  limit,
  mayRefuse = false,
}: CounterOptions): Model<CounterState, CounterInput, CounterOutput> => ({
  name: "bounded counter",
  initial: limit,
  anything: null,
  isInput: (value): value is CounterInput =>
    isOfKind(value, "read") ||
    (isOfKind(value, "reserve", "cancel") && isWhole(fieldsOf(value)?.["count"], 1)),
  isOutput: isCounterOutput,
  step: (state, input, output) => {
    if (input.kind === "read") {
      if (output === undefined) return [state];
      return output.kind === "remaining" ? left(state, output.remaining, limit) : [];
    }
    const change = input.kind === "reserve" ? -input.count : input.count;
    const isRefusable = mayRefuse && input.kind === "reserve";
    return [
      ...(output === undefined || output.kind === "done" ? changed(state, change, limit) : []),
      ...(output === undefined || output.kind === "refused"
        ? refused(state, change, { limit, isRefusable })
        : []),
    ].flatMap((after) => left(after, output?.remaining, limit));
  },
  keyOf: (state) => (state === null ? "*" : String(state)),
  contains: (larger, smaller) => larger === null || larger === smaller,
  isReading: (input, output) => input.kind === "read" || output?.kind === "refused",
  overwrites: () => false,
  describe: describeCounter,
});

/** The state once it is known how many are left; none if that cannot be. */
const left = (
  state: CounterState,
  remaining: number | undefined,
  limit: number,
): readonly CounterState[] => {
  if (remaining === undefined) return [state];
  if (remaining < 0 || remaining > limit) return [];
  return state === null || state === remaining ? [remaining] : [];
};

const changed = (state: CounterState, change: number, limit: number): readonly CounterState[] => {
  if (state === null) return Math.abs(change) <= limit ? [null] : [];
  const after = state + change;
  return after >= 0 && after <= limit ? [after] : [];
};

const refused = (
  state: CounterState,
  change: number,
  { limit, isRefusable }: { readonly limit: number; readonly isRefusable: boolean },
): readonly CounterState[] => {
  if (state === null || isRefusable) return [state];
  return changed(state, change, limit).length === 0 ? [state] : [];
};

const isCounterOutput = (value: unknown): value is CounterOutput => {
  const remaining = fieldsOf(value)?.["remaining"];
  const isNumber = Number.isSafeInteger(remaining);
  return (
    (isOfKind(value, "done", "refused") && isAbsentOr(remaining, () => isNumber)) ||
    (isOfKind(value, "remaining") && isNumber)
  );
};

const describeCounter = (input: CounterInput, output: CounterOutput | undefined): Description => {
  const rest = output?.remaining === undefined ? "" : ` with ${output.remaining} left`;
  if (input.kind === "read") return { did: `read${rest}`, noun: `read${rest}` };
  const verb = input.kind === "reserve" ? "reservation" : "cancellation";
  if (output?.kind === "refused") {
    return {
      did: `was refused the ${verb} of ${input.count}${rest}`,
      noun: `refused ${verb} of ${input.count}${rest}`,
    };
  }
  const did = input.kind === "reserve" ? "reserved" : "gave back";
  return { did: `${did} ${input.count}${rest}`, noun: `${verb} of ${input.count}${rest}` };
};
