// Plants each bug of a protocol's list in turn, and counts the seeds until the simulation finds it.
import { fork } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { mutants as ofCaspaxos } from "../test/consensus/caspaxos/mutants.mjs";
import { mutants as ofPaxos } from "../test/consensus/paxos/mutants.mjs";
import { mutants as ofRaft } from "../test/consensus/raft/mutants.mjs";
import { mutants as ofGossip, plant } from "../test/simulation/mutants.mjs";
import { mutants as ofRaftLog } from "../test/storage/mutants.mjs";
import { bundleSimulation } from "./simulation-bundle.mjs";
import { readOptions, refuse } from "./simulation-options.mjs";

const CHUNK = 20;
/** A bug may make a run endless, which is a way of being found. */
const PATIENCE_MS = 300_000;

const mutantsByProtocol = {
  gossip: ofGossip,
  paxos: ofPaxos,
  caspaxos: ofCaspaxos,
  raft: ofRaft,
  "raft-log": ofRaftLog,
};
const listOf = (protocol) =>
  mutantsByProtocol[protocol].map(({ name, does }) => `  ${name}: ${does}`).join("\n");

const help = `npm run mutants -- [options]

Plants one bug after the other and counts the seeds until the simulation finds it.

  --protocol P  in which one: ${Object.keys(mutantsByProtocol).join(", ")} (gossip)
  --seeds N     how many are tried for each (2000)
  --only NAME   plants this one alone

The exit code is 1 if one was not found. The bugs:
${Object.keys(mutantsByProtocol)
  .map((protocol) => `${protocol}\n${listOf(protocol)}`)
  .join("\n")}`;

const {
  protocol,
  seeds: seedCount,
  only,
} = readOptions({
  help,
  options: {
    protocol: { type: "string", default: "gossip" },
    seeds: { type: "string", default: "2000" },
    only: { type: "string" },
  },
  counts: ["seeds"],
});
const mutants = mutantsByProtocol[protocol];
if (mutants === undefined) refuse(`there is no protocol ${protocol}: --help names them`);
const chosen = mutants.filter(({ name }) => only === undefined || name === only);
if (chosen.length === 0) refuse(`there is no bug ${only}: --help names them`);

const ask = (worker, question) =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(null), PATIENCE_MS);
    const done = (settle) => (value) => {
      clearTimeout(timer);
      worker.removeAllListeners();
      settle(value);
    };
    worker.once("message", done(resolve));
    worker.once(
      "exit",
      done(() => reject(new Error("the worker ended"))),
    );
    worker.send(question);
  });

const startWorker = (bundle) => fork(join(import.meta.dirname, "simulation-worker.mjs"), [bundle]);

/** A seed has found a bug only if it holds without it. */
const honestBundle = await bundleSimulation(`plain-${process.pid}`, [], protocol);
const honest = startWorker(honestBundle);
const holdsWithout = async (seed) => {
  const summary = await ask(honest, { from: seed, to: seed + 1, isFirstEnough: true });
  return summary !== null && summary.failures.length === 0;
};

const hunt = async (mutant) => {
  const bundle = await bundleSimulation(`mutant-${process.pid}`, [plant(mutant)], protocol);
  const worker = startWorker(bundle);
  try {
    for (let from = 1; from <= seedCount;) {
      const to = Math.min(from + CHUNK, seedCount + 1);
      const summary = await ask(worker, { from, to, isFirstEnough: true });
      if (summary === null) {
        const message = `seeds ${from} to ${to - 1} do not end within ${PATIENCE_MS / 1000} s`;
        return { seed: from, message };
      }
      const [failure] = summary.failures;
      if (failure !== undefined && (await holdsWithout(failure.seed))) return failure;
      from = failure === undefined ? to : failure.seed + 1;
    }
    return null;
  } finally {
    worker.kill("SIGKILL");
    rmSync(join(bundle, ".."), { recursive: true, force: true });
  }
};

let survivorCount = 0;
const line = (text) => process.stdout.write(`${text}\n`);
line("| planted bug | found by seed | as |\n| --- | --- | --- |");
for (const mutant of chosen) {
  const found = await hunt(mutant);
  if (found === null) survivorCount += 1;
  const what =
    found === null ? `not in ${seedCount} | ` : `${found.seed} | ${found.message.split("\n")[0]}`;
  line(`| \`${mutant.name}\`: ${mutant.does} | ${what} |`);
}
honest.kill();
rmSync(join(honestBundle, ".."), { recursive: true, force: true });
line(`${chosen.length} planted, ${survivorCount} survived`);
process.exitCode = survivorCount === 0 ? 0 : 1;
