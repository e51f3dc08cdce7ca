/** A home of one space: admits edges' batches into its log, keeps them and other homes' on disk, and serves everybody from there. */
import { covers, mergeInto } from "@syncline/clocks";
import { assert, type Input, type Machine, type PeerId, unreachable } from "@syncline/machine";
import { setAlarm, takeAlarm } from "./home/alarm.ts";
import { admitCarried, admitSubmitted, speakingSession } from "./home/accepting.ts";
import { cancelCatchUp, goLive, resumeCatchUp, whenPageLoaded } from "./home/catching-up.ts";
import {
  considerCompaction,
  whenCompacted,
  whenCompactionLoaded,
  whenCompactionPersisted,
  writeMerged,
} from "./home/compacting.ts";
import { noteFence } from "./home/fencing.ts";
import { performProposed } from "./home/fencing-leader.ts";
import { createHomeState, deliver, type HomeState, type Session } from "./home/home-state.ts";
import { forgetEdgePresences, sendPresences, takeEdgePresence } from "./home/presence.ts";
import { checkPull } from "./home/pulling.ts";
import { checkRound, startRound, whenJoined } from "./home/reading.ts";
import {
  checkSettled,
  whenGreeted,
  whenPeerConnected,
  whenPeerDrained,
  whenPeerLost,
  whenPeerSaid,
} from "./home/replication.ts";
import { whenResumed } from "./home/resting.ts";
import {
  stream,
  tellDisks,
  whenPersisted,
  whenWokenForDisks,
  whenWokenForHomes,
} from "./home/streaming.ts";
import {
  type Fencing,
  type HomeConfig,
  type HomeProtocol,
  type HomeRecord,
  type HomeRequest,
  noFencing,
} from "./home-protocol.ts";
import { defaultHomeLimits, type HomeLimits } from "./limits.ts";
import type { Presence, SpaceMessage } from "./messages.ts";

/** A home machine, with its state open to be looked at (by status pages, the simulator and tests); only the machine may change it. */
export interface Home extends Machine<HomeProtocol> {
  readonly state: HomeState;
}

/**
 * A home of one space.
 *
 * Peers that are homes go by their `HomeId`; every other `PeerId` is an edge's connection. A connection delivers in order and without loss
 * until it ends; its end is told by `disconnected`.
 *
 * Promises: nothing leaves before it is on this disk, so a dot stands for one batch for ever; what is on disk, and what each edge is shown,
 * is causally closed; what an edge sends twice is admitted once; a message that makes no sense is dropped and counted.
 * `fencing` says what payloads say of folds; without it nothing is folded.
 */
export const createHome = (
  config: HomeConfig,
  limits: Partial<HomeLimits> = {},
  fencing: Fencing = noFencing,
): Home => {
  const home = createHomeState(config, { ...defaultHomeLimits, ...limits }, fencing);

  /** Every step ends with what may have become possible by it. */
  const finish = (): HomeState["effects"] => {
    // An edge that is welcomed or brought forward now would be shown what is about to be passed on, and then again.
    if (home.unstreamed === null) {
      checkRound(home);
      reviveSessions(home);
    }
    performProposed(home);
    writeMerged(home);
    considerCompaction(home);
    checkSettled(home);
    setAlarm(home);
    const { effects } = home;
    home.effects = [];
    return effects;
  };

  return {
    state: home,
    recover: (records, nowMs) => {
      home.nowMs = nowMs;
      for (const record of records) recoverRecord(home, record);
      startRound(home);
      return finish();
    },
    step: (input, nowMs) => {
      assert(nowMs >= home.nowMs, "time goes back");
      home.nowMs = nowMs;
      take(home, input);
      return finish();
    },
  };
};

const recoverRecord = (home: HomeState, record: HomeRecord): void => {
  switch (record.kind) {
    case "head":
      mergeInto(home.accepted, record.vector);
      mergeInto(home.recentFloor, record.vector);
      home.durable = new Map(record.vector);
      home.entryCount = record.entryCount;
      home.entryBytes = record.entryBytes;
      home.nextPart = record.nextPart;
      return;
    case "document":
      home.documents.set(record.head.document, record.head);
      return noteFence(home, record.head.document, record.head.fence);
    case "edge":
      home.edges.set(record.edge.edge, record.edge);
      return;
    case "unsettled":
      home.isUnsettled = record.isUnsettled;
      return;
    case "entry":
    case "stub":
    case "no-entry":
    case "state":
    case "no-state":
    case "no-edge":
      assert(false, `a home recovers from a record of kind ${record.kind}`);
  }
};

const take = (home: HomeState, input: Input<HomeProtocol>): void => {
  if (home.unstreamed !== null && !mayGoBeforeStream(input)) stream(home);
  switch (input.kind) {
    case "woken":
      takeAlarm(home);
      checkPull(home);
      whenWokenForHomes(home);
      return whenWokenForDisks(home);
    case "received":
      return whenReceived(home, input.from, input.message);
    case "submitted":
      return whenAsked(home, input.request);
    case "loaded":
      if (whenCompactionLoaded(home, input.token, input.rows)) return;
      return whenPageLoaded(home, input.token, input.rows);
  }
};

/**
 * Whatever else is said comes after what became durable before it; but what became durable at the same moment goes along, and somebody who takes no
 * more is not sent it.
 */
const mayGoBeforeStream = (input: Input<HomeProtocol>): boolean =>
  input.kind === "submitted" &&
  (input.request.kind === "persisted" || input.request.kind === "congested");

const whenReceived = (home: HomeState, from: PeerId, message: SpaceMessage): void => {
  const peer = home.peers.get(from);
  switch (message.kind) {
    case "hello":
    case "replicate":
    case "stored":
    case "pull":
    case "fill":
      if (peer === undefined) return violate(home, from, "an edge speaks as a home");
      return whenPeerSaid(home, peer, message);
    case "presence":
      if (mustWait(home)) return postpone(home, from, message);
      return takePresence(home, from, message);
    case "join":
      if (peer !== undefined) return violate(home, from, "a home speaks as an edge");
      if (home.sessions.has(from)) return violate(home, from, "an edge joins twice");
      return whenJoined(home, from, message);
    case "submit":
      return withSession(home, from, (session) => admitSubmitted(home, session, message));
    case "carry":
      return withSession(home, from, (session) => admitCarried(home, session, message.batches));
    case "welcome":
    case "group":
    case "update":
    case "admitted":
    case "carried":
    case "heard":
    case "durable":
    case "refused":
      return violate(home, from, `a home is sent a message of kind ${message.kind}`);
  }
};

/**
 * Also while earlier presence waits, though its flush may be over. Taken at once, a client's farewell would go before its last cursor, and the client
 * be seen for ever.
 */
const mustWait = (home: HomeState): boolean =>
  home.postponedCount > 0 || !covers(home.durable, home.accepted);

/**
 * Passes presence on only after what was said before it, which is on its way to the disk.
 *
 * Passed on at once, a cursor would reach the others a flush before the letter that it stands behind.
 */
const postpone = (home: HomeState, from: PeerId, presence: Presence): void => {
  home.postponedCount += 1;
  const request = { kind: "presence", from, link: linkOf(home, from), presence } as const;
  home.effects.push({ kind: "persist", records: [], then: [{ kind: "submit", request }] });
};

/** Which link to another home this is, from 1; 0 for an edge's connection, which has a name of its own each time, and -1 for one that is gone. */
const linkOf = (home: HomeState, from: PeerId): number =>
  home.peers.get(from)?.linkCount ?? (home.sessions.has(from) ? 0 : -1);

const takePresence = (home: HomeState, from: PeerId, presence: Presence): void => {
  const peer = home.peers.get(from);
  if (peer !== undefined) return whenPeerSaid(home, peer, presence);
  withSession(home, from, (session) => takeEdgePresence(home, session, presence));
};

const withSession = (home: HomeState, from: PeerId, act: (session: Session) => void): void => {
  const session = speakingSession(home, from);
  if (session === null) return violate(home, from, "an edge speaks before it was welcomed");
  act(session);
};

const violate = (home: HomeState, peer: PeerId, reason: string): void => {
  home.droppedCount += 1;
  deliver(home, { kind: "violation", peer, reason });
};

const whenAsked = (home: HomeState, request: HomeRequest): void => {
  switch (request.kind) {
    case "connected":
    case "unreachable": {
      const peer = home.peers.get(request.home);
      if (peer === undefined) return;
      return request.kind === "connected"
        ? whenPeerConnected(home, peer)
        : whenPeerLost(home, peer);
    }
    case "resumed":
      return whenResumed(home, request.rest);
    case "disconnected":
      return whenDisconnected(home, request.peer);
    case "congested":
      return setCongested(home, request.peer, true);
    case "drained":
      return setCongested(home, request.peer, false);
    case "presence":
      home.postponedCount -= 1;
      // The connection may be gone by now, and with it all who were seen through it.
      if (linkOf(home, request.from) !== request.link) return;
      return takePresence(home, request.from, request.presence);
    case "persisted":
      return whenPersisted(home, request.entries, request.vector);
    case "stream":
      // `take` has done it.
      return;
    case "greeted":
      return whenGreeted(home, request);
    case "compacted":
      return whenCompacted(home, request.document, request.payload, request.proposal ?? null);
    case "compaction-persisted":
      return whenCompactionPersisted(home);
    default:
      return unreachable(request);
  }
};

const whenDisconnected = (home: HomeState, name: PeerId): void => {
  const peer = home.peers.get(name);
  if (peer !== undefined) return whenPeerLost(home, peer);
  home.congestedEarly.delete(name);
  const session = home.sessions.get(name);
  if (session === undefined) return;
  cancelCatchUp(home, name);
  home.sessions.delete(name);
  forgetEdgePresences(home, session);
};

/** Above the mark nothing more is sent; below it again, what was missed is found by the cursor. */
const setCongested = (home: HomeState, name: PeerId, isCongested: boolean): void => {
  const peer = home.peers.get(name);
  const session = home.sessions.get(name);
  if (peer !== undefined && isCongested) peer.isCongested = true;
  else if (peer !== undefined) whenPeerDrained(home, peer);
  if (session === undefined) {
    if (peer === undefined && isCongested) home.congestedEarly.add(name);
    else home.congestedEarly.delete(name);
    return;
  }
  session.isCongested = isCongested;
  if (isCongested) return;
  resumeCatchUp(home, name);
  tellDisks(home, session);
  sendPresences(home, name);
};

/** Sessions that fell out of the stream and can take bytes catch up from where they are. */
const reviveSessions = (home: HomeState): void => {
  for (const session of home.sessions.values()) {
    if (session.phase === "congested" && !session.isCongested) {
      goLive(home, session.peer, session.cursor);
    }
  }
};
