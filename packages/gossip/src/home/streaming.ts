/** What happens once batches are on this home's disk: edges are shown them, other homes get them, and everybody hears how far the disk is. */
import {
  covers,
  type MutableVersionVector,
  mergeInto,
  numberOf,
  type VersionVector,
} from "@syncline/clocks";
import { type Entry, pagesOf, sizeOf } from "../batch.ts";
import type { HomeMessage, PeerMessage, ShownEntry } from "../messages.ts";
import {
  countBeyond,
  heardPeers,
  type HomeState,
  isOnAllDisks,
  ownLog,
  type Peer,
  send,
  type Session,
} from "./home-state.ts";

/** Takes note of what has just become durable, in the order in which it was accepted. It is passed on once all that became so at the same moment is known. */
export const whenPersisted = (
  home: HomeState,
  entries: readonly Entry[],
  vector: VersionVector,
): void => {
  const before = home.durable;
  home.durable = vector;
  home.entryCount += entries.length;
  for (const { batch } of entries) home.entryBytes += sizeOf(batch);
  const isStream = remember(home, entries, before);
  if (home.unstreamed === null) {
    home.unstreamed = { before, entries: [...entries], isStream };
    home.effects.push({ kind: "submit", request: { kind: "stream" } });
    return;
  }
  home.unstreamed.entries.push(...entries);
  home.unstreamed.isStream &&= isStream;
};

/** Passes on what has become durable: one message to each, however many persists it came from. */
export const stream = (home: HomeState): void => {
  const { unstreamed } = home;
  if (unstreamed === null) return;
  home.unstreamed = null;
  showEdges(home, unstreamed);
  tellPeers(home, unstreamed.entries);
};

/**
 * Keeps the newest entries while somebody is being brought forward, who then goes on from memory. Returns whether they are all that is new: after
 * a fill with merged states, or one that skipped numbers, nobody can be brought forward by entries alone.
 */
const remember = (home: HomeState, entries: readonly Entry[], before: VersionVector): boolean => {
  const isStream = countBeyond(home.durable, before) === entries.length;
  if (!isStream || !isSomebodyBehind(home)) {
    home.recent = [];
    home.recentBytes = 0;
    mergeInto(home.recentFloor, home.durable);
    return isStream;
  }
  for (const entry of entries) {
    home.recent.push(entry);
    home.recentBytes += sizeOf(entry.batch);
  }
  while (home.recentBytes > home.limits.recentBytesMax) {
    const oldest = home.recent.shift();
    if (oldest === undefined) break;
    home.recentBytes -= sizeOf(oldest.batch);
    home.recentFloor.set(oldest.incarnation, oldest.number);
  }
  return true;
};

/** Were entries kept for nobody, a relay with many busy spaces would hold a quarter of a megabyte for each. */
const isSomebodyBehind = (home: HomeState): boolean => {
  if (home.catchUps.size > 0 || home.queuedCatchUps.length > 0) return true;
  // Edges wait for a reading, and then go on from what they had.
  if (!home.round.isRead && !home.round.isExhausted) return true;
  for (const peer of home.peers.values()) if (!peer.isLive) return true;
  return false;
};

const showEdges = (
  home: HomeState,
  { before, entries, isStream }: NonNullable<HomeState["unstreamed"]>,
): void => {
  const message = entries.length > 0 ? updateOf(entries, null) : null;
  for (const session of home.sessions.values()) {
    if (session.phase !== "live") continue;
    if (!isStream || session.isCongested) {
      leaveLive(session, before);
      continue;
    }
    if (message === null) continue;
    // One message object for all who see the same, so that it is encoded once.
    const hasOwn = entries.some((entry) => entry.author?.edge === session.edge);
    send(home, session.peer, hasOwn ? updateOf(entries, session.edge) : message);
  }
};

/** A session that is not brought forward with the others keeps a cursor of its own until it catches up. */
const leaveLive = (session: Session, cursor: VersionVector): void => {
  session.phase = "congested";
  session.cursor = new Map(cursor);
};

/** The entries as an edge is shown them: its own without the bytes that it has. */
export const updateOf = (entries: readonly Entry[], edge: string | null): HomeMessage => ({
  kind: "update",
  entries: entries.map((entry) => shownTo(entry, edge)),
});

/** An entry as this edge is shown it. */
export const shownTo = (entry: Entry, edge: string | null): ShownEntry => {
  const isOwn = edge !== null && entry.author?.edge === edge;
  return {
    incarnation: entry.incarnation,
    number: entry.number,
    batch: isOwn ? null : entry.batch,
    ownNumber: isOwn ? (entry.author?.number ?? 0) : 0,
  };
};

const tellPeers = (home: HomeState, entries: readonly Entry[]): void => {
  const own = entries.filter((entry) => entry.incarnation === ownLog(home));
  // One object for all who get the same, so that it is encoded once.
  const messages = replicating(home, own);
  for (const peer of heardPeers(home)) {
    if (peer.isLive && !peer.isCongested && own.length > 0) {
      for (const message of messages) send(home, peer.home, message);
      peer.told.set(ownLog(home), numberOf(home.durable, ownLog(home)));
    }
    if (peer.isCongested) peer.isLive = false;
    tellStoredInTime(home, peer);
  }
};

/** Sends entries of the own log to one home. */
export const sendOwn = (home: HomeState, peer: Peer, own: readonly Entry[]): void => {
  for (const message of replicating(home, own)) send(home, peer.home, message);
};

/** In pages: what an edge submitted in one frame is larger as entries, and might not fit into one between homes. */
const replicating = (home: HomeState, own: readonly Entry[]): readonly PeerMessage[] =>
  pagesOf(own, home.limits.pageBytesMax).map((entries) => ({ kind: "replicate", entries }));

/**
 * Tells another home what changed on this one's disk: at once how far its own log has come, for which its edges wait, and what of this home's log it
 * was not sent. Of a third home's log it hears with that, or a little later: it needs to know only what may be forgotten, and what it lacks itself.
 * Were that told at once, too, half of what homes say to each other would be news for which nobody waits.
 */
const tellStoredInTime = (home: HomeState, peer: Peer): void => {
  const isUntold = (log: string): boolean => numberOf(home.durable, log) > numberOf(peer.told, log);
  const isAwaited =
    (peer.incarnation !== null && isUntold(peer.incarnation)) || isUntold(ownLog(home));
  if (isAwaited) return tellStored(home, peer);
  if (home.storedNewsMs !== 0 || covers(peer.told, home.durable)) return;
  home.storedNewsMs = home.nowMs + home.limits.storedIntervalMs;
};

/** Tells the other homes what they have not heard yet, if the time has come. */
export const whenWokenForHomes = (home: HomeState): void => {
  if (home.storedNewsMs === 0 || home.nowMs < home.storedNewsMs) return;
  home.storedNewsMs = 0;
  for (const peer of heardPeers(home)) tellStored(home, peer);
};

/** Tells another home all that changed on this one's disk since it was told last. */
export const tellStored = (home: HomeState, peer: Peer): void => {
  if (peer.isCongested) return;
  const changes = growthOf(home.durable, peer.told);
  if (changes === null) return;
  mergeInto(peer.told, changes);
  send(home, peer.home, { kind: "stored", vector: changes });
};

/**
 * Passes news of other homes' disks on: at once to edges that wait for a batch of their own, if it makes something settled at `quorum`; soon to those
 * that wait for more disks than that; now and then to all others. What is urgent, a disk that has less than it had, waits for nothing.
 *
 * Those need it only to know what they may forget; telling each of a hundred readers of each batch twice more would triple their traffic. And an author
 * whose batch is on enough disks does not wait for the last.
 */
export const whenDisksMoved = (
  home: HomeState,
  { isUrgent }: { readonly isUrgent: boolean },
): void => {
  if (home.sessions.size === 0) return;
  const quorumNumber = numberOnQuorum(home);
  const isNews = isUrgent || quorumNumber !== home.quorumNumber;
  home.quorumNumber = quorumNumber;
  for (const session of home.sessions.values()) {
    if (session.ownDot === null || session.phase === "reading") continue;
    // A batch that another home admitted is told of as soon as anything is: its author has come here for that.
    if (isNews || session.ownDot.incarnation !== ownLog(home)) tellAwaited(home, session);
    else if (home.awaitedNewsMs === 0) {
      home.awaitedNewsMs = home.nowMs + home.limits.awaitedIntervalMs;
    }
  }
  if (home.durableNewsMs === 0) home.durableNewsMs = home.nowMs + home.limits.durableIntervalMs;
};

/** How far the own log is on as many disks as a quorum needs, as far as is known here. */
const numberOnQuorum = (home: HomeState): number => {
  const log = ownLog(home);
  const numbers = [numberOf(home.durable, log)];
  for (const peer of home.peers.values()) numbers.push(numberOf(peer.vector, log));
  numbers.sort((left, right) => right - left);
  return numbers[home.config.writeQuorum - 1] ?? 0;
};

const tellAwaited = (home: HomeState, session: Session): void => {
  tellDisks(home, session);
  if (session.ownDot !== null && isOnAllDisks(home, session.ownDot)) session.ownDot = null;
};

/** Tells edges what they have not heard yet, if the time has come. */
export const whenWokenForDisks = (home: HomeState): void => {
  if (home.awaitedNewsMs !== 0 && home.nowMs >= home.awaitedNewsMs) {
    home.awaitedNewsMs = 0;
    for (const session of home.sessions.values()) {
      if (session.ownDot !== null && session.phase !== "reading") tellAwaited(home, session);
    }
  }
  if (home.durableNewsMs === 0 || home.nowMs < home.durableNewsMs) return;
  home.durableNewsMs = 0;
  for (const session of home.sessions.values()) {
    if (session.phase !== "reading") tellAwaited(home, session);
  }
};

/** Tells one edge what changed on other homes' disks since it was told last. */
export const tellDisks = (home: HomeState, session: Session): void => {
  if (session.isCongested) return;
  for (const peer of home.peers.values()) {
    if (peer.incarnation === null) continue;
    const told = session.told.get(peer.home);
    const isSame = told?.incarnation === peer.incarnation && covers(peer.vector, told.vector);
    if (told === undefined || !isSame) {
      session.told.set(peer.home, { incarnation: peer.incarnation, vector: new Map(peer.vector) });
      sendDurable(home, session, peer, { vector: new Map(peer.vector), isWhole: true });
      continue;
    }
    const vector = growthOf(peer.vector, told.vector);
    if (vector === null) continue;
    mergeInto(told.vector, vector);
    sendDurable(home, session, peer, { vector, isWhole: false });
  }
};

/** What a vector says beyond what was told of it, or null if nothing: mostly one log. */
const growthOf = (vector: VersionVector, told: VersionVector): VersionVector | null => {
  let growth: MutableVersionVector | null = null;
  for (const [incarnation, number] of vector) {
    if (numberOf(told, incarnation) >= number) continue;
    growth ??= new Map();
    growth.set(incarnation, number);
  }
  return growth;
};

const sendDurable = (
  home: HomeState,
  session: Session,
  peer: Peer,
  news: { readonly vector: VersionVector; readonly isWhole: boolean },
): void => {
  const incarnation = peer.incarnation ?? "";
  send(home, session.peer, { kind: "durable", home: peer.home, incarnation, ...news });
};
