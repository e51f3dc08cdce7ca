/** Relays as processes of their own, to be ended without warning and started again. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const command = "packages/relay/bin/syncline.js";

/** A relay process, and what it said on standard error. */
export interface RelayProcess {
  readonly id: string;
  readonly url: string;
  readonly dataDirectory: string;
  readonly child: ChildProcess | null;
  readonly log: readonly string[];
  /** Starts it, and resolves when it accepts connections. */
  start(): Promise<void>;
  /** Ends it as a power cut ends a process: SIGKILL, and waits until it is gone. */
  kill(): Promise<void>;
  /** Asks it to end, and resolves with its exit code. */
  end(): Promise<number | null>;
}

/** A cluster of relay processes on this machine, with directories that are removed at the end. */
export interface Cluster {
  readonly relays: readonly RelayProcess[];
  readonly directory: string;
  /** The addresses, beginning with that of relay `firstIndex`. */
  urlsFrom(firstIndex: number): string[];
  close(): Promise<void>;
}

/** Runs the command and gives what it prints and how it ends; for commands that end by themselves. */
export const runCommand = async (
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: number | null; readonly out: string; readonly error: string }> => {
  const child = spawn(process.execPath, [command, ...args], {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  let error = "";
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (error += chunk.toString()));
  const [code] = (await once(child, "exit")) as [number | null];
  return { code, out, error };
};

/** Ports that are free now. */
export const freePorts = async (count: number): Promise<number[]> => {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  const ports: number[] = [];
  for (const server of servers) {
    if (!server.listening) await once(server, "listening");
    const address = server.address();
    if (address !== null && typeof address === "object") ports.push(address.port);
  }
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
};

/** How relay `from` reaches relay `to`: another address than its own leads through a proxy. */
export type Route = (from: string, to: string, url: string) => string;

/** Starts a cluster; options are added to each relay's command line. */
export const startCluster = async (
  relayCount: number,
  options: readonly string[] = [],
  route: (ids: readonly string[], urls: readonly string[]) => Promise<Route> = async () =>
    (_, __, url) =>
      url,
): Promise<Cluster> => {
  const directory = mkdtempSync(join(tmpdir(), "syncline-cluster-"));
  const ports = await freePorts(relayCount);
  const ids = ports.map((_, index) => String.fromCodePoint(97 + index));
  const urls = ports.map((port) => `ws://127.0.0.1:${port}`);
  const routeTo = await route(ids, urls);
  const peersOf = (from: string): string =>
    ids.map((to, index) => `${to}=${routeTo(from, to, urls[index] ?? "")}`).join(",");
  const relays = ids.map((id, index) =>
    createRelayProcess(id, ports[index] ?? 0, join(directory, id), [
      ...(relayCount > 1 ? ["--id", id, "--peers", peersOf(id)] : []),
      ...options,
    ]),
  );
  await Promise.all(relays.map((relay) => relay.start()));
  return {
    relays,
    directory,
    urlsFrom: (firstIndex) =>
      relays.map((_, index) => relays[(firstIndex + index) % relays.length]?.url ?? ""),
    close: async () => {
      await Promise.all(relays.map((relay) => relay.kill()));
      rmSync(directory, { recursive: true, force: true });
    },
  };
};

/** One relay of a cluster, not started yet. */
export const createRelayProcess = (
  id: string,
  port: number,
  dataDirectory: string,
  options: readonly string[],
): RelayProcess => {
  let child: ChildProcess | null = null;
  const log: string[] = [];
  const gone = async (signal: NodeJS.Signals): Promise<number | null> => {
    const ending = child;
    const isGone = ending === null || ending.exitCode !== null || ending.signalCode !== null;
    if (isGone) return ending?.exitCode ?? null;
    const exited = once(ending, "exit") as Promise<[number | null]>;
    ending.kill(signal);
    const [code] = await exited;
    return code;
  };
  return {
    id,
    url: `ws://127.0.0.1:${port}`,
    dataDirectory,
    get child() {
      return child;
    },
    log,
    start: async () => {
      const args = ["relay", "--listen", `127.0.0.1:${port}`, "--data", dataDirectory, ...options];
      const started = spawn(process.execPath, [command, ...args], {
        stdio: ["ignore", "pipe", "pipe"],
      });
      child = started;
      createInterface({ input: started.stderr }).on("line", (line) => log.push(line));
      const lines = createInterface({ input: started.stdout });
      await new Promise<void>((resolve, reject) => {
        lines.once("line", (line) =>
          line.startsWith("ready ") ? resolve() : reject(new Error(`relay ${id} said: ${line}`)),
        );
        started.once("exit", (code) =>
          reject(new Error(`relay ${id} ended with ${code}: ${log.slice(-3).join(" | ")}`)),
        );
      });
    },
    kill: async () => {
      await gone("SIGKILL");
    },
    end: () => gone("SIGTERM"),
  };
};
