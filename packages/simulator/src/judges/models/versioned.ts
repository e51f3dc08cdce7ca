/**
 * A register with versions: every change gives it a higher one, and a compare-and-set names the version that it expects.
 *
 * Versions rather than values are compared, since a value may come back (A, B, A) and a version does not.
 */
import { canonicalText, fieldsOf, isAbsentOr, isOfKind, isWhole } from "./json.ts";
import type { Description, Model } from "./model.ts";

/** What can be asked of a versioned register. Values are JSON; versions are whole numbers from 0. */
export type VersionedInput =
  | { readonly kind: "read" }
  | { readonly kind: "write"; readonly value: unknown }
  | {
      readonly kind: "compare-and-set";
      readonly expectedVersion: number;
      readonly value: unknown;
    };

/** `stored` for a change, with the version that it made. `conflict` may say what it found. */
export type VersionedOutput =
  | { readonly kind: "value"; readonly value: unknown; readonly version: number }
  | { readonly kind: "stored"; readonly version: number }
  | { readonly kind: "conflict"; readonly version?: number; readonly value?: unknown };

/**
 * The value as text, or null for any, and its version: at least `versionMin`, at most `versionMax`. After a change of unknown outcome nobody knows
 * which version it made, only that it is higher.
 */
export interface VersionedState {
  readonly value: string | null;
  readonly versionMin: number;
  readonly versionMax: number;
}

/** A register that holds `initial` with version 0 before the first change: null unless something else is said. */
export const versionedModel = (
  initial: unknown = null,
): Model<VersionedState, VersionedInput, VersionedOutput> => ({
  name: "versioned register",
  initial: exactly(canonicalText(initial), 0),
  anything: { value: null, versionMin: 0, versionMax: Infinity },
  isInput: isVersionedInput,
  isOutput: isVersionedOutput,
  step: (state, input, output) => {
    switch (input.kind) {
      case "read":
        return afterRead(state, output);
      case "write":
        return afterChange(state, canonicalText(input.value), output);
      case "compare-and-set":
        return afterCompareAndSet(state, input, output);
    }
  },
  keyOf: (state) => `${state.versionMin}-${state.versionMax} ${state.value ?? "*"}`,
  contains: (larger, smaller) =>
    (larger.value === null || larger.value === smaller.value) &&
    larger.versionMin <= smaller.versionMin &&
    larger.versionMax >= smaller.versionMax,
  isReading: (input, output) => input.kind === "read" || output?.kind === "conflict",
  overwrites: (input) => input.kind === "write",
  describe: describeVersioned,
});

const exactly = (value: string | null, version: number): VersionedState => ({
  value,
  versionMin: version,
  versionMax: version,
});

const afterRead = (
  state: VersionedState,
  output: VersionedOutput | undefined,
): readonly VersionedState[] => {
  if (output === undefined) return [state];
  return output.kind === "value" ? found(state, output.version, output.value) : [];
};

/** The state once it is known what was in it; none if that cannot be. An undefined version or value is not known. */
const found = (
  state: VersionedState,
  version: number | undefined,
  value: unknown,
): readonly VersionedState[] => {
  const versionMin = version ?? state.versionMin;
  const versionMax = version ?? state.versionMax;
  const text = value === undefined ? state.value : canonicalText(value);
  const isPossible =
    state.versionMin <= versionMin &&
    versionMax <= state.versionMax &&
    (state.value === null || state.value === text);
  return isPossible ? [{ value: text, versionMin, versionMax }] : [];
};

const afterChange = (
  state: VersionedState,
  value: string,
  output: VersionedOutput | undefined,
): readonly VersionedState[] => {
  if (output === undefined) {
    return [{ value, versionMin: state.versionMin + 1, versionMax: Infinity }];
  }
  const isPossible = output.kind === "stored" && output.version > state.versionMin;
  return isPossible ? [exactly(value, output.version)] : [];
};

const afterCompareAndSet = (
  state: VersionedState,
  { expectedVersion, value }: { readonly expectedVersion: number; readonly value: unknown },
  output: VersionedOutput | undefined,
): readonly VersionedState[] => {
  const states: VersionedState[] = [];
  if (output === undefined || output.kind === "stored") {
    const [expected] = found(state, expectedVersion, undefined);
    if (expected !== undefined) {
      states.push(...afterChange(expected, canonicalText(value), output));
    }
  }
  if (output === undefined || output.kind === "conflict") {
    for (const other of otherThan(state, expectedVersion)) {
      states.push(...found(other, output?.version, output?.value));
    }
  }
  return states;
};

/** The state without this version: below it and above it. */
const otherThan = (state: VersionedState, version: number): readonly VersionedState[] =>
  [
    { ...state, versionMax: Math.min(state.versionMax, version - 1) },
    { ...state, versionMin: Math.max(state.versionMin, version + 1) },
  ].filter(({ versionMin, versionMax }) => versionMin <= versionMax);

const isVersionedInput = (value: unknown): value is VersionedInput => {
  const fields = fieldsOf(value);
  if (isOfKind(value, "read")) return true;
  if (fields?.["value"] === undefined) return false;
  return (
    isOfKind(value, "write") ||
    (isOfKind(value, "compare-and-set") && isWhole(fields["expectedVersion"]))
  );
};

const isVersionedOutput = (value: unknown): value is VersionedOutput => {
  const fields = fieldsOf(value);
  if (isOfKind(value, "conflict")) return isAbsentOr(fields?.["version"], (it) => isWhole(it));
  if (!isWhole(fields?.["version"])) return false;
  return isOfKind(value, "stored") || (isOfKind(value, "value") && fields["value"] !== undefined);
};

const describeVersioned = (
  input: VersionedInput,
  output: VersionedOutput | undefined,
): Description => {
  if (input.kind === "read") {
    if (output?.kind !== "value") return { did: "read", noun: "read" };
    const shown = `${canonicalText(output.value)} at version ${output.version}`;
    return { did: `read ${shown}`, noun: `read of ${shown}` };
  }
  const value = canonicalText(input.value);
  const change = input.kind === "write" ? value : `${value} over version ${input.expectedVersion}`;
  if (output?.kind === "conflict") {
    const version = output.version === undefined ? "" : ` with version ${output.version}`;
    return {
      did: `was refused the write of ${change}, for a conflict${version}`,
      noun: `refused write of ${change}`,
    };
  }
  const version = output?.kind === "stored" ? ` as version ${output.version}` : "";
  return { did: `wrote ${change}${version}`, noun: `write of ${change}${version}` };
};
