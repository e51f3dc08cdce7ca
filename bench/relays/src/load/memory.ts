/** The memory of all processes of a server, over what they had when they had just started. */
import { collectGarbage, memoryOf, type MemoryUse } from "../machine/usage.ts";
import type { WatchedProcess } from "./job.ts";

/**
 * Anonymous memory now, in megabytes over the base.
 *
 * It leaves out pages of mapped files: those of a server that reads its file are in the system's cache just as well, but nobody counts them.
 */
export const memoryMegabytes = (processes: readonly WatchedProcess[]): number =>
  megabytesOver(processes, "anonymousBytes", "anonymousBytes");

/** Resident memory now, mapped files included, in megabytes over the base. */
export const residentMegabytes = (processes: readonly WatchedProcess[]): number =>
  megabytesOver(processes, "residentBytes", "residentBytes");

/** The most that was resident since the last `resetPeak`; of anonymous memory the system keeps no peak. */
export const peakMegabytes = (processes: readonly WatchedProcess[]): number =>
  megabytesOver(processes, "peakBytes", "residentBytes");

/** What is held: anonymous memory after garbage has been collected. */
export const heldMegabytes = async (
  processes: readonly WatchedProcess[],
  waitMs: number,
): Promise<number> => {
  await collectGarbage(
    processes.map(({ pid }) => pid),
    waitMs,
  );
  return memoryMegabytes(processes);
};

const megabytesOver = (
  processes: readonly WatchedProcess[],
  now: keyof MemoryUse,
  atStart: keyof MemoryUse,
): number =>
  processes.reduce((sum, { pid, base }) => sum + (memoryOf(pid)[now] - base[atStart]) / 1e6, 0);
