/** What the load process is told, and what it answers. */
import type { Figures } from "../report/figures.ts";
import type { MemoryUse } from "../machine/usage.ts";
import type { ScenarioParameters } from "../scenarios/parameters.ts";
import type { Target, WireName } from "../wires/wire.ts";

/** A server process, as the load sees it. */
export interface WatchedProcess {
  readonly name: string;
  readonly pid: number;
  /** Its memory when it had just started. */
  readonly base: MemoryUse;
}

/** One run. */
export interface Job {
  readonly parameters: ScenarioParameters;
  readonly wire: WireName;
  readonly target: Target;
  /** Begins the names of its rooms: several runs may share a server. */
  readonly roomPrefix: string;
  readonly processes: readonly WatchedProcess[];
}

/** What a run came to. */
export interface RunResult extends Spent {
  readonly figures: Figures;
  /** What was lost or wrong; then the figures mean nothing. Null if everything arrived as it should. */
  readonly failure: string | null;
}

/** What the measured window took. */
export interface Spent {
  readonly elapsedMs: number;
  /** Processor time of each server process, in milliseconds. */
  readonly cpuMsByProcess: Readonly<Record<string, number>>;
  readonly load: LoadUse;
}

/** How busy the load itself was. */
interface LoadUse {
  /** Its processor time by the time that passed. */
  readonly cpuShare: number;
  /** How late its timers came, all but 1 %: it was busy, or waited for a core. */
  readonly lateP99Ms: number;
}

/** The result of a run that broke. */
export const failedRun = (error: unknown): RunResult => ({
  figures: {},
  failure: error instanceof Error ? (error.stack ?? error.message) : String(error),
  elapsedMs: 0,
  cpuMsByProcess: {},
  load: { cpuShare: 0, lateP99Ms: 0 },
});
