import type { HomeQuery, HomeRecord, HomeRow } from "@syncline/gossip";
import { describe, expect, test, vi } from "vitest";
import {
  createPageCache,
  type PageCache,
  type PageCacheLimits,
  type SpacePages,
} from "./page-cache.ts";

const log = "00000000000000a1";
const payload = (): Uint8Array => new Uint8Array(20_000);

const entryRow = (number: number): HomeRow => ({
  kind: "entry",
  entry: {
    incarnation: log,
    number,
    author: null,
    after: new Map(),
    batch: { document: "notes", type: "yjs", payload: payload() },
  },
});

const stateRow = (): HomeRow => ({
  kind: "state",
  part: 1,
  state: { document: "notes", type: "yjs", payload: payload(), last: new Map([[log, 9]]) },
});

const states: HomeQuery = { kind: "states", document: "notes" };
const logFrom = (fromNumber: number, toNumber: number): HomeQuery => ({
  kind: "log",
  incarnation: log,
  fromNumber,
  toNumber,
  bytesMax: 50_000,
});
const stub: HomeRecord = { kind: "stub", incarnation: log, number: 9, document: "notes" };
const entry: HomeRecord = {
  kind: "entry",
  entry: {
    incarnation: log,
    number: 10,
    author: null,
    after: new Map(),
    batch: { document: "notes", type: "yjs", payload: payload() },
  },
};

/** A disk that answers when it is told to. */
interface Disk {
  readonly cache: PageCache;
  readonly pages: SpacePages;
  nowMs: number;
  readCount: number;
  /** Answers all that is being read, with what the disk has then. */
  answer(rows: readonly HomeRow[]): void;
  ask(query: HomeQuery): { rows: readonly HomeRow[] | null };
}

const openDisk = (limits: Partial<PageCacheLimits> = {}): Disk => {
  const waiting: ((rows: readonly HomeRow[]) => void)[] = [];
  const cache = createPageCache(() => disk.nowMs, { bytesMax: 90_000, ...limits });
  const disk: Disk = {
    cache,
    pages: cache.open(),
    nowMs: 0,
    readCount: 0,
    answer: (rows) => {
      for (const one of waiting.splice(0)) one(rows);
    },
    ask: (query) => {
      const answer: { rows: readonly HomeRow[] | null } = { rows: null };
      disk.pages.load(
        query,
        (done) => {
          disk.readCount += 1;
          waiting.push((rows) => done(null, rows));
        },
        (_error, rows) => {
          answer.rows = rows;
        },
      );
      return answer;
    },
  };
  return disk;
};

describe("a page that was read", () => {
  test("is given to the next who asks, the same rows", async () => {
    const disk = openDisk();
    const first = disk.ask(states);
    disk.answer([stateRow()]);

    const second = disk.ask(states);
    await Promise.resolve();

    expect(second.rows).toBe(first.rows);
    expect(disk.readCount).toBe(1);
  });

  test("is read once for all who ask while it is", () => {
    const disk = openDisk();
    const asked = [disk.ask(states), disk.ask(states), disk.ask(states)];

    disk.answer([stateRow()]);

    expect(new Set(asked.map(({ rows }) => rows)).size).toBe(1);
    expect(asked[2]?.rows).toHaveLength(1);
    expect(disk.readCount).toBe(1);
  });

  test("is read again once something was written over", () => {
    const disk = openDisk();
    disk.ask(states);
    disk.answer([stateRow()]);

    disk.pages.wrote([stub]);
    disk.ask(states);

    expect(disk.readCount).toBe(2);
    expect(disk.cache.bytes).toBe(0);
  });

  test("is neither kept nor shared if something was written over meanwhile", () => {
    const disk = openDisk();
    disk.ask(states);
    disk.pages.wrote([stub]);
    disk.ask(states);
    disk.answer([stateRow()]);

    expect(disk.readCount).toBe(2);
    disk.pages.wrote([stub]);
    disk.ask(states);
    expect(disk.readCount).toBe(3);
  });

  test("stays when entries come behind it", () => {
    const disk = openDisk();
    disk.ask(states);
    disk.answer([stateRow()]);

    disk.pages.wrote([entry]);
    disk.ask(states);

    expect(disk.readCount).toBe(1);
  });

  test("ended by its bytes it serves a log that has grown", () => {
    const disk = openDisk();
    disk.ask(logFrom(1, 9));
    disk.answer([entryRow(1), entryRow(2), entryRow(3)]);

    disk.ask(logFrom(1, 12));

    expect(disk.readCount).toBe(1);
  });

  test("ended by the log's end it does not", () => {
    const disk = openDisk();
    disk.ask(logFrom(1, 4));
    disk.answer([entryRow(1), entryRow(2), entryRow(3)]);

    disk.ask(logFrom(1, 5));

    expect(disk.readCount).toBe(2);
  });

  test("is not given to a query that ends within it", () => {
    const disk = openDisk();
    disk.ask(logFrom(1, 9));
    disk.answer([entryRow(1), entryRow(2), entryRow(3)]);

    disk.ask(logFrom(1, 3));

    expect(disk.readCount).toBe(2);
  });
});

test("beyond the limit the page goes that was asked for longest ago", () => {
  const disk = openDisk();
  for (const document of ["a", "b", "c", "d"]) {
    disk.ask({ kind: "states", document });
    disk.answer([stateRow()]);
    if (document !== "a") disk.ask({ kind: "states", document: "a" });
  }
  disk.readCount = 0;
  disk.ask({ kind: "states", document: "e" });
  disk.answer([stateRow()]);

  disk.ask({ kind: "states", document: "a" });
  expect(disk.readCount).toBe(1);
  disk.ask({ kind: "states", document: "b" });
  expect(disk.readCount).toBe(2);
  expect(disk.cache.bytes).toBeLessThanOrEqual(90_000);
});

test("a page goes that nobody has asked for as long as pages are kept, and no other", async () => {
  const disk = openDisk({ keptMs: 10 });
  for (const document of ["asked again", "forgotten"]) {
    disk.ask({ kind: "states", document });
    disk.answer([stateRow()]);
  }
  const bothBytes = disk.cache.bytes;
  disk.nowMs = 9;
  disk.ask({ kind: "states", document: "asked again" });

  disk.nowMs = 10;
  await vi.waitFor(() => expect(disk.cache.bytes).toBeLessThan(bothBytes));

  expect(disk.cache.bytes).toBe(bothBytes / 2);
  disk.readCount = 0;
  disk.ask({ kind: "states", document: "asked again" });
  expect(disk.readCount).toBe(0);
  disk.ask({ kind: "states", document: "forgotten" });
  expect(disk.readCount).toBe(1);
});

test("a space that is closed keeps nothing", () => {
  const disk = openDisk();
  disk.ask(states);
  disk.answer([stateRow()]);

  disk.pages.close();

  expect(disk.cache.bytes).toBe(0);
});
