/** One run: a server started afresh with a directory of its own, one load, and its figures. */
import { fork } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Job, RunResult, WatchedProcess } from "./load/job.ts";
import { memoryOf } from "./machine/usage.ts";
import { repositoryRoot } from "./machine/repository.ts";
import type { ScenarioParameters } from "./scenarios/scenarios.ts";
import type { ServerProcess } from "./servers/started-server.ts";
import type { ServerKind } from "./servers/servers.ts";
import type { WireName } from "./wires/wire.ts";

/** What to run. */
export interface RunOptions {
  readonly server: ServerKind;
  readonly wire: WireName;
  readonly parameters: ScenarioParameters;
  /** Where the server's directory is made. */
  readonly dataRoot: string;
  /** Where the servers leave their CPU profiles, or null. */
  readonly profileDirectory: string | null;
}

const loadScript = join(repositoryRoot, "bench/relays/dist/load/load-process.js");
/** What a server does at its start is over by then. */
const settleMs = 500;

/** Runs it. A server that cannot be started or that breaks is a failure of the run, not of the harness. */
export const runOnce = async (options: RunOptions): Promise<RunResult> => {
  const { server, dataRoot, profileDirectory } = options;
  mkdirSync(dataRoot, { recursive: true });
  const dataDirectory = mkdtempSync(join(dataRoot, `${server.name}-`));
  const nodeOptions =
    profileDirectory === null ? [] : ["--cpu-prof", `--cpu-prof-dir=${profileDirectory}`];
  let processes: readonly ServerProcess[] = [];
  try {
    processes = await server.start({ dataDirectory, nodeOptions });
    await new Promise((resolve) => setTimeout(resolve, settleMs));
    return await load(jobOf(options, processes));
  } finally {
    await Promise.all(processes.map((process) => process.stop()));
    rmSync(dataDirectory, { recursive: true, force: true });
  }
};

const jobOf = (
  { server, wire, parameters }: RunOptions,
  processes: readonly ServerProcess[],
): Job => ({
  parameters,
  wire,
  target: {
    urls: processes.map(({ url }) => url),
    isCopying: server.isCopying,
    writeQuorum: server.writeQuorum,
  },
  processes: processes.map(({ name, pid }): WatchedProcess => ({
    name,
    pid,
    baseBytes: memoryOf(pid).residentBytes,
  })),
});

const load = (job: Job): Promise<RunResult> =>
  new Promise((resolve, reject) => {
    const child = fork(loadScript, [], { execArgv: [] });
    child.once("message", (result) => resolve(result as RunResult));
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the load ended with ${code}`)));
    child.send(job);
  });
