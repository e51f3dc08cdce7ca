/** Links to the other homes of the space: greetings, their logs as they grow, and how far their disks are. */
import { covers, mergeInto, numberOf, type VersionVector } from "@syncline/clocks";
import { type Entry, sizeOf } from "../batch.ts";
import type { HomeRequest } from "../home-protocol.ts";
import type { PeerMessage } from "../messages.ts";
import { SETTLED_MS } from "./alarm.ts";
import {
  cancelCatchUp,
  isInRecent,
  recentBeyond,
  resumeCatchUp,
  startCatchUp,
} from "./catching-up.ts";
import { findEndsAnew } from "./fencing-leader.ts";
import { sendHello } from "./greeting.ts";
import { deliver, type HomeState, ownLog, type Peer } from "./home-state.ts";
import { isOwnLogBeyond } from "./own-log.ts";
import { forgetPresences, sendPresences, takePeerPresence } from "./presence.ts";
import { cancelPull, considerPull, whenFilled } from "./pulling.ts";
import { sendOwn, tellStored, whenDisksMoved } from "./streaming.ts";
import { acceptWaiting } from "./waiting.ts";

/** A link to another home is up: each tells the other what it has on disk. */
export const whenPeerConnected = (home: HomeState, peer: Peer): void => {
  endLink(home, peer);
  peer.reach = "connected";
  sendHello(home, peer, home.round.number, false);
};

/** The link is gone, or was tried in vain. */
export const whenPeerLost = (home: HomeState, peer: Peer): void => {
  endLink(home, peer);
  peer.reach = "unreachable";
};

/** What was under way on the link ends with it, also where the runner tells of a new link without having told the end of the old one. */
const endLink = (home: HomeState, peer: Peer): void => {
  forgetLink(home, peer);
  cancelCatchUp(home, peer.home);
  cancelPull(home, peer.home);
};

const forgetLink = (home: HomeState, peer: Peer): void => {
  peer.isHeard = false;
  peer.linkCount += 1;
  peer.isLive = false;
  peer.isCongested = false;
  peer.told = new Map();
  peer.waiting = [];
  peer.waitingBytes = 0;
  forgetPresences(home, peer.presence);
};

/** Takes what another home says. */
export const whenPeerSaid = (home: HomeState, peer: Peer, message: PeerMessage): void => {
  peer.reach = "connected";
  switch (message.kind) {
    case "hello":
      return whenHello(home, peer, message);
    case "replicate":
      return whenReplicated(home, peer, message.entries);
    case "stored":
      return whenPeerStored(home, peer, message.vector);
    case "pull":
      peer.isLive = false;
      return startCatchUp(home, peer.home, message.vector, message.number);
    case "fill":
      return whenFilled(home, peer.home, message);
    case "presence":
      return takePeerPresence(home, peer, message);
  }
};

const whenHello = (
  home: HomeState,
  peer: Peer,
  hello: Extract<PeerMessage, { kind: "hello" }>,
): void => {
  if (hello.incarnation === ownLog(home)) {
    home.droppedCount += 1;
    const reason = "two homes work on copies of one directory";
    return deliver(home, { kind: "violation", peer: peer.home, reason });
  }
  const isFirst = !peer.isHeard;
  peer.isHeard = true;
  const hasLess = hello.incarnation !== peer.incarnation || !covers(hello.vector, peer.vector);
  if (hasLess) {
    startAnew(peer);
    findEndsAnew(home);
  }
  if (hello.incarnation !== peer.incarnation) peer.answerAfter = new Map(home.accepted);
  // Not a join but a replacement: a disk that was wiped or set back knows less than it did, and its copies must not be counted any more.
  peer.incarnation = hello.incarnation;
  peer.vector = new Map(hello.vector);
  if (isOwnLogBeyond(home, peer.home, peer.vector)) return;
  if (!hello.isReply) answer(home, peer, hello.round);
  else if (hello.round >= peer.answeredRound && hello.round <= home.round.number) {
    peer.answeredRound = hello.round;
    peer.answeredVector = new Map(hello.vector);
  }
  if (isFirst) sendPresences(home, peer.home);
  startStream(home, peer);
  tellStored(home, peer);
  considerPull(home, true);
  whenDisksMoved(home, { isUrgent: hasLess });
};

/**
 * Says what is on this disk. To a home that has lost its disk only once all is there that may be of its former log: what is in memory yet, it would not hear of.
 *
 * It might make another proposal of folds than before, otherwise:
 *   1. a proposes a fold for an epoch; b accepts that, and its disk is slow;
 *   2. a loses its disk and comes back; b says what is on its own, and a believes that it has never proposed anything;
 *   3. a proposes another fold for the same epoch, and b has both.
 */
const answer = (home: HomeState, peer: Peer, round: number): void => {
  if (covers(home.durable, peer.answerAfter)) return sendHello(home, peer, round, true);
  const request = { kind: "greeted", home: peer.home, link: peer.linkCount, round } as const;
  home.effects.push({ kind: "persist", records: [], then: [{ kind: "submit", request }] });
};

/** What had to be on the disk before this home is answered is there. */
export const whenGreeted = (
  home: HomeState,
  { home: name, link, round }: Extract<HomeRequest, { kind: "greeted" }>,
): void => {
  const peer = home.peers.get(name);
  if (peer?.linkCount === link) answer(home, peer, round);
};

/** Another directory, or the same with less in it: what was sent before is not there any more, and what waits here is of another log. */
const startAnew = (peer: Peer): void => {
  peer.isLive = false;
  peer.waiting = [];
  peer.waitingBytes = 0;
};

/** Sends the own log from where the other home has it, if memory reaches back so far; else it will pull. */
const startStream = (home: HomeState, peer: Peer): void => {
  if (peer.isLive || peer.isCongested) return;
  const number = numberOf(peer.vector, ownLog(home));
  const isAllThere = number === numberOf(home.durable, ownLog(home));
  const lacking = recentBeyond(home, peer.vector).filter(
    (entry) => entry.incarnation === ownLog(home),
  );
  if (!isAllThere && !isInRecent(home, peer.vector)) return;
  peer.isLive = true;
  sendOwn(home, peer, lacking);
};

const whenPeerStored = (home: HomeState, peer: Peer, stored: VersionVector): void => {
  if (!peer.isHeard) {
    // It believes in a link that this home does not know of, having just been opened: introduce it again.
    sendHello(home, peer, home.round.number, false);
    return;
  }
  mergeInto(peer.vector, stored);
  if (isOwnLogBeyond(home, peer.home, peer.vector)) return;
  startStream(home, peer);
  considerPull(home, false);
  whenDisksMoved(home, { isUrgent: false });
};

/** Takes entries of the sender's log: each when it follows on what is here and all that it rests on is here too. */
const whenReplicated = (home: HomeState, peer: Peer, entries: readonly Entry[]): void => {
  if (!peer.isHeard) {
    sendHello(home, peer, home.round.number, false);
    return;
  }
  let hasGap = false;
  // All of a message or nothing of it: whole documents that an edge offered together rest on each other.
  const hasRoom = peer.waitingBytes <= home.limits.waitingBytesMax;
  for (const entry of entries) {
    if (entry.incarnation !== peer.incarnation) {
      home.droppedCount += 1;
      continue;
    }
    // What a home sends is on its disk already.
    const next = (peer.waiting.at(-1)?.number ?? numberOf(home.accepted, entry.incarnation)) + 1;
    if (numberOf(peer.vector, entry.incarnation) < entry.number) {
      peer.vector.set(entry.incarnation, entry.number);
    }
    if (entry.number < next) continue;
    if (entry.number > next || !hasRoom) {
      hasGap = true;
      continue;
    }
    peer.waiting.push(entry);
    peer.waitingBytes += sizeOf(entry.batch);
  }
  acceptWaiting(home);
  considerPull(home, hasGap);
  whenDisksMoved(home, { isUrgent: false });
};

/** The link takes bytes again: what was not sent meanwhile is found by comparing vectors. */
export const whenPeerDrained = (home: HomeState, peer: Peer): void => {
  peer.isCongested = false;
  resumeCatchUp(home, peer.home);
  tellStored(home, peer);
  startStream(home, peer);
  sendPresences(home, peer.home);
};

/** When all homes have had everything for a while, the mark that says otherwise is taken from the disk. */
export const checkSettled = (home: HomeState): void => {
  if (!home.isUnsettled || !isSettledEverywhere(home)) {
    home.settledSinceMs = null;
    return;
  }
  home.settledSinceMs ??= home.nowMs;
  if (home.nowMs < home.settledSinceMs + SETTLED_MS) return;
  home.settledSinceMs = null;
  home.isUnsettled = false;
  home.effects.push({
    kind: "persist",
    records: [{ kind: "unsettled", isUnsettled: false }],
    then: [],
  });
};

/** Whether every other home has all that this one has. */
const isSettledEverywhere = (home: HomeState): boolean => {
  for (const peer of home.peers.values()) if (!covers(peer.vector, home.accepted)) return false;
  return true;
};
