/**
 * A home whose edges are connected and say nothing may rest: all that it has is on its disk, and of its sessions only a few words are kept. When
 * somebody speaks it recovers and goes on with them, as if it had been there all along.
 *
 * Only where it is the one home of its space. With others it would have to greet them at each awakening, and hear first what they have.
 */
import { covers } from "@syncline/clocks";
import type { Rest, RestingSession } from "../home-protocol.ts";
import { goLive } from "./catching-up.ts";
import type { HomeState, Session } from "./home-state.ts";

/** What is to be kept if the home is stopped now, or null while it must not be: something is under way, or some edge does not have everything. */
export const restOf = (home: HomeState): Rest | null => {
  const { compaction, pull, catchUps, queuedCatchUps, unstreamed, postponedCount } = home;
  const isAlone = home.config.others.length === 0;
  const isReading = catchUps.size + queuedCatchUps.length > 0;
  const isBusy = compaction !== null || pull !== null || isReading || home.foldings.size > 0;
  const isWaiting = unstreamed !== null || postponedCount > 0 || home.congestedEarly.size > 0;
  const isStored = home.isOpen && !home.isRolledBack && covers(home.durable, home.accepted);
  // Where carried batches were admitted is in memory only: another carrier would add them again.
  if (!isAlone || isBusy || isWaiting || !isStored || home.carried.size > 0) return null;
  const sessions = [...home.sessions.values()];
  const isEveryoneThere = sessions.every(
    ({ phase, isCongested }) => phase === "live" && !isCongested,
  );
  if (!isEveryoneThere) return null;
  return {
    vector: home.durable,
    sessions: sessions.map(restingSession),
    entryCount: home.entryCount,
    entryBytes: home.entryBytes,
    documents: [...home.documents.values()].filter(({ entryBytes }) => entryBytes > 0),
  };
};

const restingSession = ({ peer, edge, presence }: Session): RestingSession => ({
  peer,
  edge,
  presences: [...presence],
});

/** Takes up the sessions of a home that has just recovered from its rest. They are told nothing: they have everything. */
export const whenResumed = (home: HomeState, rest: Rest): void => {
  const { vector, sessions } = rest;
  home.entryCount = rest.entryCount;
  home.entryBytes = rest.entryBytes;
  for (const head of rest.documents) home.documents.set(head.document, head);
  for (const { peer, edge, presences } of sessions) {
    home.sessions.set(peer, {
      peer,
      edge,
      phase: "catching-up",
      cursor: new Map(vector),
      round: 0,
      heardCount: 1,
      isCongested: false,
      ownDot: null,
      told: new Map(),
      presence: new Map(presences),
    });
    goLive(home, peer, vector);
  }
};
