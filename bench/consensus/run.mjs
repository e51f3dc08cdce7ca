// How many writes does a cluster of three commit in a second, how many linearizable reads does it answer, and how long does each take? Beside etcd, whose nodes
// flush before they acknowledge as ours do, on the same machine in the same run. See help.txt.
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { cpus, release } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import * as etcd from "./etcd.mjs";
import { probeDisk } from "./disk-probe.mjs";
import { measure } from "./load.mjs";
import * as syncline from "./syncline.mjs";
import { medianOf, tablesOf } from "./tables.mjs";
import { usageOf } from "./usage.mjs";

const systems = { etcd, syncline };
const KEYS = 1000;

const settingsFrom = (args) => {
  const { values } = parseArgs({
    args,
    options: {
      help: { type: "boolean", default: false },
      system: { type: "string", default: "etcd,syncline" },
      clients: { type: "string", default: "1,16,64,256" },
      seconds: { type: "string", default: "5" },
      "warm-up": { type: "string", default: "5" },
      rounds: { type: "string", default: "3" },
      value: { type: "string", default: "32" },
      data: { type: "string", default: ".syncline/bench" },
      out: { type: "string", default: "" },
    },
  });
  return {
    ...values,
    names: values.system.split(","),
    clientCounts: values.clients.split(",").map(Number),
    seconds: Number(values.seconds),
    warmUpSeconds: Number(values["warm-up"]),
    rounds: Number(values.rounds),
    valueBytes: Number(values.value),
  };
};

const main = async () => {
  const settings = settingsFrom(process.argv.slice(2));
  if (settings.help) {
    console.log(readFileSync(new URL("./help.txt", import.meta.url), "utf8"));
    return;
  }
  const names = settings.names.filter((name) => {
    const isThere = systems[name].version() !== null;
    if (!isThere) console.log(`${name} is not installed here, and left out.`);
    return isThere;
  });
  const machine = machineOf(names);
  console.log(machine.text);
  const results = [];
  const probes = [];
  mkdirSync(settings.data, { recursive: true });
  for (let round = 1; round <= settings.rounds; round += 1) {
    for (const name of names) {
      probes.push(probeDisk(settings.data));
      const found = await measureSystem(systems[name], settings);
      results.push(...found.map((one) => ({ system: name, round, ...one })));
    }
  }
  const probed = (field) => medianOf(probes.map((probe) => probe[field])).toFixed(2);
  console.log(
    `A block written and flushed: median ${probed("medianMs")} ms, 99 % ${probed("p99Ms")} ms\n`,
  );
  console.log(tablesOf(results, settings, names));
  if (settings.out !== "") {
    writeFileSync(
      settings.out,
      `${JSON.stringify({ machine, settings, probes, results }, null, 1)}\n`,
    );
  }
};

const machineOf = (names) => {
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
  const versions = Object.fromEntries(names.map((name) => [name, systems[name].version()]));
  const { model } = cpus()[0];
  const listed = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const parts = [
    `${cpus().length} cores of ${model}`,
    `Linux ${release()}`,
    `Node ${process.version}`,
  ];
  const text = `${[...parts, ...listed].join(", ")}, commit ${commit}`;
  return {
    model,
    cores: cpus().length,
    release: release(),
    node: process.version,
    versions,
    commit,
    text,
  };
};

/** Starts the system anew, lets it run for a while, and measures writes and then reads for each number of clients. */
const measureSystem = async (system, settings) => {
  const directory = mkdtempSync(join(settings.data, "consensus-"));
  const cluster = await system.start(directory, await freePorts(6));
  const results = [];
  const measuring = { seconds: settings.seconds, usage: () => usageOf(cluster.pids) };
  try {
    await warmUp(cluster, measuring, settings);
    for (const clientCount of settings.clientCounts) {
      const clients = await clientsOf(cluster, clientCount);
      for (const kind of ["write", "read"]) {
        const found = await measure(clients, measuring, operationOf(kind, settings));
        results.push({ clientCount, kind, ...found });
        const failed = `${clientCount} clients: ${found.failureCount} ${kind}s failed`;
        if (found.failureCount > 0) console.log(failed);
      }
      for (const client of clients) client.close();
    }
  } finally {
    await cluster.stop();
    rmSync(directory, { recursive: true, force: true });
  }
  return results;
};

const clientsOf = (cluster, clientCount) =>
  Promise.all(Array.from({ length: clientCount }, cluster.connect));

/** Nodes that have been up for a while: their code is compiled, their files are there. */
const warmUp = async (cluster, measuring, settings) => {
  if (settings.warmUpSeconds === 0) return;
  const clients = await clientsOf(cluster, 64);
  for (const kind of ["write", "read"]) {
    const seconds = settings.warmUpSeconds;
    await measure(clients, { ...measuring, seconds }, operationOf(kind, settings));
  }
  for (const client of clients) client.close();
};

const operationOf = (kind, { valueBytes }) => {
  const keys = Array.from({ length: KEYS }, (_, number) =>
    Buffer.from(`key/${String(number).padStart(8, "0")}`),
  );
  const value = Buffer.alloc(valueBytes, "v");
  if (kind === "read") return (client, number) => client.read(keys[number % KEYS]);
  return (client, number) => client.write(keys[number % KEYS], value);
};

const freePorts = async (count) => {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
};

await main();
