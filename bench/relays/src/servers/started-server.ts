/** Servers as processes of their own, which say `ready ADDRESS` when they accept clients. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** A process that accepts clients. */
export interface ServerProcess {
  readonly name: string;
  readonly url: string;
  readonly pid: number;
  /** From its start until it said that it is ready. */
  readonly readyMs: number;
  /** Its last lines on standard error. */
  readonly complaints: readonly string[];
  /** Asks it to end; after five seconds it is ended. */
  stop(): Promise<void>;
}

/** What to start. */
export interface ServerCommand {
  readonly name: string;
  readonly script: string;
  readonly args: readonly string[];
  /** Options of Node, such as those of its profiler. */
  readonly nodeOptions: readonly string[];
  /** Besides what this process has in its own. */
  readonly environment: Readonly<Record<string, string>>;
}

const stopPatienceMs = 5_000;
/** A server that reads very many rooms from its disk takes seconds, not minutes. */
const readyPatienceMs = 300_000;
const complaintsMax = 20;

/** Starts a process; rejects with what it said if it ends before it is ready. */
export const startProcess = async (command: ServerCommand): Promise<ServerProcess> => {
  const startMs = performance.now();
  const args = [...command.nodeOptions, command.script, ...command.args];
  const env = { ...process.env, ...command.environment };
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  endWithThisProcess(child);
  const complaints: string[] = [];
  createInterface({ input: child.stderr }).on("line", (line) => {
    complaints.push(line);
    if (complaints.length > complaintsMax) complaints.shift();
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), readyPatienceMs);
  const url = await readiness(command.name, child, complaints).finally(() => clearTimeout(timer));
  return {
    name: command.name,
    url,
    pid: child.pid ?? 0,
    readyMs: performance.now() - startMs,
    complaints,
    stop: () => stop(child),
  };
};

/** Whatever ends this process, no server outlives it. */
const endWithThisProcess = (child: ChildProcess): void => {
  const end = (): void => void child.kill("SIGKILL");
  process.once("exit", end);
  child.once("exit", () => process.off("exit", end));
};

const readiness = (
  name: string,
  child: ChildProcess,
  complaints: readonly string[],
): Promise<string> =>
  new Promise((resolve, reject) => {
    if (child.stdout === null) return reject(new Error("no output to read"));
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (line.startsWith("ready ")) resolve(line.slice("ready ".length));
    });
    child.once("error", reject);
    child.once("exit", (code, signal) =>
      reject(new Error(`${name} ended with ${code ?? signal}: ${complaints.join("\n")}`)),
    );
  });

const stop = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), stopPatienceMs);
  await exited;
  clearTimeout(timer);
};
