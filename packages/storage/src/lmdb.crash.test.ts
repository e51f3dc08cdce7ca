/** Processes that own a store and are killed, run out of space, or find their file damaged. */
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { seededRandom } from "@syncline/machine";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { canMountSmallDisk, mountSmallDisk } from "../../../test/fixtures/small-disk.ts";
import {
  buildChildren,
  type Children,
  limitedTo,
} from "../../../test/fixtures/storage-children.ts";
import {
  expectNothingLost,
  inFolder,
  numbersIn,
  processTimeMaxMs,
} from "../../../test/fixtures/storage-crashes.ts";
import { openLmdbStore } from "./lmdb.ts";

let children: Children;

beforeAll(async () => {
  children = await buildChildren();
}, processTimeMaxMs);

afterAll(() => children.remove());

describe("a directory that another process owns", { timeout: processTimeMaxMs }, () => {
  test("is refused until that process is killed, and then free at once", () =>
    inFolder(async (directory) => {
      const owner = children.start(["hold", directory]);
      expect(await owner.line()).toBe("open");
      await expect(openLmdbStore(directory)).rejects.toMatchObject({ code: "STORAGE_IN_USE" });

      await owner.kill();

      const store = await openLmdbStore(directory);
      await store.close();
    }));

  test("is one process's when two come at once", () =>
    inFolder(async (directory) => {
      const owners = [1, 2, 3].map(() => children.start(["hold", directory]));

      const lines = await Promise.all(owners.map((owner) => owner.line()));

      expect(lines.filter((line) => line === "open")).toHaveLength(1);
      expect(lines.filter((line) => line === "STORAGE_IN_USE")).toHaveLength(2);
      await Promise.all(owners.map((owner) => owner.kill()));
    }));
});

describe("a process that is killed", () => {
  const cycleCount = Number(process.env["CYCLES"] ?? 24);
  const seed = Number(process.env["SEED"] ?? 4711);
  const timeout = processTimeMaxMs + cycleCount * 2000;

  test(`loses nothing acknowledged, ${cycleCount} times in a row (seed ${seed})`, { timeout }, () =>
    inFolder(async (directory) => {
      await expectNothingLost({
        children,
        verb: "write",
        firstNumber: 0,
        directory,
        cycleCount,
        lineCountMax: 60,
        random: seededRandom(seed),
      });
    }),
  );

  test(`while it makes a store leaves none or a whole one (seed ${seed})`, { timeout }, () =>
    inFolder(async (folder) => {
      const random = seededRandom(seed).fork("making");
      for (let cycle = 0; cycle < cycleCount; cycle += 1) {
        const directory = join(folder, String(cycle));
        const child = children.start(["write", directory]);
        await delay(random.integer(60, 160));
        const lines = await child.kill();

        const store = await openLmdbStore(directory);
        const query = { fromKey: Buffer.of(), toKey: Buffer.of(255), rowsMax: 1e9, bytesMax: 1e9 };
        const rows = await store.range(query);
        await store.close();

        expect(rows.length).toBeGreaterThanOrEqual(numbersIn(lines, "acknowledged").length);
      }
    }),
  );
});

describe("a file that cannot grow", { timeout: processTimeMaxMs }, () => {
  /** Fills the disk twice, the second time in a process that finds it full. */
  const fill = async (directory: string, under: readonly string[]): Promise<unknown> => {
    const first = await children.start(["fill", directory], under).end();
    const again = await children.start(["fill", directory], under).end();
    const acknowledgedCount = numbersIn(first.lines, "acknowledged").length;
    return {
      hasWritten: acknowledgedCount > 10,
      hasFailed: first.lines.at(-1)?.startsWith("STORAGE_FAILED true ") === true,
      lostCount: acknowledgedCount - Number(first.lines.at(-1)?.split(" ").at(-1)),
      lostLaterCount: acknowledgedCount - (numbersIn(again.lines, "found")[0] ?? 0),
      hasFailedAgain: again.lines.at(-1)?.startsWith("STORAGE_FAILED true ") === true,
    };
  };
  const expected = {
    hasWritten: true,
    hasFailed: true,
    lostCount: 0,
    lostLaterCount: 0,
    hasFailedAgain: true,
  };

  const isPosix = process.platform !== "win32";
  test.runIf(isPosix)("because of a limit ends writing and loses nothing", () =>
    inFolder(async (folder) => {
      expect(await fill(join(folder, "data"), limitedTo(500_000))).toEqual(expected);
    }),
  );

  const canMount = canMountSmallDisk("a disk that runs full under a process");
  test.runIf(canMount)("because the disk is full ends writing and loses nothing", async () => {
    const disk = mountSmallDisk();
    try {
      expect(await fill(join(disk.folder, "data"), [])).toEqual(expected);
    } finally {
      disk.unmount();
    }
  });
});

describe("a damaged file", { timeout: processTimeMaxMs }, () => {
  const seed = 20_260_902;
  const codes = new Set(["whole", "STORAGE_CORRUPT", "STORAGE_FAILED"]);

  /** Runs all damages; where one ends the process, as damage of LMDB's own pages may, the next process goes on behind it. */
  const readingsOf = async (folder: string, kind: string, count: number): Promise<string[]> => {
    const readings: string[] = [];
    for (let number = 0; number < count;) {
      const args = ["damage", folder, kind, seed, number, count].map(String);
      const { lines, signal } = await children.start(args).end();
      for (let index = 0; index < lines.length; index += 2) {
        readings.push(`${lines[index]}: ${lines[index + 1] ?? signal ?? "ended"}`);
      }
      if (lines.length === 0) throw new Error("a process did not begin");
      number = readings.length;
    }
    return readings;
  };

  test.each([
    ["flip", 200],
    ["truncate", 40],
  ])(`(%s, %i times, seed ${seed}) gives errors, never wrong rows or too few`, (kind, count) =>
    inFolder(async (folder) => {
      const readings = await readingsOf(folder, kind, count);

      const answersIn = (reading: string): string[] => reading.split(": ")[1]!.split(" ");
      const isKilled = (reading: string): boolean => answersIn(reading)[0]!.startsWith("SIG");
      const isWrong = (reading: string): boolean =>
        answersIn(reading).some((answer) => !codes.has(answer));
      const [killed, others] = [
        readings.filter(isKilled),
        readings.filter((one) => !isKilled(one)),
      ];

      expect(others.filter(isWrong)).toEqual([]);
      expect(others.filter((one) => one.includes("STORAGE_CORRUPT")).length).toBeGreaterThan(
        count / 3,
      );
      // LMDB's own pages have no checksum; where they are damaged it may touch memory that is not there.
      expect(killed.length).toBeLessThan(count / 4);
    }),
  );
});
