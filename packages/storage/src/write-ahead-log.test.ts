/** What is left of the log after a crash, and after damage: everything that was acknowledged, or an error. */
import { copyFile, cp, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildChildren, type Children } from "../../../test/fixtures/storage-children.ts";
import { openLmdbStore } from "./lmdb.ts";
import { BLOCK_BYTES } from "./log-record.ts";

const processTimeMaxMs = 120_000;
let children: Children;

beforeAll(async () => {
  children = await buildChildren();
}, processTimeMaxMs);

afterAll(() => children.remove());

const everything = { fromKey: Buffer.of(), toKey: Buffer.of(255), rowsMax: 1e9, bytesMax: 1e9 };

const inFolder = async (use: (folder: string) => Promise<void>): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), "syncline-log-"));
  try {
    await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
};

/** A store whose process was killed, with everything of it in the log. Returns how many rows were acknowledged. */
const killedStore = async (directory: string): Promise<number> => {
  const child = children.start(["write", directory]);
  const lines = [await child.line()];
  for (let count = 0; count < 60; count += 1) lines.push(await child.line());
  lines.push(...(await child.kill()));
  return lines.filter((line) => line?.startsWith("acknowledged ")).length;
};

/** Where in a file of the log each record begins. */
const recordsIn = (file: Buffer): readonly number[] => {
  const starts: number[] = [];
  for (let at = 0; at < file.length; at += BLOCK_BYTES) {
    if (file.readUInt32LE(at) === 0x4c41_5753) starts.push(at);
  }
  return starts;
};

const rowCountIn = async (directory: string): Promise<number | string> => {
  try {
    const store = await openLmdbStore(directory);
    const rows = await store.range(everything);
    await store.close();
    return rows.length;
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe("a log behind a killed process", { timeout: processTimeMaxMs }, () => {
  test("has everything that was acknowledged, at the first open and the next ones", () =>
    inFolder(async (directory) => {
      const count = await killedStore(directory);
      const found = await rowCountIn(directory);

      expect(found).toBeGreaterThanOrEqual(count);
      expect(await rowCountIn(directory)).toBe(found);
    }));

  test("without the end of its last record lacks that record and no other", () =>
    inFolder(async (directory) => {
      await killedStore(directory);
      const file = await readFile(join(directory, "log-0"));
      const data = await readFile(join(directory, "data.mdb"));
      const starts = recordsIn(file);
      const last = starts.at(-1) ?? 0;
      const usedBytes = file.findLastIndex((byte) => byte !== 0) + 1 - last;
      // Each write of the process is one row.
      const rowCount = starts.reduce((sum, at) => sum + file.readUInt32LE(at + 16), 0);
      const lastCount = file.readUInt32LE(last + 16);

      for (const leftBytes of [usedBytes, 0, 1, 31, 32, usedBytes - 1]) {
        const torn = Buffer.from(file).fill(0, last + leftBytes);
        // In place, so that the directory is no copy.
        await writeFile(join(directory, "log-0"), torn, { flag: "r+" });
        await writeFile(join(directory, "data.mdb"), data, { flag: "r+" });
        const lostCount = leftBytes === usedBytes ? 0 : lastCount;
        expect(await rowCountIn(directory), `${leftBytes} bytes left`).toBe(rowCount - lostCount);
      }
    }));

  test("with a damaged record before a whole one is refused", () =>
    inFolder(async (directory) => {
      await killedStore(directory);
      const path = join(directory, "log-0");
      const file = await readFile(path);
      const [, second = 0] = recordsIn(file);
      file[second + 40] = (file[second + 40] ?? 0) ^ 1;
      await writeFile(path, file, { flag: "r+" });

      expect(await rowCountIn(directory)).toBe("STORAGE_CORRUPT");
      expect(await rowCountIn(directory)).toBe("STORAGE_CORRUPT");
    }));

  test("is read from a copy of the directory, as far as it fits", () =>
    inFolder(async (folder) => {
      const count = await killedStore(join(folder, "data"));
      await cp(join(folder, "data"), join(folder, "copy"), { recursive: true });
      await cp(join(folder, "data"), join(folder, "spoilt"), { recursive: true });
      const path = join(folder, "spoilt", "log-0");
      const file = await readFile(path);
      const [, second = 0] = recordsIn(file);
      await writeFile(path, file.fill(0, second, second + 40), { flag: "r+" });

      expect(await rowCountIn(join(folder, "copy"))).toBeGreaterThanOrEqual(count);
      expect(await rowCountIn(join(folder, "spoilt"))).toBeLessThanOrEqual(3);
      expect(await rowCountIn(join(folder, "spoilt"))).toBeLessThanOrEqual(3);
    }));

  test("of a later life is not taken for one of an older tree that was put back", () =>
    inFolder(async (directory) => {
      await killedStore(directory);
      await rowCountIn(directory);
      const older = join(directory, "older");
      await copyFile(join(directory, "data.mdb"), older);
      // The tree goes on past the log's beginning, and the log is written over.
      const store = await openLmdbStore(directory);
      const large = { kind: "put", key: Buffer.of(1), value: Buffer.alloc(2_000_000, 1) } as const;
      await store.write([large]);
      await store.close();
      const count = await killedStore(directory);
      await rename(older, join(directory, "data.mdb"));

      const reopened = await openLmdbStore(directory);
      expect(reopened.isCopy).toBe(true);
      expect(await reopened.get(Buffer.of(1))).toBeNull();
      await reopened.close();
      expect(count).toBeGreaterThan(0);
    }));
});

describe("a log under load", { timeout: processTimeMaxMs }, () => {
  /** Larger than a file of the log takes, in rows of all sizes, some written again and again, some deleted. */
  const writeMuch = async (directory: string): Promise<ReadonlyMap<string, number>> => {
    const twin = new Map<string, number>();
    const store = await openLmdbStore(directory);
    for (let round = 0; round < 60; round += 1) {
      const writes = Array.from({ length: 700 }, (_, index) => {
        const key = Buffer.from(`${(round * 211 + index * 7) % 9000}`);
        const size = index === 0 && round % 9 === 0 ? 1_200_000 : (round * index) % 900;
        const isDelete = (round + index) % 5 === 0;
        if (isDelete) twin.delete(key.toString());
        else twin.set(key.toString(), size);
        return isDelete
          ? ({ kind: "delete", key } as const)
          : ({ kind: "put", key, value: Buffer.alloc(size, 1) } as const);
      });
      const done = store.write(writes);
      if (round % 3 === 0) await done;
      if (round % 9 === 0) {
        const rows = await store.range(everything);
        expect(rows.length).toBe(twin.size);
      }
    }
    await store.close();
    return twin;
  };

  test("is read together with the tree, and is in it after the close", () =>
    inFolder(async (directory) => {
      const twin = await writeMuch(directory);

      await rm(join(directory, "log-0"));
      await rm(join(directory, "log-1"));
      const store = await openLmdbStore(directory);
      const rows = await store.range(everything);
      const found = new Map(
        rows.map(({ key, value }) => [Buffer.from(key).toString(), value.length]),
      );
      await store.close();

      expect(found).toEqual(
        new Map([...twin].toSorted(([left], [right]) => (left < right ? -1 : 1))),
      );
    }));
});
