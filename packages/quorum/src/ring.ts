/** Which relays are homes of which space: the same answer at every relay and client, with no table to keep. */
import type { HomeId } from "./copies.ts";

/**
 * The homes of a space: the `homeCount` relays that weigh most for its name, heaviest first.
 *
 * Rendezvous hashing (Thaler and Ravishankar 1998): when a relay is added or removed only the spaces that it gains or held move. All relays
 * are homes when there are no more than `homeCount`. The order of `relays` means nothing, and one named twice counts once.
 * `homeCount` is 1 or more. Cost: one hash for each relay.
 */
export const homesOf = (
  space: string,
  relays: readonly HomeId[],
  homeCount: number,
): readonly HomeId[] =>
  [...new Set(relays)]
    .map((relay) => ({ relay, weight: weightOf(relay, space) }))
    .sort((left, right) => right.weight - left.weight || (left.relay < right.relay ? -1 : 1))
    .slice(0, homeCount)
    .map(({ relay }) => relay);

/** A well-mixed 32-bit number for a relay and a space: FNV-1a over both, then the finalizer of MurmurHash3, without which similar names weigh alike. */
const weightOf = (relay: HomeId, space: string): number => {
  let hash = 0x811c9dc5;
  for (const text of [relay, "\u0000", space]) {
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      hash = Math.imul(hash ^ (code & 255), 0x01000193);
      hash = Math.imul(hash ^ (code >>> 8), 0x01000193);
    }
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
};
