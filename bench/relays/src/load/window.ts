/** The measured window: what the servers and the load itself use between its beginning and its end. */
import { cpuMsOf, memoryOf } from "../machine/usage.ts";
import { quantileOf } from "../report/statistics.ts";
import type { LoadUse, WatchedProcess } from "./job.ts";

/** What was used. */
export interface WindowUse {
  readonly elapsedMs: number;
  readonly cpuMsByProcess: Readonly<Record<string, number>>;
  readonly cpuMs: number;
  /** Resident now, over the base. */
  readonly memoryMegabytes: number;
  readonly load: LoadUse;
}

const sampleMs = 5;
const busyShare = 0.9;
/** Frames come in bursts, so timers wait a little; more than this shows in the latencies. */
const lateMs = 50;

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
    const busiest = Math.max(...Object.values(cpuMsByProcess)) / elapsedMs;
    return {
      elapsedMs,
      cpuMsByProcess,
      cpuMs: Object.values(cpuMsByProcess).reduce((sum, ms) => sum + ms, 0),
      memoryMegabytes: processes.reduce((sum, { pid, baseBytes }) => {
        return sum + (memoryOf(pid).residentBytes - baseBytes) / 1e6;
      }, 0),
      load: { cpuShare, lateP99Ms, bottleneck: whyLoad(cpuShare, lateP99Ms, busiest) },
    };
  };
};

/** A load that is at its limit while the server is not measures itself. */
const whyLoad = (cpuShare: number, lateP99Ms: number, serverShare: number): string | null => {
  if (cpuShare > busyShare && serverShare < busyShare) {
    return `it used ${(cpuShare * 100).toFixed(0)} % of a core, the server ${(serverShare * 100).toFixed(0)} %`;
  }
  if (lateP99Ms > lateMs && serverShare < busyShare) {
    return `its timers came ${lateP99Ms.toFixed(0)} ms late: it, or something else on this machine, was busy`;
  }
  return null;
};
