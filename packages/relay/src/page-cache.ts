/**
 * Pages that were just read for a catch-up, for those who come next: many open the same document at once, as after a deploy.
 *
 * They get the same rows, not equal ones, so that what a home makes of them is one message for all, and its bytes are one frame that all sockets hold. Read
 * for each alone, a document of 4 MB and 150 readers is 600 MB in sockets, and as much garbage.
 */
import type { HomeQuery, HomeRecord, HomeRow } from "@syncline/gossip";

/** All pages of a relay. */
export interface PageCache {
  /** The pages of one space, none yet. */
  open(): SpacePages;
  /** How many bytes are kept. */
  readonly bytes: number;
}

/** The pages of one space. */
export interface SpacePages {
  /** Answers with what is kept, at once, or else with what `read` gives, which is kept then if it is worth it. */
  load(query: HomeQuery, read: (answer: Answer) => void, answer: Answer): void;
  /** Records are on their way to the disk, or have come there; to be called both times. */
  wrote(records: readonly HomeRecord[]): void;
  /** Lets everything go. */
  close(): void;
}

type Answer = (error: Error | null, rows: readonly HomeRow[]) => void;

/** When pages are let go. */
export interface PageCacheLimits {
  /** Bytes that all spaces keep together; beyond it the page goes that was asked for longest ago. 16 MiB by default. Frames made of pages live as long as they, and may be as much again. */
  readonly bytesMax: number;
  /** Pages of fewer bytes are read again. 16 KiB by default. */
  readonly pageBytesMin: number;
  /** How long a page is kept that nobody asks for. 1,000 ms by default: whoever opens a document together does it within less. */
  readonly keptMs: number;
}

interface Page {
  readonly query: HomeQuery;
  readonly rows: readonly HomeRow[];
  readonly bytes: number;
  /** Where it is kept. */
  readonly pages: Map<string, Page>;
  usedMs: number;
}

interface Cache {
  readonly limits: PageCacheLimits;
  readonly now: () => number;
  /** All pages, the one that was asked for longest ago first. */
  readonly byUse: Set<Page>;
  bytes: number;
  isSweepDue: boolean;
}

const defaults: PageCacheLimits = {
  bytesMax: 16 * 1024 * 1024,
  pageBytesMin: 16 * 1024,
  keptMs: 1000,
};
/** What a row counts as beside its payload. */
const ROW_BYTES = 200;

/** A cache with nothing in it; `now` is in milliseconds, of a clock that never goes back. */
export const createPageCache = (
  now: () => number,
  limits: Partial<PageCacheLimits> = {},
): PageCache => {
  const cache: Cache = {
    limits: { ...defaults, ...limits },
    now,
    byUse: new Set(),
    bytes: 0,
    isSweepDue: false,
  };
  return {
    open: () => openSpace(cache),
    get bytes() {
      return cache.bytes;
    },
  };
};

const openSpace = (cache: Cache): SpacePages => {
  const space: Space = { cache, pages: new Map(), readings: new Map() };
  return {
    load: (query, read, answer) => load(space, query, read, answer),
    wrote: (records) => {
      // Mostly nobody is being caught up, and there are many writes.
      if (space.pages.size + space.readings.size > 0 && records.some(isWritingOver)) clear(space);
    },
    close: () => clear(space),
  };
};

interface Space {
  readonly cache: Cache;
  /** By where they begin. */
  readonly pages: Map<string, Page>;
  /** Who waits for what is being read. */
  readonly readings: Map<string, Answer[]>;
}

const load = (
  { cache, pages, readings }: Space,
  query: HomeQuery,
  read: (answer: Answer) => void,
  answer: Answer,
): void => {
  const page = pages.get(keyOf(query));
  const known = page === undefined ? null : rowsFor(page, query);
  if (page !== undefined && known !== null) {
    touch(cache, page);
    // Not within the call, as from the disk: a home that reads page after page would else take no turn between them.
    queueMicrotask(() => answer(null, known));
    return;
  }
  // Those who waited for a compaction all begin at once, before the first of them has read anything.
  const readingKey = query.kind === "log" ? `${keyOf(query)} ${query.toNumber}` : keyOf(query);
  const underWay = readings.get(readingKey);
  if (underWay !== undefined) return void underWay.push(answer);
  const answers = [answer];
  readings.set(readingKey, answers);
  read((error, rows) => {
    const isCurrent = readings.get(readingKey) === answers;
    if (isCurrent) readings.delete(readingKey);
    if (isCurrent && error === null) keep(cache, pages, query, rows);
    for (const one of answers) one(error, rows);
  });
};

/** Nothing is kept of what was read before, nor of what is being read; and nobody who asks later gets it. */
const clear = ({ cache, pages, readings }: Space): void => {
  for (const page of pages.values()) drop(cache, page);
  readings.clear();
};

/** New entries stand behind all that was read; everything else may change it. */
const isWritingOver = ({ kind }: HomeRecord): boolean =>
  kind === "stub" || kind === "no-entry" || kind === "state" || kind === "no-state";

/** Where a page begins, and how long it may be. Where it ends is another matter: the log grows, and most pages end by their bytes. */
const keyOf = (query: HomeQuery): string =>
  query.kind === "log"
    ? `${query.incarnation} ${query.fromNumber} ${query.bytesMax}`
    : `states ${query.document}`;

/** The page as an answer to this query, or null if that has another end. */
const rowsFor = ({ query: asked, rows }: Page, query: HomeQuery): readonly HomeRow[] | null => {
  if (asked.kind !== query.kind) return null;
  if (asked.kind === "states" || query.kind === "states") return rows;
  if (asked.toNumber === query.toNumber) return rows;
  const last = rows.at(-1);
  const lastNumber = last === undefined ? 0 : numberOfRow(last);
  const isCutByBytes = lastNumber + 1 < asked.toNumber;
  return isCutByBytes && lastNumber < query.toNumber ? rows : null;
};

const numberOfRow = (row: HomeRow): number => {
  switch (row.kind) {
    case "entry":
      return row.entry.number;
    case "stub":
      return row.number;
    case "state":
      return 0;
  }
};

const keep = (
  cache: Cache,
  pages: Map<string, Page>,
  query: HomeQuery,
  rows: readonly HomeRow[],
): void => {
  const bytes = rows.reduce((sum, row) => sum + bytesOfRow(row), 0);
  const { bytesMax, pageBytesMin } = cache.limits;
  if (bytes < pageBytesMin || bytes > bytesMax) return;
  const key = keyOf(query);
  const before = pages.get(key);
  if (before !== undefined) drop(cache, before);
  const page: Page = { query, rows, bytes, pages, usedMs: cache.now() };
  pages.set(key, page);
  cache.byUse.add(page);
  cache.bytes += bytes;
  for (const oldest of cache.byUse) {
    if (cache.bytes <= bytesMax) break;
    drop(cache, oldest);
  }
  sweepLater(cache);
};

const bytesOfRow = (row: HomeRow): number => {
  switch (row.kind) {
    case "entry":
      return row.entry.batch.payload.length + ROW_BYTES;
    case "state":
      return row.state.payload.length + ROW_BYTES;
    case "stub":
      return ROW_BYTES;
  }
};

const touch = (cache: Cache, page: Page): void => {
  page.usedMs = cache.now();
  cache.byUse.delete(page);
  cache.byUse.add(page);
};

const drop = (cache: Cache, page: Page): void => {
  cache.byUse.delete(page);
  page.pages.delete(keyOf(page.query));
  cache.bytes -= page.bytes;
};

const sweepLater = (cache: Cache): void => {
  if (cache.isSweepDue) return;
  cache.isSweepDue = true;
  const timer = setTimeout(() => {
    cache.isSweepDue = false;
    const nowMs = cache.now();
    for (const page of cache.byUse) {
      if (nowMs - page.usedMs < cache.limits.keptMs) break;
      drop(cache, page);
    }
    if (cache.byUse.size > 0) sweepLater(cache);
  }, cache.limits.keptMs / 2);
  timer.unref();
};
