// `npm run simulate -- --seeds 100000`: the long run of the simulation, on all cores. It may be stopped at any time, and goes on where it was.
//   --from 1         the first seed
//   --seeds 10000    how many there are in all; those that an earlier call has run are not run again
//   --workers 2      processes; as many as there are cores by default
//   --fresh          forgets what earlier calls have run
// What has come of it so far stands in .simulation/progress.json.
import { fork } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { pathToFileURL } from "node:url";
import { bundleSimulation } from "./simulation-bundle.mjs";

const CHUNK = 50;
const LINE_EVERY_MS = 10_000;

const { values } = parseArgs({
  options: {
    from: { type: "string", default: "1" },
    seeds: { type: "string", default: "10000" },
    workers: { type: "string", default: String(availableParallelism()) },
    fresh: { type: "boolean", default: false },
  },
});
const from = Number(values.from);
const to = from + Number(values.seeds);

const directory = join(import.meta.dirname, "../.simulation");
const file = join(directory, "progress.json");
mkdirSync(directory, { recursive: true });
if (values.fresh) rmSync(file, { force: true });

const bundle = await bundleSimulation(`long-${process.pid}`);
const { addSummary, emptySummary, describeSummary } = await import(pathToFileURL(bundle));

/** `doneTo`: every seed below it has been run; `done`: the beginnings of chunks above it that have. */
const progress = existsSync(file)
  ? JSON.parse(readFileSync(file, "utf8"))
  : { doneTo: from, done: [], summary: emptySummary() };

const save = () => {
  writeFileSync(`${file}.new`, JSON.stringify(progress, null, 2));
  renameSync(`${file}.new`, file);
};

let nextSeed = progress.doneTo;
const nextChunk = () => {
  while (progress.done.includes(nextSeed)) nextSeed += CHUNK;
  if (nextSeed >= to) return null;
  const chunk = { from: nextSeed, to: Math.min(nextSeed + CHUNK, to), isFirstEnough: false };
  nextSeed = chunk.to;
  return chunk;
};

const finish = (chunk, summary) => {
  addSummary(progress.summary, summary);
  for (const { seed, message } of summary.failures) line(`seed ${seed}: ${message}`);
  progress.done.push(chunk.from);
  for (let index = progress.done.indexOf(progress.doneTo); index >= 0;) {
    progress.done.splice(index, 1);
    progress.doneTo = Math.min(progress.doneTo + CHUNK, to);
    index = progress.done.indexOf(progress.doneTo);
  }
  save();
};

const line = (text) => process.stdout.write(`${text}\n`);

const work = (worker) =>
  new Promise((resolve, reject) => {
    let chunk = nextChunk();
    const ask = () => {
      if (chunk !== null) return worker.send(chunk);
      worker.disconnect();
      resolve();
    };
    worker.on("message", (summary) => {
      finish(chunk, summary);
      chunk = nextChunk();
      ask();
    });
    worker.on("exit", (code) => {
      if (code !== 0 && code !== null) reject(new Error(`a worker ended with ${code}`));
    });
    ask();
  });

const beginMs = Date.now();
const before = progress.summary.eventCount;
const tell = () => {
  const perSecond = (progress.summary.eventCount - before) / ((Date.now() - beginMs) / 1000);
  line(`${describeSummary(progress.summary)}, ${Math.round(perSecond)} events a second`);
};
const timer = setInterval(tell, LINE_EVERY_MS);
const workers = Array.from({ length: Number(values.workers) }, () =>
  // Nearly everything that a run makes is garbage at its end: a larger nursery saves a quarter of the time.
  fork(join(import.meta.dirname, "simulation-worker.mjs"), [bundle], {
    execArgv: ["--max-semi-space-size=64"],
  }),
);
await Promise.all(workers.map(work));
clearInterval(timer);
tell();
for (const kind of Object.keys(progress.summary.faultCountByKind).sort()) {
  line(`  ${kind}: ${progress.summary.faultCountByKind[kind]}`);
}
rmSync(join(bundle, ".."), { recursive: true, force: true });
process.exitCode = progress.summary.failures.length === 0 ? 0 : 1;
