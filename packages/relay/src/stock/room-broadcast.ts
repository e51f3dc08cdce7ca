/** What a room's clients are due, told to all at once, in one message, at a pace that slows with their number. */
import { createPace } from "../pace.ts";
import type { StartTimer } from "../timer.ts";
import { joinUpdates } from "../update-joining.ts";
import type { PresenceEntry } from "./presence-entries.ts";
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

/** Nothing due. */
export const createRoomBroadcast = (options: BroadcastOptions): RoomBroadcast => {
  const { sessions, limits } = options;
  let changes = new Map<RoomChange, Due>();
  let presences = new Map<number, Presence>();
  const clock = { now: () => options.now(), startTimer: options.startTimer };

  const tellPresences = (): void => {
    const due = [...presences.values()];
    presences = new Map();
    if (due.length > 0) sendPresences(sessions, due);
  };
  const presencePace = createPace({
    ...clock,
    tell: tellPresences,
    pauseMs: () =>
      Math.min(limits.presencePauseMsMax, limits.presencePauseMsPerClient * sessions.size),
  });
  const changePace = createPace({
    ...clock,
    tell: () => {
      const due = [...changes.values()];
      changes = new Map();
      if (due.length > 0) sendChanges(sessions, due);
      // In the same write.
      presencePace.flush();
    },
    pauseMs: () => Math.min(limits.changePauseMsMax, limits.changePauseMsPerClient * sessions.size),
  });
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
