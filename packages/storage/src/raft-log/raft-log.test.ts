/** The log against a plain twin: whatever is asked for, it has what was acknowledged. */
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seededRandom } from "@syncline/machine";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  never,
  createTwin,
  drawRecords,
  append,
  contentOf,
  twinContent,
  withLog,
  segmentsOf,
  makeLog,
} from "../../test/raft-log-twin.ts";
import { BLOCK_BYTES } from "./batch.ts";
import { openRaftLog } from "./raft-log.ts";
import type { RaftLogRecord } from "./records.ts";

let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "syncline-raft-log-"));
});

afterEach(() => rm(folder, { recursive: true }));

describe("a log", () => {
  test.each([1, 2, 3, 4, 5, 6])(
    "holds what its twin holds, through reopenings (seed %i)",
    async (seed) => {
      const random = seededRandom(seed);
      const twin = createTwin();
      for (let life = 0; life < 6; life += 1) {
        await withLog(
          folder,
          async (log) => {
            expect(log.recovery).toEqual({ kind: "whole" });
            expect(contentOf(log)).toEqual(twinContent(twin));
            for (let round = 0; round < 25; round += 1) {
              const calls = Array.from({ length: random.integer(1, 4) }, () =>
                drawRecords(twin, random),
              );
              await Promise.all(calls.map((records) => append(log, records)));
              expect(contentOf(log)).toEqual(twinContent(twin));
            }
          },
          { ...never, segmentBytesMax: 20 * BLOCK_BYTES },
        );
      }
    },
  );

  test("answers in the order of the calls, barriers as well", async () => {
    await withLog(folder, async (log) => {
      const answered: number[] = [];
      const entry = (index: number): RaftLogRecord => ({
        kind: "entry",
        entry: { index, term: 1, type: 0, bytes: Buffer.alloc(10) },
      });
      log.append([entry(1)], () => answered.push(1));
      log.append([], () => answered.push(2));
      log.append([entry(2), entry(3)], () => answered.push(3));
      expect(log.last.index).toBe(0);
      await append(log, []);

      expect(answered).toEqual([1, 2, 3]);
      expect(log.last).toEqual({ index: 3, term: 1 });
      expect([0, 1, 3, 4].map((index) => log.termAt(index))).toEqual([0, 1, 1, null]);
    });
  });

  test("pages by bytes, at least one entry a page", async () => {
    await withLog(folder, async (log) => {
      const entries = Array.from({ length: 20 }, (_, at) => ({
        index: at + 1,
        term: 1,
        type: 7,
        bytes: Buffer.alloc(100, at),
      }));
      await append(
        log,
        entries.map((entry) => ({ kind: "entry", entry })),
      );

      expect(log.entries({ fromIndex: 1, bytesMax: 1 })).toEqual([entries[0]]);
      expect(log.entries({ fromIndex: 5, bytesMax: 250 })).toEqual(entries.slice(4, 7));
      expect(log.entries({ fromIndex: 21, bytesMax: 100 })).toEqual([]);
    });
  });

  test("removes files of which everything is compacted", async () => {
    await withLog(
      folder,
      async (log) => {
        for (let index = 1; index <= 100; index += 1) {
          await append(log, [
            { kind: "entry", entry: { index, term: 1, type: 0, bytes: Buffer.alloc(9) } },
          ]);
        }
        const before = await segmentsOf(folder);
        await append(log, [{ kind: "base", base: { index: 95, term: 1 } }]);
        await log.close();

        expect(before.length).toBeGreaterThan(9);
        expect((await segmentsOf(folder)).length).toBeLessThan(3);
      },
      { ...never, segmentBytesMax: 10 * BLOCK_BYTES },
    );
    await withLog(folder, (log) => {
      expect(log.recovery).toEqual({ kind: "whole" });
      expect([log.base.index, log.last.index]).toEqual([95, 100]);
    });
  });

  test("refuses an entry that leaves a gap, and writes nothing any more", async () => {
    await withLog(folder, async (log) => {
      const gap: RaftLogRecord = {
        kind: "entry",
        entry: { index: 2, term: 1, type: 0, bytes: Buffer.of() },
      };
      await expect(append(log, [gap])).rejects.toThrow("an entry leaves a gap");
      await expect(append(log, [])).rejects.toThrow("an entry leaves a gap");
    });
  });

  test("notices that its directory was copied", async () => {
    const copy = `${folder}/copy`;
    const original = `${folder}/original`;
    const incarnation = await withLog(original, (log) => {
      expect(log.isCopy).toBe(false);
      return log.incarnation;
    });
    await cp(original, copy, { recursive: true });

    expect(await withLog(original, (log) => [log.isCopy, log.incarnation])).toEqual([
      false,
      incarnation,
    ]);
    expect(await withLog(copy, (log) => log.isCopy)).toBe(true);
  });
});

test("a directory of which nothing whole is left is not taken for a new one", async () => {
  await makeLog(folder, seededRandom(41), { batchCount: 3 });
  for (const name of await segmentsOf(folder)) await writeFile(join(folder, name), Buffer.alloc(9));

  await expect(openRaftLog(folder)).rejects.toMatchObject({ code: "STORAGE_CORRUPT" });
  for (const name of await segmentsOf(folder)) await rm(join(folder, name));
  await expect(openRaftLog(folder)).rejects.toMatchObject({ code: "STORAGE_CORRUPT" });
});

describe("a snapshot", () => {
  const chunk = (snapshot: string, offset: number, text: string): RaftLogRecord => ({
    kind: "chunk",
    snapshot,
    offset,
    bytes: Buffer.from(text),
  });

  test("is there in its chunks after the fact that names it, and after a reopening", async () => {
    await withLog(folder, async (log) => {
      await append(log, [chunk("s/1", 0, "one "), chunk("s/1", 4, "two")]);
      await append(log, [
        chunk("s/1", 7, "!"),
        { kind: "fact", name: "snapshot", bytes: Buffer.from("s/1") },
      ]);
    });

    await withLog(folder, async ({ snapshots }) => {
      expect(String(await snapshots.read("s/1", 4))).toBe("two");
      expect(await snapshots.read("s/1", 5)).toBeNull();
      expect(await snapshots.wholeBytesOf("s/1")).toBe(8);
    });
  });

  test("is gone when nobody retains it, or by its record", async () => {
    await withLog(folder, async (log) => {
      await append(log, [chunk("a", 0, "a"), chunk("b", 0, "b"), chunk("c", 0, "c")]);
      await append(log, [{ kind: "no-chunks", snapshot: "b" }]);
      await log.snapshots.retain(["b", "c"]);

      expect(await log.snapshots.wholeBytesOf("b")).toBe(0);
      expect((await readdir(folder)).filter((name) => name.startsWith("snapshot-"))).toHaveLength(
        1,
      );
    });
  });

  test("that takes another's place is there before the other is gone", async () => {
    await withLog(folder, async (log) => {
      await append(log, [
        chunk("old", 0, "old"),
        { kind: "fact", name: "s", bytes: Buffer.from("old") },
      ]);
      await append(log, [
        { kind: "no-chunks", snapshot: "old" },
        chunk("new", 0, "new"),
        { kind: "fact", name: "s", bytes: Buffer.from("new") },
        { kind: "no-chunks", snapshot: "new" },
        chunk("new", 0, "new again"),
      ]);

      expect(String(await log.snapshots.read("new", 0))).toBe("new again");
      expect(await log.snapshots.read("old", 0)).toBeNull();
    });
  });

  test("begins anew with offset 0", async () => {
    await withLog(folder, async (log) => {
      await append(log, [chunk("a", 0, "first try")]);
      await append(log, [chunk("a", 0, "second")]);

      expect(String(await log.snapshots.read("a", 0))).toBe("second");
    });
  });

  test("that has rotted is refused", async () => {
    await withLog(folder, (log) =>
      append(log, [chunk("a", 0, "something"), chunk("a", 9, "else")]),
    );
    const name = (await readdir(folder)).find((one) => one.startsWith("snapshot-"))!;
    const file = await readFile(join(folder, name));
    file[18]! ^= 4;
    await writeFile(join(folder, name), file);

    await withLog(folder, async ({ snapshots }) => {
      await expect(snapshots.read("a", 0)).rejects.toMatchObject({ code: "STORAGE_CORRUPT" });
      expect(String(await snapshots.read("a", 9))).toBe("else");
      expect(await snapshots.wholeBytesOf("a")).toBe(0);
    });
  });
});
