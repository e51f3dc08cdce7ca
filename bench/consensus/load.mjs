// Clients that each wait for one answer before they ask for the next.
import { usageBetween } from "./usage.mjs";

const WARM_UP_MS = 1000;

/** Runs `operate(client, number)` in each client, one at a time, for some seconds after one of warming up. Failures are counted, not timed. */
export const measure = async (clients, { seconds, usage }, operate) => {
  const times = [];
  let failureCount = 0;
  const startMs = performance.now() + WARM_UP_MS;
  const endMs = startMs + seconds * 1000;
  const run = async (client, index) => {
    for (let number = index; performance.now() < endMs; number += clients.length) {
      const begunMs = performance.now();
      try {
        await operate(client, number);
      } catch {
        failureCount += 1;
        continue;
      }
      const endedMs = performance.now();
      if (begunMs >= startMs && endedMs <= endMs) times.push(endedMs - begunMs);
    }
  };
  const used = usedBetween(usage, { startMs, endMs });
  await Promise.all(clients.map(run));
  return { ...summaryOf(times, seconds), failureCount, ...perOperation(await used, times.length) };
};

/** What the nodes, and these clients, use from the one time to the other. */
const usedBetween = async (usage, { startMs, endMs }) => {
  await until(startMs);
  const [before, loadBefore] = [usage(), process.cpuUsage()];
  await until(endMs);
  const { user, system } = process.cpuUsage(loadBefore);
  return { ...usageBetween(before, usage()), loadMs: (user + system) / 1000 };
};

const until = (atMs) => new Promise((resolve) => setTimeout(resolve, atMs - performance.now()));

const perOperation = ({ processorMs, loadMs, switchCount }, count) => ({
  processorMicros: (processorMs * 1000) / count,
  loadMicros: (loadMs * 1000) / count,
  switchCount: switchCount / count,
});

/** Times of one measurement, in milliseconds. */
const summaryOf = (times, seconds) => {
  times.sort((left, right) => left - right);
  const at = (share) => times[Math.floor(times.length * share)] ?? Number.NaN;
  return {
    perSecond: times.length / seconds,
    medianMs: at(0.5),
    p99Ms: at(0.99),
    maxMs: times.at(-1) ?? Number.NaN,
  };
};
