// Clients that each wait for one answer before they ask for the next.

/** Times of one measurement, in milliseconds, and what came of it. */
const summaryOf = (times, seconds, failureCount) => {
  times.sort((left, right) => left - right);
  const at = (share) => times[Math.floor(times.length * share)] ?? Number.NaN;
  return {
    perSecond: times.length / seconds,
    medianMs: at(0.5),
    p99Ms: at(0.99),
    maxMs: times.at(-1) ?? Number.NaN,
    failureCount,
  };
};

/** Runs `operate(client, number)` in each client, one at a time, for some seconds after a second of warming up. Failures are counted, not timed. */
export const measure = async (clients, seconds, operate) => {
  const times = [];
  let failureCount = 0;
  const startMs = performance.now() + 1000;
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
  await Promise.all(clients.map(run));
  return summaryOf(times, seconds, failureCount);
};
