/** Entries of other homes that came before what they rest on. */
import { covers, numberOf } from "@syncline/clocks";
import { type Entry, sizeOf } from "../batch.ts";
import { heardPeers, type HomeState, type Peer } from "./home-state.ts";
import { recordsOf, store } from "./storing.ts";

/**
 * Takes in whatever has all its causes here now.
 *
 * An entry that came before what it rests on waits: shown at once, the reply would stand there without its question. Nothing waits for ever:
 * the sender has what the entry rests on, and is asked for it after a grace.
 */
export const acceptWaiting = (home: HomeState): void => {
  const entries: Entry[] = [];
  for (let isMoving = true; isMoving;) {
    isMoving = false;
    for (const peer of heardPeers(home)) {
      const count = takeReady(home, peer, entries);
      if (count > 0) isMoving = true;
    }
  }
  const records = recordsOf(home, entries);
  store(home, { entries, records, states: [], edges: [], vector: home.accepted });
};

const takeReady = (home: HomeState, peer: Peer, entries: Entry[]): number => {
  let count = 0;
  for (const entry of peer.waiting) {
    const known = numberOf(home.accepted, entry.incarnation);
    if (entry.number > known) {
      if (entry.number !== known + 1 || !covers(home.accepted, entry.after)) break;
      home.accepted.set(entry.incarnation, entry.number);
      entries.push(entry);
    }
    peer.waitingBytes -= sizeOf(entry.batch);
    count += 1;
  }
  peer.waiting.splice(0, count);
  return count;
};
