/** Presence: passed on to everybody in the space, kept in memory for those who come later, never stored. */
import type { PeerId } from "@syncline/machine";
import type { Presence } from "../messages.ts";
import { heardPeers, type HomeState, type Peer, send, type Session } from "./home-state.ts";

const gone = new Uint8Array();

/** Takes presence from an edge of this home. */
export const takeEdgePresence = (home: HomeState, session: Session, presence: Presence): void => {
  if (!keep(home, session.presence, presence)) return;
  if (presence.bytes.length === 0) {
    if (!isOfAnEdge(home, presence.key)) sendGone(home, presence.key);
    showGone(home, presence.key, session.peer);
    return;
  }
  for (const peer of heardPeers(home)) if (!peer.isCongested) send(home, peer.home, presence);
  showEdges(home, presence, session.peer);
};

/** Takes presence that another home passed on. */
export const takePeerPresence = (home: HomeState, peer: Peer, presence: Presence): void => {
  if (!keep(home, peer.presence, presence)) return;
  if (presence.bytes.length === 0) showGone(home, presence.key, null);
  else showEdges(home, presence, null);
};

/**
 * Tells everybody that these clients are gone: their connection, or the link to their home, is.
 *
 * Not those that are here by another way: a client that has come back is there already when its old connection is given up.
 */
export const forgetPresences = (home: HomeState, presences: Map<number, Uint8Array>): void => {
  const keys = [...presences.keys()];
  presences.clear();
  for (const key of keys) showGone(home, key, null);
};

/** The same for an edge of this home, of which the other homes must hear too. */
export const forgetEdgePresences = (home: HomeState, session: Session): void => {
  const keys = [...session.presence.keys()];
  forgetPresences(home, session.presence);
  for (const key of keys) if (!isOfAnEdge(home, key)) sendGone(home, key);
};

const showGone = (home: HomeState, key: number, except: PeerId | null): void => {
  if (isOfAnEdge(home, key) || [...home.peers.values()].some((peer) => peer.presence.has(key))) {
    return;
  }
  showEdges(home, { kind: "presence", key, bytes: gone }, except);
};

/** Also to a congested link: it is a few bytes, and nothing else would ever remove the client there. */
const sendGone = (home: HomeState, key: number): void => {
  for (const peer of heardPeers(home)) {
    send(home, peer.home, { kind: "presence", key, bytes: gone });
  }
};

const isOfAnEdge = (home: HomeState, key: number): boolean =>
  [...home.sessions.values()].some((session) => session.presence.has(key));

/** Sends what is known to somebody new: an edge gets everybody's, another home that of this home's edges. */
export const sendPresences = (home: HomeState, to: PeerId): void => {
  const sources: Iterable<Session | Peer> = home.sessions.has(to)
    ? [...home.sessions.values(), ...home.peers.values()]
    : home.sessions.values();
  for (const source of sources) {
    if ("peer" in source && source.peer === to) continue;
    for (const [key, bytes] of source.presence) send(home, to, { kind: "presence", key, bytes });
  }
};

const keep = (
  home: HomeState,
  presences: Map<number, Uint8Array>,
  { key, bytes }: Presence,
): boolean => {
  if (bytes.length === 0) return presences.delete(key);
  const isTooMuch =
    bytes.length > home.limits.presenceBytesMax ||
    (!presences.has(key) && countOf(home) >= home.limits.presenceCountMax);
  if (isTooMuch) {
    home.droppedCount += 1;
    return false;
  }
  presences.set(key, bytes);
  return true;
};

const countOf = (home: HomeState): number => {
  let count = 0;
  for (const session of home.sessions.values()) count += session.presence.size;
  for (const peer of home.peers.values()) count += peer.presence.size;
  return count;
};

const showEdges = (home: HomeState, presence: Presence, except: PeerId | null): void => {
  for (const session of home.sessions.values()) {
    if (session.peer === except || session.phase === "reading") continue;
    // A reader that does not keep up gets no presence; when it has, everybody's newest is sent to it. Who is gone would not be among them.
    if (session.isCongested && presence.bytes.length > 0) continue;
    send(home, session.peer, presence);
  }
};
