/** Fetching what this home lacks from another: after a link came up, after a gap, or when the home that should have sent it does not. */
import { covers, coversDot, merge, mergeInto, type VersionVector } from "@syncline/clocks";
import type { HomeId } from "../batch.ts";
import type { PeerMessage } from "../messages.ts";
import {
  countBeyond,
  deliver,
  heardPeers,
  type HomeState,
  type Peer,
  type Pull,
  send,
} from "./home-state.ts";
import { isOwnLogBeyond } from "./own-log.ts";
import { recordsOf, store } from "./storing.ts";
import { acceptWaiting } from "./waiting.ts";

type Fill = Extract<PeerMessage, { kind: "fill" }>;

/**
 * Asks the home that is furthest ahead for what is missing, if anything is and nobody was asked yet.
 *
 * What is on its way from its own home anyway gets `pullGraceMs` to arrive, unless `isUrgent`: every batch reaches a third home's
 * acknowledgement before it reaches us about half of the time, and asking at once would double the traffic between homes.
 */
export const considerPull = (home: HomeState, isUrgent: boolean): void => {
  if (home.pull !== null) return;
  const ahead = heardPeers(home).filter((peer) => !covers(home.accepted, peer.vector));
  if (ahead.length === 0) {
    home.expected = null;
    return;
  }
  if (!isUrgent && !isGraceOver(home, ahead)) return;
  const lackOf = (peer: Peer): number => countBeyond(peer.vector, home.accepted);
  const [best] = [...ahead].sort((left, right) => lackOf(right) - lackOf(left));
  if (best === undefined) return;
  home.expected = null;
  home.lastPullNumber += 1;
  const number = home.lastPullNumber;
  home.pull = {
    from: best.home,
    number,
    progressMs: home.nowMs,
    entries: [],
    states: [],
    edges: [],
  };
  send(home, best.home, { kind: "pull", number, vector: new Map(home.accepted) });
};

/** Whether something that was expected a grace ago has still not come. What is new since then gets a grace of its own. */
const isGraceOver = (home: HomeState, ahead: readonly Peer[]): boolean => {
  const { expected } = home;
  if (expected === null || covers(home.accepted, expected.vector)) {
    const deadlineMs = home.nowMs + home.limits.pullGraceMs;
    home.expected = { vector: new Map(), deadlineMs };
    for (const peer of ahead) mergeInto(home.expected.vector, peer.vector);
    return false;
  }
  return home.nowMs >= expected.deadlineMs;
};

/** Takes a page; with the last one all of it is taken in, as one step. */
export const whenFilled = (home: HomeState, from: HomeId, fill: Fill): void => {
  const { pull } = home;
  if (pull === null || pull.from !== from || pull.number !== fill.number) {
    home.droppedCount += 1;
    return;
  }
  pull.progressMs = home.nowMs;
  pull.entries.push(...fill.entries);
  pull.states.push(...fill.states);
  pull.edges.push(...fill.edges);
  if (!fill.isLast) return;
  home.pull = null;
  const isNews = !covers(home.accepted, fill.vector);
  takeIn(home, pull, fill.vector);
  acceptWaiting(home);
  // One who claims more than it gives is asked again, but not in a circle without a pause.
  considerPull(home, isNews);
};

/** Takes in what the answer has and this home has not. What lies beyond its own vector would stand on the disk without what it rests on. */
const takeIn = (home: HomeState, pull: Pull, vector: VersionVector): void => {
  if (isOwnLogBeyond(home, pull.from, vector)) return;
  const entries = pull.entries.filter(
    (entry) => coversDot(vector, entry) && !coversDot(home.accepted, entry),
  );
  const states = pull.states.filter(
    ({ last }) => covers(vector, last) && !covers(home.accepted, last),
  );
  const known = merge(home.accepted, vector);
  const edges = pull.edges.filter(({ dot }) => coversDot(known, dot));
  store(home, { entries, records: recordsOf(home, entries), states, edges, vector });
};

/** A pull that makes no progress is given up, and another home is asked. */
export const checkPull = (home: HomeState): void => {
  const { pull } = home;
  if (pull !== null) {
    const deadlineMs = pull.progressMs + home.limits.pullTimeoutMs;
    if (home.nowMs < deadlineMs) return;
    deliver(home, { kind: "violation", peer: pull.from, reason: "a pull made no progress" });
    home.pull = null;
  }
  considerPull(home, false);
};

/** The home that was asked is gone. */
export const cancelPull = (home: HomeState, from: HomeId): void => {
  if (home.pull?.from !== from) return;
  home.pull = null;
  considerPull(home, true);
};
