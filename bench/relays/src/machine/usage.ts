/** What processes have used, by the operating system's accounting. Linux: from /proc, which needs no help of the process itself. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { setTimeout as rest } from "node:timers/promises";

/** Memory of processes together, in bytes. */
export interface MemoryUse {
  readonly residentBytes: number;
  /** Without mapped files, which the system may take back at any time. */
  readonly anonymousBytes: number;
  /** The most that was resident at any time. */
  readonly peakBytes: number;
}

const isLinux = process.platform === "linux";
/** The unit of times in /proc; it is 100 a second on every Linux that Node runs on. */
const tickMs = 10;

/** The process and all that it has started, as far as they are alive. */
const processTree = (root: number): readonly number[] => {
  if (!isLinux) return [root];
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/u.test(name)) continue;
    const parent = Number(statFields(Number(name))?.[1]);
    if (Number.isFinite(parent)) parents.set(Number(name), parent);
  }
  const tree = [root];
  for (const pid of tree) {
    for (const [child, parent] of parents) if (parent === pid) tree.push(child);
  }
  return tree;
};

/** Processor time that the process and its children have used since they began, in milliseconds; in steps of 10 ms. */
export const cpuMsOf = (root: number): number =>
  processTree(root).reduce((sum, pid) => sum + (isLinux ? cpuFromProc(pid) : cpuFromPs(pid)), 0);

/** User and system time, own and of children that have ended. */
const cpuFromProc = (pid: number): number => {
  const fields = statFields(pid);
  if (fields === null) return 0;
  return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0) * tickMs;
};

/** The fields of /proc/PID/stat from the state on; the name before it may hold anything. */
const statFields = (pid: number): readonly string[] | null => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return null;
  }
};

/** `MM:SS.cc` or `HH:MM:SS`. */
const cpuFromPs = (pid: number): number => {
  const text = execFileSync("ps", ["-o", "time=", "-p", String(pid)], { encoding: "utf8" });
  return (
    text
      .trim()
      .split(":")
      .reduce((sum, part) => sum * 60 + Number(part), 0) * 1000
  );
};

/** What the process and its children hold now. */
export const memoryOf = (root: number): MemoryUse => {
  let residentBytes = 0;
  let anonymousBytes = 0;
  let peakBytes = 0;
  for (const pid of processTree(root)) {
    if (isLinux) {
      const status = statusOf(pid);
      residentBytes += status("VmRSS");
      anonymousBytes += status("RssAnon");
      peakBytes += status("VmHWM");
    } else {
      const text = execFileSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" });
      residentBytes += Number(text) * 1024;
      anonymousBytes = residentBytes;
      peakBytes = residentBytes;
    }
  }
  return { residentBytes, anonymousBytes, peakBytes };
};

/** Lets `peakBytes` begin anew from what is resident now; elsewhere than on Linux it does nothing. */
export const resetPeak = (root: number): void => {
  if (!isLinux) return;
  for (const pid of processTree(root)) writeFileSync(`/proc/${pid}/clear_refs`, "5");
};

/** How long a collection of a few hundred megabytes may take. */
const collectionMs = 400;

/** Makes servers throw away what they do not hold any more, and waits until they have; see `garbage-preload.ts`. */
export const collectGarbage = async (
  pids: readonly number[],
  waitMs: number = collectionMs,
): Promise<void> => {
  for (const pid of pids) process.kill(pid, "SIGUSR2");
  await rest(waitMs);
};

const statusOf = (pid: number): ((name: string) => number) => {
  try {
    const text = readFileSync(`/proc/${pid}/status`, "latin1");
    return (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "mu").exec(text)?.[1] ?? 0) * 1024;
  } catch {
    return () => 0;
  }
};
