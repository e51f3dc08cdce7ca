/** Gathers the edits of a few milliseconds into batches that leave in the order of the edits. */
import * as Y from "yjs";

/** A batch is sent once it has this many bytes, so that a flood of edits neither waits nor is merged in one go. */
const batchBytesWanted = 256 * 1024;
/** How many updates are merged at once; see `mergeInChunks`. */
const chunkCount = 32;

/** What gathers. */
export interface Batcher {
  /** Takes an update of a document; at most `batchBytesMax` bytes. */
  add(document: string, update: Uint8Array): void;
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
  send(document: string, payload: Uint8Array): void;
  /** After each flush, whatever was in it. */
  flushed(): void;
}

/**
 * A batcher of one space.
 *
 * One batch is open at a time, of one document; an edit of another document sends it. Were there one for each, an answer in one document could
 * leave before the question in another that it answers to.
 */
export const createBatcher = (ports: BatcherPorts): Batcher => {
  const { delayMs, batchBytesMax } = ports;
  const bytesWanted = Math.min(batchBytesWanted, batchBytesMax);
  let document = "";
  let updates: Uint8Array[] = [];
  let bytes = 0;
  let timer: ReturnType<typeof setTimeout> | null = null;

  const forget = (): readonly Uint8Array[] => {
    const gathered = updates;
    updates = [];
    bytes = 0;
    return gathered;
  };

  const send = (): void => {
    if (updates.length === 0) return;
    for (const payload of payloadsOf(forget(), batchBytesMax)) ports.send(document, payload);
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
    add: (name, update) => {
      if (name !== document || bytes + update.length > bytesWanted) send();
      document = name;
      updates.push(update);
      bytes += update.length;
      schedule();
    },
    schedule,
    flush,
    drop: (name) => {
      if (name === document) forget();
    },
    get isWaiting() {
      return updates.length > 0;
    },
  };
};

/** One payload, unless merging made it longer than its parts may be together. */
const payloadsOf = (
  updates: readonly Uint8Array[],
  batchBytesMax: number,
): readonly Uint8Array[] => {
  const merged = mergeInChunks(updates);
  return merged.length <= batchBytesMax ? [merged] : updates;
};

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
