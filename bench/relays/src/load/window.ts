/** The measured window: what the servers and the load itself use between its beginning and its end. */
import { cpuMsOf } from "../machine/usage.ts";
import { quantileOf } from "../report/statistics.ts";
import type { Spent, WatchedProcess } from "./job.ts";
import { memoryMegabytes } from "./memory.ts";

/** What was used. */
export interface WindowUse {
  readonly spent: Spent;
  /** Of all server processes together. */
  readonly cpuMs: number;
  /** Anonymous memory at its end, over the base. */
  readonly memoryMegabytes: number;
}

const sampleMs = 5;

/** Begins to watch; the result ends it. */
export const openWindow = (processes: readonly WatchedProcess[]): (() => WindowUse) => {
  const late: number[] = [];
  let expectedMs = performance.now() + sampleMs;
  const timer = setInterval(() => {
    const nowMs = performance.now();
    late.push(Math.max(0, nowMs - expectedMs));
    expectedMs = nowMs + sampleMs;
  }, sampleMs);
  const cpuBefore = processes.map(({ pid }) => cpuMsOf(pid));
  const loadBefore = process.cpuUsage();
  const startMs = performance.now();
  return () => {
    const elapsedMs = performance.now() - startMs;
    const { user, system } = process.cpuUsage(loadBefore);
    const cpuMsByProcess = Object.fromEntries(
      processes.map(({ name, pid }, index) => [name, cpuMsOf(pid) - (cpuBefore[index] ?? 0)]),
    );
    clearInterval(timer);
    const cpuShare = (user + system) / 1000 / elapsedMs;
    const lateP99Ms = quantileOf(Float64Array.from(late).sort(), 0.99) || 0;
    return {
      spent: { elapsedMs, cpuMsByProcess, load: { cpuShare, lateP99Ms } },
      cpuMs: Object.values(cpuMsByProcess).reduce((sum, ms) => sum + ms, 0),
      memoryMegabytes: memoryMegabytes(processes),
    };
  };
};
