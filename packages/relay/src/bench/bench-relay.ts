/** The relay under measurement, as a process of its own, and what it has used. */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { SyncError } from "@syncline/machine";

/** What the relay's process is asked: what it has used, or the same after its garbage is collected. */
export type BenchQuestion = "use" | "held";

/** What the relay's process says. */
export type BenchAnswer = { readonly kind: "ready"; readonly url: string } | Use;

interface Use {
  readonly kind: "use";
  /** Processor time since its start, user and system, of all its threads. */
  readonly cpuMs: number;
  readonly memoryBytes: number;
}

/** What a relay's disk was asked for since its start. */
interface RelayHealth {
  readonly spaces: number;
  readonly disk: { readonly flushes: number };
}

/** A relay that accepts connections. */
export interface BenchRelay {
  readonly url: string;
  /** Asks the process; `isHeld` collects its garbage first. */
  use(isHeld: boolean): Promise<Omit<Use, "kind">>;
  health(): Promise<RelayHealth>;
  close(): Promise<void>;
}

const STOP_MS = 5000;
/** As it is built: a file of its own, above this module's folder. */
const worker = new URL("../bench-relay-worker.js", import.meta.url);

/** Starts a relay in a directory; rejects with `STORAGE_FAILED` if it ends instead. */
export const startBenchRelay = async (dataDirectory: string): Promise<BenchRelay> => {
  const child = fork(fileURLToPath(worker), [dataDirectory], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const answers: ((answer: BenchAnswer) => void)[] = [];
  const failures = new Set<(error: Error) => void>();
  child.on("message", (answer: BenchAnswer) => answers.shift()?.(answer));
  child.once("exit", (code) => {
    const error = new SyncError("STORAGE_FAILED", `the relay ended with ${code}`);
    for (const reject of failures) reject(error);
  });

  const next = (ask: () => void): Promise<BenchAnswer> =>
    new Promise((resolve, reject) => {
      failures.add(reject);
      answers.push((answer) => {
        failures.delete(reject);
        resolve(answer);
      });
      ask();
    });

  const ready = await next(() => {});
  const url = ready.kind === "ready" ? ready.url : "";
  return {
    url,
    use: async (isHeld) => {
      const question: BenchQuestion = isHeld ? "held" : "use";
      const answer = await next(() => child.send(question));
      return answer.kind === "use" ? answer : { cpuMs: 0, memoryBytes: 0 };
    },
    health: async () => {
      const answer = await fetch(`${url.replace("ws:", "http:")}/health`);
      return (await answer.json()) as RelayHealth;
    },
    close: () =>
      new Promise((resolve) => {
        const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
        child.once("exit", () => {
          clearTimeout(timer);
          resolve();
        });
        if (child.connected) child.disconnect();
        if (child.exitCode !== null || child.signalCode !== null) resolve();
      }),
  };
};
