/** The relay that `syncline bench` measures: a process of its own, started by its file name, that tells its address and, when asked, what it has used. */
import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { BenchAnswer, BenchQuestion } from "./bench/bench-relay.ts";
import { startRelay } from "./relay.ts";

const main = async (data: string): Promise<void> => {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  const relay = await startRelay({ listen: "127.0.0.1:0", data, logLevel: "warn" });
  const say = (answer: BenchAnswer): void => void process.send?.(answer);
  process.on("message", (question: BenchQuestion) => {
    if (question === "held" && typeof collect === "function") collect();
    const { user, system } = process.cpuUsage();
    say({ kind: "use", cpuMs: (user + system) / 1000, memoryBytes: memoryBytes() });
  });
  // Whoever measures is gone: nobody will ask any more.
  process.on("disconnect", () => {
    relay.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  });
  say({ kind: "ready", url: relay.url });
};

/** Anonymous memory where the system tells it: pages of the mapped data file are the system's to take back. */
const memoryBytes = (): number => {
  try {
    const status = readFileSync("/proc/self/status", "latin1");
    const kilobytes = /^RssAnon:\s+(\d+) kB/mu.exec(status)?.[1];
    if (kilobytes !== undefined) return Number(kilobytes) * 1024;
  } catch {
    // Not Linux.
  }
  return process.memoryUsage.rss();
};

await main(process.argv[2] ?? "");
