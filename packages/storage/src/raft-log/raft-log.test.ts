/** The log against a plain twin: whatever is asked for, and wherever the power fails, it has what was acknowledged or says what it has not. */
import { cp, mkdtemp, open, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Random, seededRandom } from "@syncline/machine";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { BLOCK_BYTES } from "./batch.ts";
import type { EntryPlace, LogEntry, RaftLogRecord } from "./records.ts";
import { openRaftLog, type RaftLog, type RaftLogOptions } from "./raft-log.ts";

/** What a log should hold. */
interface Twin {
  readonly entries: LogEntry[];
  base: EntryPlace;
  readonly facts: Map<string, string>;
}

const never: RaftLogOptions = { sealAfterMs: Number.POSITIVE_INFINITY };
let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "syncline-raft-log-"));
});

afterEach(() => rm(folder, { recursive: true }));

const createTwin = (): Twin => ({ entries: [], base: { index: 0, term: 0 }, facts: new Map() });

const copyOf = ({ entries, base, facts }: Twin): Twin => ({
  entries: [...entries],
  base,
  facts: new Map(facts),
});

const lastOf = ({ entries, base }: Twin): EntryPlace => {
  const { index, term } = entries.at(-1) ?? base;
  return { index, term };
};

const apply = (twin: Twin, record: RaftLogRecord): void => {
  const cut = (fromIndex: number): void => {
    twin.entries.splice(Math.max(0, fromIndex - twin.base.index - 1));
  };
  if (record.kind === "entry") {
    cut(record.entry.index);
    twin.entries.push(record.entry);
  } else if (record.kind === "truncation") cut(record.fromIndex);
  else if (record.kind === "base") {
    twin.entries.splice(0, record.base.index - twin.base.index);
    twin.base = record.base;
  } else if (record.kind === "fact") {
    if (record.bytes === null) twin.facts.delete(record.name);
    else twin.facts.set(record.name, Buffer.from(record.bytes).toString());
  }
};

/** A few records that fit to the twin, which has them afterwards. */
const drawRecords = (twin: Twin, random: Random, bytesMax = 60): RaftLogRecord[] => {
  const records: RaftLogRecord[] = [];
  const add = (record: RaftLogRecord): void => {
    records.push(record);
    apply(twin, record);
  };
  for (let left = random.integer(1, 5); left > 0; left -= 1) {
    const last = lastOf(twin);
    const kind = random.integer(0, 12);
    if (kind === 0) {
      const ballot = `${last.term + random.integer(0, 3)} for ${random.pick(["a", "b", "c"])}`;
      add({ kind: "fact", name: "ballot", bytes: Buffer.from(ballot) });
    } else if (kind === 1) {
      const bytes = random.chance(0.3) ? null : random.bytes(random.integer(0, 30));
      add({ kind: "fact", name: random.pick(["hole", "snapshot"]), bytes });
    } else if (kind === 2 && twin.entries.length > 0) {
      add({
        kind: "truncation",
        fromIndex: last.index - random.integer(0, Math.min(3, twin.entries.length)),
      });
    } else if (kind === 3 && twin.entries.length > 6) {
      const { index, term } = twin.entries[random.integer(0, 6)]!;
      add({ kind: "base", base: { index, term } });
    } else if (kind === 4 && random.chance(0.1)) {
      add({
        kind: "base",
        base: { index: last.index + random.integer(1, 9), term: last.term + 1 },
      });
    } else {
      // Sometimes in place of entries of an older term.
      const index = last.index + 1 - random.integer(0, Math.min(2, twin.entries.length + 1));
      const term = last.term + (index <= last.index || random.chance(0.1) ? 1 : 0);
      const type = random.integer(0, 256);
      const bytes = random.bytes(random.integer(0, bytesMax));
      add({ kind: "entry", entry: { index, term, type, bytes } });
    }
  }
  return records;
};

const append = (log: RaftLog, records: readonly RaftLogRecord[]): Promise<void> =>
  new Promise((resolve, reject) => {
    log.append(records, (error) => (error === null ? resolve() : reject(error)));
  });

const contentOf = (log: RaftLog): unknown => ({
  base: log.base,
  last: log.last,
  facts: new Map([...log.facts].map(([name, bytes]) => [name, Buffer.from(bytes).toString()])),
  entries: log
    .entries({ fromIndex: log.base.index + 1, bytesMax: 1e9 })
    .map((entry) => ({ ...entry, bytes: Buffer.from(entry.bytes).toString("hex") })),
});

const twinContent = (twin: Twin): unknown => ({
  base: twin.base,
  last: lastOf(twin),
  facts: twin.facts,
  entries: twin.entries.map((entry) => ({
    ...entry,
    bytes: Buffer.from(entry.bytes).toString("hex"),
  })),
});

const withLog = async <Result>(
  directory: string,
  use: (log: RaftLog) => Promise<Result> | Result,
  options = never,
): Promise<Result> => {
  const log = await openRaftLog(directory, options);
  try {
    return await use(log);
  } finally {
    await log.close();
  }
};

const segmentsOf = async (directory: string): Promise<readonly string[]> =>
  (await readdir(directory)).filter((name) => name.startsWith("log-")).toSorted();

/** A log of some batches, each with what the twin had when it was acknowledged. */
const makeLog = async (
  directory: string,
  random: Random,
  { batchCount, bytesMax = 60 }: { readonly batchCount: number; readonly bytesMax?: number },
): Promise<readonly Twin[]> => {
  const twin = createTwin();
  const twins = [copyOf(twin)];
  await withLog(directory, async (log) => {
    for (let count = 0; count < batchCount; count += 1) {
      await append(log, drawRecords(twin, random, bytesMax));
      twins.push(copyOf(twin));
    }
  });
  return twins;
};

/** Where in a file each batch begins, and where its content ends. The first was written when the directory was made. */
const batchesIn = (file: Buffer): readonly { readonly at: number; readonly end: number }[] => {
  const batches: { at: number; end: number }[] = [];
  for (let at = 0; at < file.length && file.readUInt32LE(at) !== 0;) {
    const end = at + 72 + file.readUInt32LE(at + 4);
    batches.push({ at, end });
    at = Math.ceil(end / BLOCK_BYTES) * BLOCK_BYTES;
  }
  return batches.slice(1);
};

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

describe("a crash", () => {
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
