/** Connections as a socket gives them: in order and without loss until they are cut, then silent, then known to be gone. */
import type { Random } from "@syncline/machine";
import {
  createLinkReader,
  createLinkWriter,
  type SpaceMessage,
  type SpaceWriter,
} from "@syncline/gossip";
import type { VirtualTime } from "./virtual-time.ts";

/** One end of a connection, as the process there knows it. */
export interface End {
  /** How this end encodes, or null if messages travel as objects. */
  readonly writer: SpaceWriter | null;
  received(message: SpaceMessage): void;
  opened(): void;
  /** Comes once, last, unless this end cut the connection itself. */
  closed(): void;
}

/** A connection between two ends, 0 and 1. */
export interface Connection {
  readonly isAlive: boolean;
  readonly send: (fromEnd: 0 | 1, message: SpaceMessage) => void;
  /** Drops what is under way; an end that does not cut it hears of it a little later. */
  readonly cut: (byEnd: 0 | 1 | null) => void;
}

/** The time that a message takes, drawn for each. */
export type DelayMs = () => number;

/** Counts frames and their bytes, where messages are encoded. */
export interface Traffic {
  frameCount: number;
  byteCount: number;
}

/** Opens a connection; each end is told `opened` before anything else. */
export const openConnection = (
  time: VirtualTime,
  random: Random,
  delayMs: DelayMs,
  ends: readonly [End, End],
  traffic: Traffic,
): Connection => {
  let isAlive = true;
  const arrivesMs = [0, 0];
  const pipes = ends.map((end) => ({
    writer: createLinkWriter(),
    reader: createLinkReader(8),
    end,
  }));

  const arrive = (toEnd: 0 | 1, run: () => void): void => {
    arrivesMs[toEnd] = Math.max(arrivesMs[toEnd]!, time.nowMs + delayMs());
    time.after(arrivesMs[toEnd]! - time.nowMs, () => {
      if (isAlive) run();
    });
  };

  const read = (toEnd: 0 | 1, frame: Uint8Array): void => {
    const items = pipes[toEnd]!.reader.read(frame);
    if (items === null) throw new Error("a frame of the own writer is malformed");
    for (const item of items) {
      if (item.kind === "space" && isAlive) ends[toEnd].received(item.message);
    }
  };

  for (const toEnd of [0, 1] as const) {
    arrive(toEnd, () => {
      ends[toEnd].opened();
    });
  }

  return {
    get isAlive() {
      return isAlive;
    },
    send: (fromEnd, message) => {
      if (!isAlive) return;
      const toEnd = fromEnd === 0 ? 1 : 0;
      const { writer } = ends[fromEnd];
      if (writer === null) return arrive(toEnd, () => ends[toEnd].received(message));
      const frame = pipes[fromEnd]!.writer.message(writer, message);
      traffic.frameCount += 1;
      traffic.byteCount += frame.length;
      arrive(toEnd, () => read(toEnd, frame));
    },
    cut: (byEnd) => {
      if (!isAlive) return;
      isAlive = false;
      for (const end of [0, 1] as const) {
        if (end === byEnd) continue;
        // Both ends hear of it before they can open another one: so does a client that waits before it tries again.
        time.after(random.integer(0, 20), () => ends[end].closed());
      }
    },
  };
};
