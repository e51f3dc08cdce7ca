/** Processes that own a log and are killed, run out of space, or have a disk that fails. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { seededRandom } from "@syncline/machine";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { canMountSmallDisk, mountSmallDisk } from "../../../../test/fixtures/small-disk.ts";
import {
  buildChildren,
  type Children,
  limitedTo,
} from "../../../../test/fixtures/storage-children.ts";
import {
  expectNothingLost,
  inFolder,
  numbersIn,
  processTimeMaxMs,
} from "../../../../test/fixtures/storage-crashes.ts";
import { openRaftLog } from "./raft-log.ts";

let children: Children;

beforeAll(async () => {
  children = await buildChildren();
}, processTimeMaxMs);

afterAll(() => children.remove());

describe("a process that is killed", () => {
  const cycleCount = Number(process.env["CYCLES"] ?? 24);
  const seed = Number(process.env["SEED"] ?? 4712);
  const timeout = processTimeMaxMs + cycleCount * 2000;

  test(`loses nothing acknowledged, ${cycleCount} times in a row (seed ${seed})`, { timeout }, () =>
    inFolder(async (directory) => {
      await expectNothingLost({
        children,
        verb: "logWrite",
        firstNumber: 1,
        directory,
        cycleCount,
        lineCountMax: 200,
        random: seededRandom(seed),
      });
    }),
  );
});

describe("a disk that refuses a write", { timeout: processTimeMaxMs }, () => {
  /** Appends until the disk refuses; then opens the log as the next process would. */
  const fill = async (
    directory: string,
    under: readonly string[],
    bytes = 3000,
  ): Promise<unknown> => {
    const { lines } = await children
      .start(["logFill", directory, "20000", String(bytes)], under)
      .end();
    const last = numbersIn(lines, "acknowledged").at(-1) ?? 0;
    const log = await openRaftLog(directory);
    const found = { recovery: log.recovery, lostCount: Math.max(0, last - log.last.index) };
    await log.close();
    return { hasWritten: last > 10, said: lines.at(-1), ...found, last };
  };
  const expected = {
    hasWritten: true,
    said: expect.stringMatching(/^STORAGE_FAILED true \d+$/u),
    recovery: { kind: "whole" },
    lostCount: 0,
    last: expect.any(Number),
  };

  test.runIf(process.platform !== "win32")(
    "because of a limit ends the log, once and for all",
    () =>
      inFolder(async (folder) => {
        expect(await fill(join(folder, "data"), limitedTo(1_500_000))).toEqual(expected);
      }),
  );

  const canMount = canMountSmallDisk("a disk that runs full under a log");
  test.runIf(canMount)("because it is full ends the log, once and for all", async () => {
    const disk = mountSmallDisk("4m");
    try {
      // The next process needs room to begin: as on a real disk, somebody makes some first.
      const directory = join(disk.folder, "data");
      const { lines } = await children.start(["logFill", directory, "20000", "3000"]).end();
      disk.resize("16m");
      const log = await openRaftLog(directory);
      const last = numbersIn(lines, "acknowledged").at(-1) ?? 0;

      expect(lines.at(-1)).toMatch(/^STORAGE_FAILED true \d+$/u);
      expect(last).toBeGreaterThan(10);
      expect(log.last.index).toBeGreaterThanOrEqual(last);
      expect(log.recovery).toEqual({ kind: "whole" });
      await log.close();
    } finally {
      disk.unmount();
    }
  });

  const canTrace = spawnSync("strace", ["-o", "/dev/null", "true"]).status === 0;
  if (!canTrace) console.log("Not tested, for strace cannot trace here: a flush that fails once.");

  test.runIf(canTrace)("because a flush fails once ends the log, once and for all", () =>
    inFolder(async (folder) => {
      // The log writes through: a record's write is its flush. One of them fails, and those after it would succeed.
      const injected = ["-e", "inject=pwrite64:error=EIO:when=60"];
      const traced = [
        "strace",
        "-f",
        "-qq",
        "-o",
        "/dev/null",
        "-e",
        "trace=pwrite64",
        ...injected,
      ];

      expect(await fill(join(folder, "data"), traced, 100)).toEqual(expected);
    }),
  );

  test.runIf(canTrace)("because it takes none of the bytes ends the log, once and for all", () =>
    inFolder(async (folder) => {
      // A short write goes on with the rest; one that writes nothing at all never ends.
      const injected = ["-e", "inject=pwrite64:retval=0:when=60"];
      const traced = [
        "strace",
        "-f",
        "-qq",
        "-o",
        "/dev/null",
        "-e",
        "trace=pwrite64",
        ...injected,
      ];

      expect(await fill(join(folder, "data"), traced, 100)).toEqual(expected);
    }),
  );
});
