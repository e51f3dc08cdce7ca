/** A register: a read gives what the last write wrote. */
import { canonicalText, fieldsOf, isOfKind } from "./json.ts";
import type { Description, Model } from "./model.ts";

/** What can be asked of a register. Values are JSON and compared as such. */
export type RegisterInput =
  | { readonly kind: "read" }
  | { readonly kind: "write"; readonly value: unknown };

/** A read's value, or null for a write. */
export type RegisterOutput = unknown;

/** The value as canonical text; null stands for every value. */
export type RegisterState = string | null;

/** A register that holds `initial` before the first write: null unless something else is said. */
export const registerModel = (
  initial: unknown = null,
): Model<RegisterState, RegisterInput, RegisterOutput> => ({
  name: "register",
  initial: canonicalText(initial),
  anything: null,
  isInput: (value): value is RegisterInput =>
    isOfKind(value, "read") ||
    (isOfKind(value, "write") && fieldsOf(value)?.["value"] !== undefined),
  isOutput: (value): value is RegisterOutput => value !== undefined,
  step: (state, input, output) => {
    if (input.kind === "write") return [canonicalText(input.value)];
    if (output === undefined) return [state];
    const value = canonicalText(output);
    return state === null || state === value ? [value] : [];
  },
  keyOf: (state) => state ?? "*",
  contains: (larger, smaller) => larger === null || larger === smaller,
  isReading: (input) => input.kind === "read",
  overwrites: (input) => input.kind === "write",
  describe: describeRegister,
  asRegister: {
    initialValue: canonicalText(initial),
    use: (input, output) => {
      if (input.kind === "write") return { isWrite: true, value: canonicalText(input.value) };
      return { isWrite: false, value: output === undefined ? null : canonicalText(output) };
    },
  },
});

const describeRegister = (input: RegisterInput, output: RegisterOutput): Description => {
  if (input.kind === "write") {
    const value = canonicalText(input.value);
    return { did: `wrote ${value}`, noun: `write of ${value}` };
  }
  if (output === undefined) return { did: "read", noun: "read" };
  return { did: `read ${canonicalText(output)}`, noun: `read of ${canonicalText(output)}` };
};
