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
import { measure } from "./load.mjs";
import * as syncline from "./syncline.mjs";

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
  for (let round = 1; round <= settings.rounds; round += 1) {
    for (const name of names) {
      const found = await measureSystem(systems[name], settings);
      results.push(...found.map((one) => ({ system: name, round, ...one })));
    }
  }
  console.log(tableOf(results, settings, names));
  if (settings.out !== "") {
    writeFileSync(settings.out, `${JSON.stringify({ machine, settings, results }, null, 1)}\n`);
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

/** Starts the system anew, measures writes and then reads for each number of clients. */
const measureSystem = async (system, settings) => {
  mkdirSync(settings.data, { recursive: true });
  const directory = mkdtempSync(join(settings.data, "consensus-"));
  const cluster = await system.start(directory, await freePorts(6));
  const results = [];
  try {
    for (const clientCount of settings.clientCounts) {
      const clients = await Promise.all(Array.from({ length: clientCount }, cluster.connect));
      for (const kind of ["write", "read"]) {
        const found = await measure(clients, settings.seconds, operationOf(kind, settings));
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

const medianOf = (numbers) => {
  const sorted = numbers.toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
};

const tableOf = (results, { clientCounts }, names) => {
  const lines = [
    "| clients | system | writes a second | median ms | 99 % ms | reads a second | median ms | 99 % ms |",
    "| --- | --- | --- | --- | --- | --- | --- | --- |",
  ];
  for (const clientCount of clientCounts) {
    for (const system of names) {
      const cells = ["write", "read"].flatMap((kind) => {
        const some = results.filter(
          (one) => one.clientCount === clientCount && one.system === system && one.kind === kind,
        );
        const median = (field) => medianOf(some.map((one) => one[field]));
        const perSecond = Math.round(median("perSecond")).toLocaleString("en");
        return [perSecond, median("medianMs").toFixed(2), median("p99Ms").toFixed(2)];
      });
      lines.push(`| ${[clientCount, system, ...cells].join(" | ")} |`);
    }
  }
  return lines.join("\n");
};

await main();
