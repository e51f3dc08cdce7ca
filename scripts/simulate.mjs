// The long run of the simulation, on all cores. What has come of it so far stands in .simulation/progress.json.
import { fork } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { bundleSimulation, protocols } from "./simulation-bundle.mjs";
import { readOptions, refuse } from "./simulation-options.mjs";

const CHUNK = 50;
const LINE_EVERY_MS = 10_000;

const help = `npm run simulate -- [options]

Runs the simulation on many seeds. It may be stopped at any time, and goes on where it was.

  --protocol P  which one: ${protocols.join(", ")} (gossip)
  --from N      the first seed (1)
  --seeds N     how many there are in all, in chunks of ${CHUNK}; those that an earlier call has run are not run again (10000)
  --workers N   processes (as many as there are cores)
  --fresh       forgets what earlier calls have run

What has come of it so far stands in .simulation/progress.json, or in PROTOCOL.json. The exit code is 1 if a seed has failed.
"SEED=7 npm test -- test/simulation/seeds.test.ts" shows what is wrong in seed 7; that of another protocol is in test/consensus/PROTOCOL.`;

const { protocol, from, seeds, workers, fresh } = readOptions({
  help,
  options: {
    protocol: { type: "string", default: "gossip" },
    from: { type: "string", default: "1" },
    seeds: { type: "string", default: "10000" },
    workers: { type: "string", default: String(availableParallelism()) },
    fresh: { type: "boolean", default: false },
  },
  counts: ["from", "seeds", "workers"],
});
const to = from + seeds;
if (!protocols.includes(protocol)) refuse(`there is no protocol ${protocol}: --help names them`);

const directory = join(import.meta.dirname, "../.simulation");
const file = join(directory, protocol === "gossip" ? "progress.json" : `${protocol}.json`);
mkdirSync(directory, { recursive: true });
if (fresh) rmSync(file, { force: true });

const bundle = await bundleSimulation(`long-${process.pid}`, [], protocol);
const { addSummary, emptySummary, describeSummary } = await import(pathToFileURL(bundle));

/** `from`: the first seed; `doneTo`: every seed from there up to it has been run; `done`: the beginnings of chunks above it that have. */
const progress = existsSync(file)
  ? JSON.parse(readFileSync(file, "utf8"))
  : { from, doneTo: from, done: [], summary: emptySummary() };
if (progress.from !== from) {
  rmSync(join(bundle, ".."), { recursive: true, force: true });
  refuse(`what has been run begins with seed ${progress.from}: --fresh forgets it`);
}

const save = () => {
  writeFileSync(`${file}.new`, JSON.stringify(progress, null, 2));
  renameSync(`${file}.new`, file);
};

let nextSeed = progress.doneTo;
const nextChunk = () => {
  while (progress.done.includes(nextSeed)) nextSeed += CHUNK;
  if (nextSeed >= to) return null;
  // Always a whole one: were the last cut off, a later call with more seeds would take the rest of it for done.
  const chunk = { from: nextSeed, to: nextSeed + CHUNK, isFirstEnough: false };
  nextSeed = chunk.to;
  return chunk;
};

const finish = (chunk, summary) => {
  addSummary(progress.summary, summary);
  for (const { seed, message } of summary.failures) line(`seed ${seed}: ${message}`);
  progress.done.push(chunk.from);
  for (let index = progress.done.indexOf(progress.doneTo); index >= 0;) {
    progress.done.splice(index, 1);
    progress.doneTo += CHUNK;
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
    worker.on("exit", (code, signal) => {
      if (chunk !== null) reject(new Error(`a worker ended with ${code ?? signal}`));
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
const processes = Array.from({ length: workers }, () =>
  // Nearly everything that a run makes is garbage at its end: a larger nursery saves a quarter of the time.
  fork(join(import.meta.dirname, "simulation-worker.mjs"), [bundle], {
    execArgv: ["--max-semi-space-size=64"],
  }),
);
await Promise.all(processes.map(work));
clearInterval(timer);
tell();
for (const kind of Object.keys(progress.summary.faultCountByKind).sort()) {
  line(`  ${kind}: ${progress.summary.faultCountByKind[kind]}`);
}
rmSync(join(bundle, ".."), { recursive: true, force: true });
process.exitCode = progress.summary.failures.length === 0 ? 0 : 1;
