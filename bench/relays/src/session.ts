/** A server that was started afresh with a directory of its own, and a load process beside it. */
import { type ChildProcess, fork } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as rest } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { memoryMegabytes } from "./load/memory.ts";
import { failedRun, type Job, type RunResult, type WatchedProcess } from "./load/job.ts";
import { directoryMegabytes } from "./machine/disk.ts";
import { preloading } from "./machine/library.ts";
import { repositoryRoot } from "./machine/repository.ts";
import { collectGarbage, memoryOf } from "./machine/usage.ts";
import type { RestartParameters, ScenarioParameters } from "./scenarios/parameters.ts";
import type { ServerKind } from "./servers/servers.ts";
import type { ServerProcess } from "./servers/started-server.ts";
import type { WireName } from "./wires/wire.ts";

/** How servers are started. */
export interface SessionOptions {
  /** Where the server's directory is made. */
  readonly dataRoot: string;
  /** Where the servers leave their CPU profiles, or null. */
  readonly profileDirectory: string | null;
  /** The shared library that the servers start with, but not the load; or null. */
  readonly preload: string | null;
  /** A run that takes longer has failed. */
  readonly patienceMs: number;
}

/** A started server. */
export interface Session {
  /** Runs a scenario. What breaks, server or load, is a failure of the run, not of the harness. */
  run(wire: WireName, parameters: ScenarioParameters): Promise<RunResult>;
  end(): Promise<void>;
}

interface State {
  readonly server: ServerKind;
  readonly nodeOptions: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly dataDirectory: string;
  readonly patienceMs: number;
  load: ChildProcess;
  processes: readonly ServerProcess[];
  watched: readonly WatchedProcess[];
  runCount: number;
}

const harness = join(repositoryRoot, "bench/relays/dist");
/** What a server does at its start is over by then. */
const settleMs = 500;

/** Starts a server and a load process. A server that does not start fails each run, like one that loses something. */
export const openSession = async (
  server: ServerKind,
  { dataRoot, profileDirectory, preload, patienceMs }: SessionOptions,
): Promise<Session> => {
  mkdirSync(dataRoot, { recursive: true });
  const collector = pathToFileURL(join(harness, "servers/garbage-preload.js")).href;
  const profiling =
    profileDirectory === null ? [] : ["--cpu-prof", `--cpu-prof-dir=${profileDirectory}`];
  const dataDirectory = mkdtempSync(join(dataRoot, `${server.name}-`));
  const nodeOptions = [`--import=${collector}`, ...profiling];
  const state: State = {
    server,
    nodeOptions,
    environment: preloading(preload),
    dataDirectory,
    patienceMs,
    load: forkLoad(),
    processes: [],
    watched: [],
    runCount: 0,
  };
  const removeData = (): void => rmSync(dataDirectory, { recursive: true, force: true });
  process.once("exit", removeData);
  const end = async (): Promise<void> => {
    state.load.kill();
    await Promise.all(state.processes.map((started) => started.stop()));
    removeData();
    process.off("exit", removeData);
  };
  try {
    await start(state);
  } catch (error) {
    await end();
    return { run: () => Promise.resolve(failedRun(error)), end: () => Promise.resolve() };
  }
  return {
    run: async (wire, parameters) => {
      state.runCount += 1;
      try {
        return parameters.kind === "restart"
          ? await runRestart(state, wire, parameters)
          : await runLoad(state, wire, parameters);
      } catch (error) {
        return failedRun(error);
      }
    },
    end,
  };
};

const forkLoad = (): ChildProcess =>
  fork(join(harness, "load/load-process.js"), [], { execArgv: [] });

const start = async (state: State): Promise<void> => {
  const { server, dataDirectory, nodeOptions, environment } = state;
  state.processes = await server.start({ dataDirectory, nodeOptions, environment });
  await rest(settleMs);
  await collectGarbage(state.processes.map(({ pid }) => pid));
  // One that was started again, with rooms on its disk, is compared with what it had when it was empty.
  state.watched = state.processes.map(({ name, pid }, index) => ({
    name,
    pid,
    base: state.watched[index]?.base ?? memoryOf(pid),
  }));
};

const runLoad = (
  state: State,
  wire: WireName,
  parameters: ScenarioParameters,
): Promise<RunResult> => {
  if (state.load.killed || !state.load.connected) state.load = forkLoad();
  const { server, load, processes, watched, runCount, patienceMs, dataDirectory } = state;
  const job: Job = {
    parameters,
    wire,
    target: {
      urls: processes.map(({ url }) => url),
      isCopying: server.isCopying,
      writeQuorum: server.writeQuorum,
    },
    roomPrefix: `r${runCount}-`,
    processes: watched,
  };
  return new Promise((resolve, reject) => {
    const finish = (result: RunResult): void => {
      clearTimeout(timer);
      load.off("exit", die);
      const disk = server.isPersistent ? { diskMegabytes: directoryMegabytes(dataDirectory) } : {};
      const figures = { ...disk, ...result.figures };
      const complaints = processes.flatMap((process) => process.complaints).slice(-3);
      const failure = result.failure === null ? null : [result.failure, ...complaints].join("\n");
      resolve({ ...result, figures, failure });
    };
    const die = (code: number | null): void => {
      clearTimeout(timer);
      load.off("message", finish);
      reject(new Error(`the load ended with ${code}`));
    };
    const timer = setTimeout(() => {
      load.off("exit", die);
      load.kill("SIGKILL");
      reject(new Error(`not done after ${patienceMs / 1000} s`));
    }, patienceMs);
    load.once("message", finish);
    load.once("exit", die);
    load.send(job);
  });
};

/** Fills the server, starts it again on the same directory, and looks whether everything is there. */
const runRestart = async (
  state: State,
  wire: WireName,
  parameters: RestartParameters,
): Promise<RunResult> => {
  const emptyReadyMs = readyMsOf(state.processes);
  const filled = await runLoad(state, wire, { ...parameters, phase: "fill" });
  if (filled.failure !== null) return filled;
  await Promise.all(state.processes.map((process) => process.stop()));
  const diskMegabytes = directoryMegabytes(state.dataDirectory);
  await start(state);
  const figures = {
    emptyReadyMs,
    readyMs: readyMsOf(state.processes),
    memoryMegabytes: memoryMegabytes(state.watched),
    diskMegabytes,
    diskBytesPerRoom: (diskMegabytes * 1e6) / parameters.rooms,
  };
  // Rooms have the names that they were filled under.
  const checked = await runLoad(state, wire, { ...parameters, phase: "check" });
  return {
    ...checked,
    figures: { ...checked.figures, ...filled.figures, ...figures },
  };
};

const readyMsOf = (processes: readonly ServerProcess[]): number =>
  Math.max(...processes.map(({ readyMs }) => readyMs));
