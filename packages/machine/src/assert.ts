/** A claim that must hold while a protocol runs, in production too. */

/** A claim of the program about itself was false: a bug. The node that throws it must stop, not go on with a state that it does not understand. */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

/**
 * Stops the machine if `claim` is false.
 *
 * It is for bugs only: what a peer or a user may cause is data (`null`, a `SyncError`), never an assertion.
 * The message says what was violated, as a sentence: `"an entry leaves a gap"`.
 */
export function assert(claim: boolean, message: string): asserts claim {
  if (!claim) throw new AssertionError(message);
}

/** Stops the machine at a case that the types exclude, for the end of a `switch` over a union. The message names the `kind`, if there is one. */
export const unreachable = (value: never): never => {
  throw new AssertionError(`a case that cannot be: ${nameOf(value)}`);
};

/** Not the whole value: a message may hold megabytes, and a cycle has no text. */
const nameOf = (value: unknown): string => {
  const isObject = typeof value === "object" && value !== null;
  return isObject && "kind" in value ? String(value.kind) : String(value);
};
