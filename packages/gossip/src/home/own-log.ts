/** Watching over the own log: nobody may ever know more of it than this home does. */
import { numberOf, type VersionVector } from "@syncline/clocks";
import type { HomeId } from "../batch.ts";
import { deliver, type HomeState, ownLog } from "./home-state.ts";

/**
 * Compares the own log with what another home has of it, and returns whether it went further than this home knows.
 *
 * That happens when the directory was replaced by an older copy of itself. To go on would give the next batch a dot that already means
 * another one, and whoever has that would never ask for ours: the two replicas would differ for ever, without a sign.
 */
export const isOwnLogBeyond = (home: HomeState, from: HomeId, vector: VersionVector): boolean => {
  const number = numberOf(vector, ownLog(home));
  if (number <= numberOf(home.accepted, ownLog(home))) return false;
  if (!home.isRolledBack) deliver(home, { kind: "rolled-back", home: from, number });
  home.isRolledBack = true;
  return true;
};
