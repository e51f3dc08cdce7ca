/** One relay as a process: started, killed, stopped, and heard. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { SyncError } from "@syncline/machine";
import { failureOf, readable } from "./relay-output.ts";

/** How to start a relay, and as whom. */
export interface RelayPlan {
  readonly id: string;
  /** Where this machine reaches it: `ws://127.0.0.1:4400`. */
  readonly url: string;
  readonly port: number;
  /** What Node is started with: the command's file, then its arguments. */
  readonly nodeArguments: readonly string[];
  print(line: string): void;
}

/** A relay of the cluster, whether it runs or not. */
export interface RelayProcess {
  readonly id: string;
  readonly url: string;
  readonly port: number;
  /** Whether it runs and accepts connections, as far as it has said, and was not told to end. */
  readonly isUp: boolean;
  /** Null while no process runs. */
  readonly pid: number | null;
  /**
   * Resolves when it accepts connections; at once if it does already.
   *
   * @throws SyncError with what it wrote last if it ends instead, `TIMEOUT` after 30 s.
   */
  start(): Promise<void>;
  /** `kill -9`: resolves when the process is gone. Nothing is flushed. */
  kill(): Promise<void>;
  /** SIGTERM, and SIGKILL three seconds later: resolves when the process is gone. */
  stop(): Promise<void>;
}

interface Run {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  /** The last lines of its standard error from before it was ready. */
  readonly heldLines: string[];
  readonly ready: Promise<void>;
  readonly ended: Promise<void>;
  isReady: boolean;
  /** It was told to end, so its end is no news. */
  isDismissed: boolean;
}

const startTimeMaxMs = 30_000;
const stopTimeMaxMs = 3000;
const heldLinesMax = 200;

/** A relay that does not run yet. */
export const createRelayProcess = (plan: RelayPlan): RelayProcess => {
  let run: Run | null = null;
  const end = async (how: (run: Run) => void): Promise<void> => {
    if (run === null) return;
    run.isDismissed = true;
    how(run);
    await run.ended;
  };
  return {
    id: plan.id,
    url: plan.url,
    port: plan.port,
    get isUp() {
      return run !== null && run.isReady && !run.isDismissed;
    },
    get pid() {
      return run?.child.pid ?? null;
    },
    start: async () => {
      // One that is still going away has the port and the directory.
      if (run?.isDismissed) await run.ended;
      run ??= launch(plan, () => {
        run = null;
      });
      await run.ready;
    },
    kill: () => end(({ child }) => child.kill("SIGKILL")),
    stop: () =>
      end(({ child, ended }) => {
        child.kill("SIGTERM");
        const timer = setTimeout(() => child.kill("SIGKILL"), stopTimeMaxMs);
        void ended.then(() => clearTimeout(timer));
      }),
  };
};

const launch = (plan: RelayPlan, hasEnded: () => void): Run => {
  const child = spawnRelay(plan.nodeArguments);
  const ready = withSwitch<void>();
  const ended = withSwitch<void>();
  const run: Run = {
    child,
    heldLines: [],
    ready: ready.promise,
    ended: ended.promise,
    isReady: false,
    isDismissed: false,
  };
  // Whoever called `start` hears of a failure; where nobody waits any more it must not end this process.
  run.ready.catch(() => {});
  const timer = setTimeout(() => {
    ready.reject(
      new SyncError("TIMEOUT", `relay ${plan.id} was not ready in ${startTimeMaxMs / 1000} s`),
    );
    child.kill("SIGKILL");
  }, startTimeMaxMs);

  onLine(child.stdout, (line) => {
    if (run.isReady || !line.startsWith("ready ")) return;
    clearTimeout(timer);
    run.isReady = true;
    for (const held of run.heldLines.splice(0)) plan.print(`${plan.id} | ${held}`);
    ready.resolve();
  });
  onLine(child.stderr, (written) => {
    const line = readable(written);
    // When relays end together each logs that it has lost the others.
    if (run.isDismissed && line !== written) return;
    if (run.isReady) plan.print(`${plan.id} | ${line}`);
    else run.heldLines.push(line);
    // The last one says why it could not start.
    if (run.heldLines.length > heldLinesMax) run.heldLines.shift();
  });
  // A process that could not be started at all ends without `close`.
  child.once("error", (error) => {
    run.heldLines.push(error.message);
    if (child.pid === undefined) finish("without having started");
  });
  child.once("close", (code, signal) => finish(`with ${signal ?? `exit ${code}`}`));

  const finish = (how: string): void => {
    clearTimeout(timer);
    if (run.isReady && !run.isDismissed) plan.print(`relay ${plan.id} ended by itself, ${how}`);
    hasEnded();
    ready.reject(failureOf(plan.id, run.heldLines, how));
    ended.resolve();
  };
  return run;
};

/**
 * The process has a group of its own, so that Ctrl-C in a terminal reaches only us, and we decide. It ends when its standard input does, so that it
 * cannot outlive us, even if we are killed. Variables for this command are not meant for it: what it is to know stands in its arguments.
 */
const spawnRelay = (nodeArguments: readonly string[]): Run["child"] => {
  const foreign = Object.entries(process.env).filter(([name]) => !name.startsWith("SYNCLINE_"));
  const child = spawn(process.execPath, nodeArguments, {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...Object.fromEntries(foreign), SYNCLINE_PARENT_PIPE: "1" },
    detached: process.platform !== "win32",
    windowsHide: true,
  });
  // Nothing is ever written to it; but a pipe whose other end is gone may still report that.
  child.stdin.on("error", () => {});
  return child;
};

const onLine = (stream: Readable, take: (line: string) => void): void => {
  createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on("line", (line) => {
    if (line.trim() !== "") take(line);
  });
};

interface Switch<Value> {
  readonly promise: Promise<Value>;
  resolve(value: Value): void;
  reject(error: Error): void;
}

const withSwitch = <Value>(): Switch<Value> => {
  let resolve: Switch<Value>["resolve"] = () => {};
  let reject: Switch<Value>["reject"] = () => {};
  const promise = new Promise<Value>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
};
