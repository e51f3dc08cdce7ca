/** The memory of all processes of a server, over what they had when they had just started. */
import { collectGarbage, memoryOf } from "../machine/usage.ts";
import type { WatchedProcess } from "./job.ts";

/** Resident memory now, in megabytes over the base. */
export const residentMegabytes = (processes: readonly WatchedProcess[]): number =>
  processes.reduce((sum, { pid, baseBytes }) => {
    return sum + (memoryOf(pid).residentBytes - baseBytes) / 1e6;
  }, 0);

/** The same of the highest point since the last `resetPeak`. */
export const peakMegabytes = (processes: readonly WatchedProcess[]): number =>
  processes.reduce((sum, { pid, baseBytes }) => {
    return sum + (memoryOf(pid).peakBytes - baseBytes) / 1e6;
  }, 0);

/** What is held: resident memory after garbage has been collected. */
export const heldMegabytes = async (
  processes: readonly WatchedProcess[],
  waitMs: number,
): Promise<number> => {
  await collectGarbage(
    processes.map(({ pid }) => pid),
    waitMs,
  );
  return residentMegabytes(processes);
};

/** Waits. */
export const rest = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
