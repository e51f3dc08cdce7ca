/** The enable-wins flag. */
import { type Causal, causal } from "./causal.ts";
import { type FlagMutators, flagShape } from "./flags.ts";
import type { Leaf } from "./shape.ts";

/** The type of `ewFlag` and `dwFlag`. */
export type Flag = Causal<boolean, Leaf<boolean>, boolean, FlagMutators>;

/**
 * A flag that is on if any enabling stands: of an enabling and a concurrent disabling, the enabling wins. Off at first.
 *
 * Constant time; a delta is about 20 bytes, and a flag that is off holds no fact. (Almeida et al. 2018, §7.4, EWFlag.)
 */
export const ewFlag: Flag = causal(flagShape("ew-flag", (said) => !isNone(said), false));

function isNone(said: Iterable<boolean>): boolean {
  return said[Symbol.iterator]().next().done === true;
}
