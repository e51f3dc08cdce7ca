/**
 * What a room's clients are due, told to all at once.
 *
 * A message to each of n clients is n system calls, which is nearly all that a busy room costs. So what comes in one turn leaves as one message, and the
 * more clients there are, the longer the room waits after a message before the next: what comes meanwhile goes along. After silence nothing waits.
 */
import { atTurnEnd } from "@syncline/websocket";
import { joinUpdates } from "../update-joining.ts";
import type { PresenceEntry } from "./presence-entries.ts";
import type { StartTimer } from "./space-links.ts";
import { awarenessFrame, updateFrame } from "./stock-frames.ts";
import { sendChange, sendPresence, type StockSession } from "./stock-session.ts";

/** A change of the room's document; its author is null if it is not one of the room's clients. */
export interface RoomChange {
  readonly payload: Uint8Array;
  readonly author: StockSession | null;
}

/** How long a room waits after a message to all before the next. */
interface BroadcastLimits {
  /** For each client that a change goes to, and at most. */
  readonly changePauseMsPerClient: number;
  readonly changePauseMsMax: number;
  /** For each client that a presence goes to, and at most. */
  readonly presencePauseMsPerClient: number;
  readonly presencePauseMsMax: number;
}

/** What a broadcast needs of its room. */
export interface BroadcastOptions {
  readonly sessions: ReadonlySet<StockSession>;
  readonly limits: BroadcastLimits;
  now(): number;
  readonly startTimer: StartTimer;
}

/** Messages for all clients of a room. */
export interface RoomBroadcast {
  /** A change that all clients but its author are to have; those whose session has not begun get it with the whole document when it does. */
  show(change: RoomChange): void;
  /**
   * A change that its author is to have back: to clients of version 4 that is the acknowledgement. One that has reconnected meanwhile gets it on its
   * new connection; others that came later have it already and lose nothing.
   */
  echo(change: RoomChange): void;
  /** Presences for all clients but `except`; of each client only the newest is told. */
  present(entries: readonly PresenceEntry[], except: StockSession | null): void;
  /** Tells what waits at once. */
  flush(): void;
  /** Nothing is told any more. */
  close(): void;
}

interface Due {
  readonly change: RoomChange;
  readonly isForOthers: boolean;
  readonly isForAuthor: boolean;
}

/** Less than this is no wait: timers are not more exact. */
const PAUSE_MS_MIN = 1;

/** Nothing due. */
export const createRoomBroadcast = (options: BroadcastOptions): RoomBroadcast => {
  const { sessions, limits } = options;
  let changes = new Map<RoomChange, Due>();
  let presences = new Map<number, Presence>();

  const tellPresences = (): void => {
    const due = [...presences.values()];
    presences = new Map();
    if (due.length > 0) sendPresences(sessions, due);
  };
  const presencePace = createPace(options, tellPresences, () =>
    Math.min(limits.presencePauseMsMax, limits.presencePauseMsPerClient * sessions.size),
  );
  const changePace = createPace(
    options,
    () => {
      const due = [...changes.values()];
      changes = new Map();
      if (due.length > 0) sendChanges(sessions, due);
      // In the same write.
      presencePace.flush();
    },
    () => Math.min(limits.changePauseMsMax, limits.changePauseMsPerClient * sessions.size),
  );
  /** Mostly a change comes to a home's disk and to a quorum at the same moment; then its author gets the message that the others get. */
  const add = (change: RoomChange, isForOthers: boolean): void => {
    const known = changes.get(change);
    changes.set(change, {
      change,
      isForOthers: isForOthers || known?.isForOthers === true,
      isForAuthor: !isForOthers || known?.isForAuthor === true,
    });
    changePace.ask();
  };

  return {
    show: (change) => add(change, true),
    echo: (change) => add(change, false),
    present: (entries, except) => {
      if (entries.length === 0) return;
      for (const entry of entries) presences.set(entry.client, { entry, except });
      presencePace.ask();
    },
    flush: () => changePace.flush(),
    close: () => {
      changePace.close();
      presencePace.close();
    },
  };
};

interface Pace {
  /** Has it told at the end of the turn, or when the pause is over. */
  ask(): void;
  /** Has it told now, if it was asked for. */
  flush(): void;
  close(): void;
}

const createPace = (options: BroadcastOptions, tell: () => void, pauseMs: () => number): Pace => {
  const now = (): number => options.now();
  let toldMs = Number.NEGATIVE_INFINITY;
  let isAsked = false;
  let stopTimer = (): void => {};

  const flush = (): void => {
    if (!isAsked) return;
    isAsked = false;
    stopTimer();
    tell();
    toldMs = now();
  };
  return {
    ask: () => {
      if (isAsked) return;
      isAsked = true;
      const waitMs = toldMs + pauseMs() - now();
      if (waitMs < PAUSE_MS_MIN) atTurnEnd(flush);
      else stopTimer = options.startTimer(flush, waitMs);
    },
    flush,
    close: () => {
      isAsked = false;
      stopTimer();
    },
  };
};

/** Clients that are due the same get the same frames, which are then put on the network from the same bytes. */
const sendChanges = (sessions: ReadonlySet<StockSession>, due: readonly Due[]): void => {
  const framesFor = createFrames();
  const authors = new Set(due.map(({ change }) => change.author));
  const isEchoLeft = due.some(
    ({ change, isForAuthor }) => isForAuthor && change.author?.isOpen === false,
  );
  const common = framesFor(due.filter(({ isForOthers }) => isForOthers));
  for (const session of sessions) {
    const isLikeOthers = session.hasBegun && !isEchoLeft && !authors.has(session);
    const frames = isLikeOthers ? common : framesFor(due.filter((one) => isDue(one, session)));
    for (const frame of frames) sendChange(session, frame);
  }
};

/** Makes the frames of changes; if they are the same as those before, it gives the same frames again. */
const createFrames = (): ((due: readonly Due[]) => readonly Uint8Array[]) => {
  let last: readonly Due[] = [];
  let frames: readonly Uint8Array[] = [];
  return (due) => {
    const isSame = due.length === last.length && due.every((one, index) => one === last[index]);
    if (!isSame) frames = joinUpdates(due.map(({ change }) => change.payload)).map(updateFrame);
    last = due;
    return frames;
  };
};

const isDue = ({ change, isForOthers, isForAuthor }: Due, session: StockSession): boolean => {
  const { author } = change;
  if (session === author) return isForAuthor;
  const mayBeAuthor = author !== null && !author.isOpen && session.serial > author.serial;
  return (isForOthers && session.hasBegun) || (isForAuthor && mayBeAuthor);
};

interface Presence {
  readonly entry: PresenceEntry;
  readonly except: StockSession | null;
}

/** With others' presences a client may get its own back, which says nothing to it: so all get the same bytes. */
const sendPresences = (sessions: ReadonlySet<StockSession>, due: readonly Presence[]): void => {
  const frame = awarenessFrame(due.map(({ entry }) => entry));
  for (const session of sessions) {
    if (due.some(({ except }) => except !== session)) sendPresence(session, frame);
  }
};
