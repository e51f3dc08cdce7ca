// How many events a second does the simulator handle on one core? Three homes and ten edges that all write, in virtual time, with every
// invariant looked at after every step; with messages and disks as objects, and through the real codecs.
// Time is the process's own CPU time, of all its threads, so that other work on the machine counts as little as it can. For the same reason garbage is
// collected by the one thread that makes it: helpers that wait for a core that others use count as time of this process, too.
//   npm run bench:simulator
import { cpus } from "node:os";
import { pathToFileURL } from "node:url";
import { bundleSimulation } from "../scripts/simulation-bundle.mjs";

const RUN_COUNT = 7;
const WARM_UP_COUNT = 2;

const { runHealthyCluster } = await import(pathToFileURL(await bundleSimulation("bench")));

const measure = (isCoded) => {
  const runs = [];
  for (let run = 0; run < RUN_COUNT + WARM_UP_COUNT; run += 1) {
    const begin = process.cpuUsage();
    const cluster = { homeCount: 3, edgeCount: 10, everyMs: 200, forMs: 60_000, isCoded };
    const { eventCount, simulatedMs } = runHealthyCluster(cluster);
    const took = process.cpuUsage(begin);
    const tookMs = (took.user + took.system) / 1000;
    if (run >= WARM_UP_COUNT) {
      runs.push({ perSecond: (eventCount / tookMs) * 1000, times: simulatedMs / tookMs });
    }
  }
  runs.sort((left, right) => left.perSecond - right.perSecond);
  return { median: runs[RUN_COUNT >> 1], least: runs[0], most: runs.at(-1) };
};

const round = (number) => Math.round(number).toLocaleString("en");
const line = (text) => process.stdout.write(`${text}\n`);
line(
  `${cpus()[0].model}, Node ${process.version}, ${RUN_COUNT} runs of a minute of virtual time, by CPU time`,
);
line(
  "| messages and disks | events a second of CPU time, median | least to most | times real time |",
);
line("| --- | --- | --- | --- |");
for (const isCoded of [false, true]) {
  const { median, least, most } = measure(isCoded);
  const how = isCoded ? "through the codecs" : "as objects";
  line(
    `| ${how} | ${round(median.perSecond)} | ${round(least.perSecond)}–${round(most.perSecond)} | ${round(median.times)} |`,
  );
}
