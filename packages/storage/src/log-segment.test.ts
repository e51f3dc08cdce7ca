/** A file of the log gets longer beside the writes, not before one of them. */
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { until } from "../../../test/integration/until.ts";
import { openLmdbStore } from "./lmdb.ts";
import { BLOCK_BYTES } from "./log-record.ts";
import { type LogSegment, openLogSegment } from "./log-segment.ts";

const inFolder = async (use: (folder: string) => Promise<void>): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), "syncline-segment-"));
  try {
    await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
};

const appendBlock = (segment: LogSegment): Promise<void> =>
  new Promise((resolve, reject) => {
    segment.append(Buffer.alloc(BLOCK_BYTES, 1), (error) =>
      error === null ? resolve() : reject(error),
    );
  });

test("a file that was made longer takes records with one flush each", () =>
  inFolder(async (folder) => {
    const segment = await openLogSegment(join(folder, "log"));
    await segment.lengthen(300_000);
    const { flushCount, sizeBytes } = segment;

    for (let count = 0; count < 3; count += 1) {
      await appendBlock(segment);
    }

    expect(sizeBytes).toBeGreaterThanOrEqual(300_000);
    expect(segment.flushCount - flushCount).toBe(3);
    expect(segment.sizeBytes).toBe(sizeBytes);
    await segment.close();
  }));

test("one that is too short gets longer with the record", () =>
  inFolder(async (folder) => {
    const segment = await openLogSegment(join(folder, "log"));

    await appendBlock(segment);

    expect(segment.sizeBytes).toBeGreaterThanOrEqual(BLOCK_BYTES);
    expect(segment.usedBytes).toBe(BLOCK_BYTES);
    await segment.close();
  }));

test("the files of a busy store take turns, each twice as long as the one before", () =>
  inFolder(async (folder) => {
    const directory = join(folder, "data");
    const sizeOf = async (name: string): Promise<number> =>
      (await stat(join(directory, name))).size;
    const store = await openLmdbStore(directory);
    const rowCount = 200;

    for (let count = 0; count < rowCount; count += 1) {
      const key = Uint8Array.of(1, count >> 8, count & 255);
      await store.write([{ kind: "put", key, value: Uint8Array.of(count & 255) }]);
    }

    const sizes = [await sizeOf("log-0"), await sizeOf("log-1")];
    expect(Math.max(...sizes)).toBeGreaterThan(256 * 1024);
    await store.close();
    const again = await openLmdbStore(directory);
    const rows = await again.range({
      fromKey: Uint8Array.of(1),
      toKey: Uint8Array.of(2),
      rowsMax: 1000,
      bytesMax: 1e6,
    });
    expect(rows).toHaveLength(rowCount);
    await again.close();
  }));

test(
  "in a pause both files of a busy store become as long as they may be, and writes go on beside that",
  () =>
    inFolder(async (directory) => {
      const store = await openLmdbStore(directory);
      const fullBytes = 8 * 1024 * 1024;
      const areLong = async (): Promise<boolean> => {
        const statuses = await Promise.all(
          ["log-0", "log-1"].map((name) => stat(join(directory, name))),
        );
        return statuses.every(({ size }) => size >= fullBytes);
      };
      let rowCount = 0;
      const writeRow = async (): Promise<void> => {
        const key = Uint8Array.of(1, rowCount >> 8, rowCount & 255);
        await store.write([{ kind: "put", key, value: Uint8Array.of(rowCount & 255) }]);
        rowCount += 1;
      };

      while (rowCount < 260) await writeRow();
      await until(async () => {
        if (await areLong()) return true;
        if (rowCount < 270) await writeRow();
        return false;
      });

      await store.close();
      const again = await openLmdbStore(directory);
      const query = {
        fromKey: Uint8Array.of(1),
        toKey: Uint8Array.of(2),
        rowsMax: 1000,
        bytesMax: 1e6,
      };
      expect(await again.range(query)).toHaveLength(rowCount);
      await again.close();
    }),
  60_000,
);
