// What processes have used, as the system counts it. Linux only: elsewhere everything is NaN.
import { readdirSync, readFileSync } from "node:fs";

/** The unit of processor time in /proc, as Linux tells it to programs, whatever the kernel counts in. */
const TICK_MS = 10;
const nothing = { processorMs: 0, switchCount: 0 };

/** Processor time, and how often a thread gave its core up to wait: of all these processes, since each began. */
export const usageOf = (pids) => pids.map(usageOfOne).reduce(plus, nothing);

/** What was used between two looks. */
export const usageBetween = (before, after) => combined(before, after, (one, other) => other - one);

const usageOfOne = (pid) => {
  try {
    return {
      processorMs: processorMsOf(pid),
      switchCount: switchesOf(pid),
    };
  } catch {
    return { processorMs: Number.NaN, switchCount: Number.NaN };
  }
};

/** Fields 14 and 15 behind the name, which may have spaces. */
const processorMsOf = (pid) => {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
};

const switchesOf = (pid) =>
  readdirSync(`/proc/${pid}/task`)
    .map((thread) => fieldOf(`/proc/${pid}/task/${thread}/status`, "voluntary_ctxt_switches"))
    .reduce((sum, count) => sum + count, 0);

const fieldOf = (path, name) => {
  const line = readFileSync(path, "utf8")
    .split("\n")
    .find((one) => one.startsWith(`${name}:`));
  return Number(/\d+/u.exec(line ?? "")?.[0] ?? Number.NaN);
};

const plus = (one, other) => combined(one, other, (left, right) => left + right);

const combined = (one, other, combine) => ({
  processorMs: combine(one.processorMs, other.processorMs),
  switchCount: combine(one.switchCount, other.switchCount),
});
