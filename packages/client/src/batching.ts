/** Gathers the changes of a few milliseconds into batches that leave in the order in which they were made. */
import type { Batch } from "@syncline/gossip";
import * as Y from "yjs";
import { yjsType } from "./document.ts";

/** A batch is sent once it has this many bytes, so that a flood of changes neither waits nor is merged in one go. */
const batchBytesWanted = 256 * 1024;
/** How many updates are merged at once; see `mergeInChunks`. */
const chunkCount = 32;

/** A document whose changes are gathered: what it is, and how changes become payloads. */
export interface Gathering<Change> {
  readonly document: string;
  readonly type: string;
  /** The changes as few payloads, each within what a batch may have if each change is. There is at least one. */
  payloadsOf(changes: readonly Change[]): readonly Uint8Array[];
}

/** What gathers. */
export interface Batcher {
  /** Takes a change of a document; at most `batchBytesMax` bytes. */
  add<Change>(gathering: Gathering<Change>, change: Change, byteCount: number): void;
  /** Flushes within the delay, even if nothing was added. */
  schedule(): void;
  /** Sends what was gathered, now. */
  flush(): void;
  /** Forgets what was gathered of this document. */
  drop(document: string): void;
  /** Whether something was added and not sent yet. */
  readonly isWaiting: boolean;
}

/** Where batches go. */
export interface BatcherPorts {
  readonly delayMs: number;
  readonly batchBytesMax: number;
  send(batch: Batch): void;
  /** After each flush, whatever was in it. */
  flushed(): void;
}

/**
 * A batcher of one space.
 *
 * One batch is open at a time, of one document; a change of another document sends it. Were there one for each, an answer in one document could
 * leave before the question in another that it answers to.
 */
export const createBatcher = (ports: BatcherPorts): Batcher => {
  const { delayMs, batchBytesMax } = ports;
  const bytesWanted = Math.min(batchBytesWanted, batchBytesMax);
  let open: { readonly gathering: Gathering<unknown>; readonly changes: unknown[] } | null = null;
  let bytes = 0;
  let timer: ReturnType<typeof setTimeout> | null = null;

  const forget = (): void => {
    open = null;
    bytes = 0;
  };

  const send = (): void => {
    if (open === null) return;
    const { gathering, changes } = open;
    const { document, type } = gathering;
    forget();
    for (const payload of gathering.payloadsOf(changes)) ports.send({ document, type, payload });
  };

  const flush = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    send();
    ports.flushed();
  };

  const schedule = (): void => {
    timer ??= setTimeout(flush, delayMs);
  };

  return {
    add: (gathering, change, byteCount) => {
      const isOther = open !== null && open.gathering.document !== gathering.document;
      if (isOther || bytes + byteCount > bytesWanted) send();
      open ??= { gathering, changes: [] };
      open.changes.push(change);
      bytes += byteCount;
      schedule();
    },
    schedule,
    flush,
    drop: (document) => {
      if (open?.gathering.document === document) forget();
    },
    get isWaiting() {
      return open !== null;
    },
  };
};

/** A Yjs document, whose changes are updates. One payload, unless merging made it longer than its parts may be together. */
export const gatheringOfUpdates = (
  document: string,
  batchBytesMax: number,
): Gathering<Uint8Array> => ({
  document,
  type: yjsType,
  payloadsOf: (updates) => {
    const merged = mergeInChunks(updates);
    return merged.length <= batchBytesMax ? [merged] : updates;
  },
});

/**
 * Merges updates of one document; there must be at least one.
 *
 * `Y.mergeUpdates` takes time with the square of their count: 20 s for 20,000 single letters. In rounds of 32 at a time it is 70 ms.
 */
export const mergeInChunks = (updates: readonly Uint8Array[]): Uint8Array => {
  const [first = new Uint8Array(), second] = updates;
  if (second === undefined) return first;
  const merged: Uint8Array[] = [];
  for (let index = 0; index < updates.length; index += chunkCount) {
    const chunk = updates.slice(index, index + chunkCount);
    merged.push(chunk.length === 1 ? (chunk[0] ?? first) : Y.mergeUpdates(chunk));
  }
  return mergeInChunks(merged);
};
