/** What a log finds after a crash: wherever the power fails, it has what was acknowledged or says what it has not. */
import { cp, mkdtemp, open, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seededRandom } from "@syncline/machine";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  type Twin,
  copyOf,
  lastOf,
  drawRecords,
  append,
  contentOf,
  twinContent,
  withLog,
  segmentsOf,
  makeLog,
  batchesIn,
} from "../../test/raft-log-twin.ts";
import { BLOCK_BYTES } from "./batch.ts";
import { type RaftLog } from "./raft-log.ts";
import type { LogEntry } from "./records.ts";

let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "syncline-raft-log-"));
});

afterEach(() => rm(folder, { recursive: true }));

// Each opens a log some hundred times, and each time flushes what it made.
describe("a crash", { timeout: 60_000 }, () => {
  /** The log as it stands after `damage` of its only file, opened in a copy. */
  const openedAfter = async (
    directory: string,
    damage: (file: Buffer) => void,
    use: (log: RaftLog) => Promise<void> | void,
  ): Promise<void> => {
    const [name = ""] = await segmentsOf(directory);
    const path = join(directory, name);
    // Without the room behind the batches, for speed.
    const file = await readFile(path);
    const whole = file.subarray(0, file.findLastIndex((byte) => byte !== 0) + 2 * BLOCK_BYTES);
    const damaged = Buffer.from(whole);
    damage(damaged);
    await writeFile(path, damaged);
    for (const other of (await segmentsOf(directory)).slice(1)) await rm(join(directory, other));
    await withLog(directory, use);
    await writeFile(path, whole);
  };

  test("at any byte of the last batch cuts it and nothing else", async () => {
    const twins = await makeLog(folder, seededRandom(11), { batchCount: 6 });
    const [name = ""] = await segmentsOf(folder);
    const last = batchesIn(await readFile(join(folder, name))).at(-1)!;

    for (let at = last.at; at < last.end; at += 1) {
      let isChanged = false;
      await openedAfter(
        folder,
        (file) => {
          isChanged = file.subarray(at, last.end).some((byte) => byte !== 0);
          file.fill(0, at, last.end);
        },
        (log) => {
          const expected = isChanged ? twins.at(-2)! : twins.at(-1)!;
          expect(log.recovery, `byte ${at}`).toEqual({ kind: "whole" });
          expect(contentOf(log), `byte ${at}`).toEqual(twinContent(expected));
        },
      );
    }
  });

  test("that leaves any sectors of a large last batch cuts it, and the log goes on", async () => {
    const random = seededRandom(12);
    const twins = await makeLog(folder, random, { batchCount: 8, bytesMax: 9000 });
    const [name = ""] = await segmentsOf(folder);
    const last = batchesIn(await readFile(join(folder, name))).at(-1)!;

    for (let round = 0; round < 40; round += 1) {
      const twin = copyOf(twins.at(-2)!);
      await openedAfter(
        folder,
        (file) => {
          for (let at = last.at; at < last.end; at += 512) {
            const isLost = at === last.at || random.chance(0.5);
            if (isLost) file.fill(0, at, Math.min(last.end, at + 512));
          }
        },
        async (log) => {
          expect(log.recovery.kind).toBe("whole");
          expect(contentOf(log)).toEqual(twinContent(twin));
          await append(log, drawRecords(twin, random));
        },
      );
    }
  });

  test.each([21, 22, 23])("and a bit that rots in any batch is told (seed %i)", async (seed) => {
    const random = seededRandom(seed);
    const twins = await makeLog(folder, random, { batchCount: 40 });
    const [name = ""] = await segmentsOf(folder);
    const batches = batchesIn(await readFile(join(folder, name)));
    const final = twins.at(-1)!;
    expect(batches).toHaveLength(40);

    for (const [number, { at, end }] of batches.entries()) {
      await openedAfter(
        folder,
        (file) => {
          const byte = random.integer(at, end);
          file[byte] = file[byte]! ^ (1 << random.integer(0, 8));
        },
        (log) => {
          const expectation = number === batches.length - 1 ? expectCut : expectToldOf;
          expectation(log, { before: twins[number]!, final });
        },
      );
    }
  });

  const expectCut = (log: RaftLog, { before }: { readonly before: Twin }): void => {
    expect(log.recovery).toEqual({ kind: "whole" });
    expect(contentOf(log)).toEqual(twinContent(before));
  };

  /** What came before the damage is there, the facts are the latest, and what is missing is told. */
  const expectToldOf = (
    log: RaftLog,
    { before, final }: { readonly before: Twin; readonly final: Twin },
  ): void => {
    expect(log.base).toEqual(final.base);
    expect(new Set(log.facts.keys())).toEqual(new Set(final.facts.keys()));
    const kept = before.entries.filter(({ index }) => index > final.base.index);
    const hasAll =
      (lastOf(before).index === lastOf(final).index &&
        lastOf(before).term === lastOf(final).term) ||
      final.entries.length === 0;
    const found = log.entries({ fromIndex: log.base.index + 1, bytesMax: 1e9 });
    if (hasAll) return expect(log.recovery.kind).toBe("whole");
    expect(log.recovery).toEqual({
      kind: "corrupt",
      fromIndex: final.base.index + kept.length + 1,
      last: lastOf(final),
    });
    expect(found.map(({ index, term }) => [index, term])).toEqual(
      kept.map(({ index, term }) => [index, term]),
    );
  };

  test("behind a hole that was told is not taken for one again, nor is what lies beyond it read", async () => {
    const random = seededRandom(31);
    await makeLog(folder, random, { batchCount: 12 });
    const [name = ""] = await segmentsOf(folder);
    const path = join(folder, name);
    const file = await readFile(path);
    file[batchesIn(file)[5]!.at + 80]! ^= 1;
    await writeFile(path, file);

    const content = await withLog(folder, async (log) => {
      expect(log.recovery.kind).toBe("corrupt");
      const { index, term } = log.last;
      const entry: LogEntry = {
        index: index + 1,
        term: term + 1,
        type: 0,
        bytes: Buffer.from("new"),
      };
      await append(log, [{ kind: "fact", name: "hole", bytes: Buffer.of(1) }]);
      await append(log, [{ kind: "entry", entry }]);
      return contentOf(log);
    });

    await withLog(folder, (log) => {
      expect(log.recovery).toEqual({ kind: "whole" });
      expect(contentOf(log)).toEqual(content);
    });
  });

  test("before the first write behind a hole lets it be told again", async () => {
    await makeLog(folder, seededRandom(32), { batchCount: 12 });
    const [name = ""] = await segmentsOf(folder);
    const file = await readFile(join(folder, name));
    file[batchesIn(file)[5]!.at + 80]! ^= 1;
    await writeFile(join(folder, name), file);
    const first = await withLog(folder, (log) => log.recovery);
    // A process that made the next file and ended before anything stood in it.
    const next = `log-${(14).toString(16).padStart(14, "0")}-${(6).toString(16).padStart(14, "0")}`;
    await writeFile(join(folder, next), Buffer.alloc(10 * BLOCK_BYTES));

    expect(await withLog(folder, (log) => log.recovery)).toEqual(first);
  });

  test("leaves a file with a temporary name that is not looked at", async () => {
    const twins = await makeLog(folder, seededRandom(33), { batchCount: 5 });
    const [name = ""] = await segmentsOf(folder);
    await cp(join(folder, name), join(folder, `log-${"f".repeat(14)}-${"0".repeat(14)}.new`));

    await withLog(folder, (log) => expect(contentOf(log)).toEqual(twinContent(twins.at(-1)!)));
    expect((await readdir(folder)).filter((one) => one.endsWith(".new"))).toEqual([]);
  });
});

describe("a batch behind which the log was idle", () => {
  test("is known to have been whole, should it rot", async () => {
    const entry: LogEntry = { index: 1, term: 1, type: 0, bytes: Buffer.from("kept") };
    await withLog(
      folder,
      async (log) => {
        await append(log, [{ kind: "entry", entry }]);
        while (batchesIn(await readFile(join(folder, (await segmentsOf(folder))[0]!))).length < 2) {
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      },
      { sealAfterMs: 10 },
    );
    const [name = ""] = await segmentsOf(folder);
    const handle = await open(join(folder, name), "r+");
    await handle.write(Buffer.from("x"), 0, 1, BLOCK_BYTES + 100);
    await handle.close();

    await withLog(folder, (log) =>
      expect(log.recovery).toEqual({ kind: "corrupt", fromIndex: 1, last: { index: 1, term: 1 } }),
    );
  });
});
