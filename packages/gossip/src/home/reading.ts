/** Opening a space for edges: what other homes may have is asked for first, so that everything acknowledged is there. */
import { covers, meet, numberOf, type VersionVector } from "@syncline/clocks";
import type { PeerId } from "@syncline/machine";
import type { EdgeId } from "../batch.ts";
import { goLive } from "./catching-up.ts";
import { sendHello } from "./greeting.ts";
import { type HomeState, isOnAllDisks, type Peer, send, type Session } from "./home-state.ts";
import { sendPresences } from "./presence.ts";

/** Asks all homes that can be reached what they have, and gives them `readWaitMs`. */
export const startRound = (home: HomeState): void => {
  const number = home.round.number + 1;
  const deadlineMs = home.nowMs + home.limits.readWaitMs;
  home.round = { number, deadlineMs, isRead: false, isExhausted: false };
  for (const peer of home.peers.values()) {
    if (peer.reach === "connected") sendHello(home, peer, number, false);
  }
};

/**
 * Begins an edge's session.
 *
 * An edge with no vector reads for the first time: it waits for a round that begins now, so that it sees every batch whose author had heard
 * `quorum` before (R + W > N). One with a vector waits only if this home does not cover it: read your writes, at any home.
 */
export const whenJoined = (
  home: HomeState,
  peer: PeerId,
  join: { readonly edge: EdgeId; readonly vector: VersionVector },
): void => {
  const isFirstReading = join.vector.size === 0 && home.config.readQuorum > 1;
  const needsRound = isFirstReading || !covers(home.durable, join.vector);
  home.sessions.set(peer, {
    peer,
    edge: join.edge,
    phase: "reading",
    cursor: new Map(join.vector),
    round: needsRound ? home.round.number + 1 : home.round.number,
    heardCount: 0,
    isCongested: home.congestedEarly.delete(peer),
    ownDot: null,
    told: new Map(),
    presence: new Map(),
  });
};

/** Looks how far the answers are, welcomes the edges that waited for them, and asks again for those who came too late to be part of the question. */
export const checkRound = (home: HomeState): void => {
  if (home.isRolledBack) return;
  if (!home.round.isExhausted) lookAtAnswers(home);
  let isAnotherWanted = false;
  let isMoreWanted = false;
  const enough = enoughOf(home);
  for (const session of home.sessions.values()) {
    isMoreWanted ||= session.phase !== "reading" && session.heardCount < enough;
    if (session.phase !== "reading") continue;
    if (session.round > home.round.number) isAnotherWanted = true;
    else if (isReadyFor(home, session)) welcome(home, session);
  }
  if (isMoreWanted) tellHeard(home);
  if (isAnotherWanted && (home.round.isRead || home.round.isExhausted)) {
    startRound(home);
    checkRound(home);
  }
};

/** How many homes must be heard so that one of each write quorum is among them: R, unless the operator asks fewer, or more. */
const enoughOf = ({ config }: HomeState): number => config.others.length + 2 - config.writeQuorum;

/** Tells the edges that were welcomed with too few homes heard, once enough are: homes that were away have come back. */
const tellHeard = (home: HomeState): void => {
  const heardCount = heardCountOf(home);
  if (heardCount < enoughOf(home)) return;
  const message = { kind: "heard", heardCount, vector: home.durable } as const;
  for (const session of home.sessions.values()) {
    if (session.phase === "reading" || session.heardCount >= enoughOf(home)) continue;
    session.heardCount = heardCount;
    send(home, session.peer, message);
  }
};

const lookAtAnswers = (home: HomeState): void => {
  const { round } = home;
  const peers = [...home.peers.values()];
  const isOutstanding = peers.some(
    (peer) => peer.reach === "unknown" || (peer.reach === "connected" && !hasAnswered(home, peer)),
  );
  const isQuorum = heardCountOf(home) >= home.config.readQuorum;
  round.isExhausted = !isOutstanding || home.nowMs >= round.deadlineMs;
  round.isRead = isQuorum && (home.isOpen || isVerified(home, peers));
  if (round.isRead || round.isExhausted) home.isOpen = true;
};

/**
 * Whether the first round verifies the own log, too: for that every home that can be reached is heard, not just enough for a read; and one at least, though
 * this home may be enough for a read. Did it open before:
 *   1. of two homes a write quorum is both, so one is enough to read; b is rolled back, and starts;
 *   2. b's edge is there before a is, and edits, and b gives the edit a number that a has for another one.
 */
const isVerified = (home: HomeState, peers: readonly Peer[]): boolean =>
  peers.every((peer) => peer.reach !== "connected" || hasAnswered(home, peer)) &&
  (peers.length === 0 || peers.some((peer) => hasAnswered(home, peer)));

/** Whether the peer answered this round, and what it had then is on this disk. */
const hasAnswered = (home: HomeState, peer: Peer): boolean =>
  peer.isHeard &&
  peer.answeredRound >= home.round.number &&
  covers(home.durable, peer.answeredVector);

const heardCountOf = (home: HomeState): number =>
  1 + [...home.peers.values()].filter((peer) => hasAnswered(home, peer)).length;

const isReadyFor = (home: HomeState, session: Session): boolean =>
  home.isOpen &&
  (home.round.isExhausted || (home.round.isRead && covers(home.durable, session.cursor)));

const welcome = (home: HomeState, session: Session): void => {
  const known = home.edges.get(session.edge);
  const isOnDisk =
    known !== undefined && numberOf(home.durable, known.dot.incarnation) >= known.dot.number;
  session.heardCount = heardCountOf(home);
  const durable = [];
  for (const peer of home.peers.values()) {
    const { incarnation } = peer;
    if (incarnation === null) continue;
    const vector = new Map(peer.vector);
    session.told.set(peer.home, { incarnation, vector });
    durable.push({ home: peer.home, incarnation, vector: new Map(vector) });
  }
  send(home, session.peer, {
    kind: "welcome",
    home: home.config.home,
    incarnation: home.config.incarnation,
    vector: home.durable,
    admitted: known !== undefined && isOnDisk ? { number: known.number, dot: known.dot } : null,
    homeCount: home.config.others.length + 1,
    writeQuorum: home.config.writeQuorum,
    heardCount: session.heardCount,
    durable,
  });
  if (known !== undefined && !isOnAllDisks(home, known.dot)) session.ownDot = known.dot;
  // What the edge covers and this home does not, it will carry here; the same numbers may come back to it from another home later.
  goLive(home, session.peer, meet(session.cursor, home.durable));
  sendPresences(home, session.peer);
};
