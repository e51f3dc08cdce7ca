/** Files that stand ready to become the next part of the log: filled with zeros in the background, or taken over when all in them was compacted. */
import { rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { syncDirectory } from "../durable-files.ts";
import { fillFile } from "./segment-file.ts";

/** More than one would only hold space. */
const SPARE_COUNT_MAX = 1;

/** The spare files of one log. Their names are temporary ones: the next process removes what is left of them. */
export interface SpareFiles {
  /** Whether `take` gives one. */
  readonly isReady: boolean;
  /** The path of one, which is the caller's from now on, or null. */
  take(): string | null;
  /** Makes one in the background, unless there is one or one is being made. */
  prepare(): void;
  /** Takes a file of the log over, or removes it; its name is gone for good when this resolves. */
  give(path: string): Promise<void>;
  /** Waits for the one that is being made. */
  settled(): Promise<void>;
}

/** No spare file yet. Each has `byteCount` bytes. */
export const createSpareFiles = (directory: string, byteCount: number): SpareFiles => {
  const ready: string[] = [];
  let madeCount = 0;
  let making: Promise<void> | null = null;
  const nextPath = (): string => {
    madeCount += 1;
    return join(directory, `spare-${madeCount}.new`);
  };
  const make = async (): Promise<void> => {
    const path = nextPath();
    try {
      await fillFile(path, byteCount);
      ready.push(path);
    } catch {
      // The disk may be full, or about to fail. The log goes on as long as its own writes succeed, and ends at the first that does not.
      await rm(path, { force: true });
    }
  };
  return {
    get isReady() {
      return ready.length > 0;
    },
    take: () => ready.shift() ?? null,
    prepare: () => {
      if (making !== null || ready.length >= SPARE_COUNT_MAX) return;
      making = make().finally(() => {
        making = null;
      });
      making.catch(() => {});
    },
    give: async (path) => {
      const isWanted = ready.length < SPARE_COUNT_MAX && (await stat(path)).size >= byteCount;
      const spare = nextPath();
      if (isWanted) await rename(path, spare);
      else await rm(path);
      await syncDirectory(directory);
      if (isWanted) ready.push(spare);
    },
    settled: async () => {
      await making;
    },
  };
};
