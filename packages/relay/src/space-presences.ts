/**
 * Presences on their way from a space's home to its edges here, at a pace.
 *
 * In a space of n clients whose cursors move, each turn of a home has something to say to everybody, and a write to each socket is nearly all that it costs.
 * So presences of a large space wait for each other, and of each key the newest is told. Nothing else waits for them, and they go along with updates.
 */
import {
  defaultHomeLimits,
  type Presence,
  type SpaceMessage,
  type SpaceWriter,
} from "@syncline/gossip";
import { createPace, type Pace, PAUSE_MS_MIN, presencePause } from "./pace.ts";
import { framesOf } from "./presence-frames.ts";
import type { EdgeHandlers } from "./space-port.ts";
import type { StartTimer } from "./timer.ts";

/** An edge's session with a space. */
export interface PresenceReader {
  readonly space: string;
  readonly handlers: EdgeHandlers;
}

/** What presences need of the host around them. */
export interface SpacePresencesPorts {
  now(): number;
  readonly startTimer: StartTimer;
  /** How many edges a space has here. */
  edgeCountOf(space: string): number;
  writerOf(space: string): SpaceWriter;
}

/** The presences of all spaces. */
export interface SpacePresences {
  /**
   * Takes what a home says to an edge; false if that is to be told at once. What is taken is told by the end of the turn after silence, and else when
   * the pause is over: 0.125 ms for each edge of the space, at most 50. With less than a millisecond of it nothing is taken, unless others wait.
   */
  take(to: PresenceReader, message: SpaceMessage): boolean;
  /** The session is over: what waits for it is dropped. */
  left(reader: PresenceReader): void;
  /** Tells all that waits in the space, which then may be closed. */
  flush(space: string): void;
  /** The space is closed: what waits there is dropped. */
  close(space: string): void;
}

/** What waits in one space. */
interface Waiting {
  readonly pace: Pace;
  /** The newest by key, for each edge that is to be told something. */
  byReader: Map<PresenceReader, Map<number, Presence>>;
  /** The same of those that are being told just now. */
  telling: Map<PresenceReader, Map<number, Presence>>;
}

/** Keys that wait for an edge; with one more all are told. Fewer are here at a time, but in a pause many may come and go. */
const KEYS_MAX = defaultHomeLimits.presenceCountMax;

/** Nothing waits. */
export const createSpacePresences = (ports: SpacePresencesPorts): SpacePresences => {
  const waitingBySpace = new Map<string, Waiting>();
  const pauseMs = (space: string): number =>
    Math.min(presencePause.msMax, presencePause.msPerReceiver * ports.edgeCountOf(space));

  const open = (space: string): Waiting => {
    const pace = createPace({
      now: () => ports.now(),
      startTimer: ports.startTimer,
      pauseMs: () => pauseMs(space),
      tell: () => tell(waiting, ports.writerOf(space)),
    });
    const waiting: Waiting = { pace, byReader: new Map(), telling: new Map() };
    waitingBySpace.set(space, waiting);
    return waiting;
  };

  return {
    take: (to, message) => {
      const known = waitingBySpace.get(to.space);
      if (message.kind === "update") known?.pace.goAlong();
      if (message.kind !== "presence" || to.handlers.frames === undefined) return false;
      const isAnyWaiting = known !== undefined && known.byReader.size > 0;
      if (!isAnyWaiting && pauseMs(to.space) < PAUSE_MS_MIN) return false;
      add(known ?? open(to.space), to, message);
      return true;
    },
    left: (reader) => {
      const waiting = waitingBySpace.get(reader.space);
      waiting?.byReader.delete(reader);
      waiting?.telling.delete(reader);
    },
    flush: (space) => waitingBySpace.get(space)?.pace.flush(),
    close: (space) => {
      waitingBySpace.get(space)?.pace.close();
      waitingBySpace.delete(space);
    },
  };
};

const add = (waiting: Waiting, reader: PresenceReader, presence: Presence): void => {
  if ((waiting.byReader.get(reader)?.size ?? 0) >= KEYS_MAX) waiting.pace.flush();
  const newest = waiting.byReader.get(reader);
  if (newest !== undefined) return void newest.set(presence.key, presence);
  waiting.byReader.set(reader, new Map([[presence.key, presence]]));
  waiting.pace.ask();
};

const tell = (waiting: Waiting, writer: SpaceWriter): void => {
  if (waiting.byReader.size === 0) return;
  waiting.telling = waiting.byReader;
  // What is said while these are told waits for the next time.
  waiting.byReader = new Map();
  const due = [...waiting.telling].map(([reader, newest]) => ({
    reader,
    list: [...newest.values()],
  }));
  const framesFor = framesOf(
    writer,
    due.map(({ list }) => list),
  );
  for (const { reader, list } of due) {
    if (!waiting.telling.has(reader)) continue;
    const isTold = reader.handlers.frames?.(writer, framesFor(list)) === true;
    if (!isTold) for (const presence of list) reader.handlers.message(presence);
  }
  waiting.telling = new Map();
};
