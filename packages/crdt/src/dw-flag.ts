/** The disable-wins flag. */
import { causal } from "./causal.ts";
import type { Flag } from "./ew-flag.ts";
import { flagShape } from "./flags.ts";

/**
 * A flag that is on if some enabling stands and no disabling: of the two at once, the disabling wins. Off at first.
 *
 * Constant time; a delta is about 20 bytes. (Almeida et al. 2018, §7.4, DWFlag, which begins on; here both flags begin off.)
 */
export const dwFlag: Flag = causal(flagShape("dw-flag", isEveryOn, true));

function isEveryOn(said: Iterable<boolean>): boolean {
  let isOn = false;
  for (const value of said) {
    if (!value) return false;
    isOn = true;
  }
  return isOn;
}
