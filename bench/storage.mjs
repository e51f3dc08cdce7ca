// What does a durable write cost: through the log in front of the tree, and as a commit of the tree itself (LMDB, as it was before there was a log)?
// Keys as a relay's: 200 collections, each write appends a row of 200 bytes to one of them and replaces two small rows of it.
//   npm run build && node bench/storage.mjs [directory]
import { mkdtemp, rm } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { openEnvironment } from "../packages/storage/dist/environment.js";
import { openLmdbStore } from "../packages/storage/dist/lmdb.js";
import { sealedWrite } from "../packages/storage/dist/stored-rows.js";
import { createGroupCommit } from "../packages/machine/dist/index.js";

const COLLECTIONS = 200;
const SECONDS = 4;
const IN_FLIGHT = [1, 16, 256];
const folder = await mkdtemp(join(process.argv[2] ?? ".", "storage-"));

const keyOf = (collection, kind, number) => {
  const key = Buffer.alloc(14);
  key[0] = 0x72;
  key.writeUInt32BE(collection, 1);
  key[5] = kind;
  key.writeUIntBE(number, 8, 6);
  return key;
};

const writesOf = (number) => {
  const collection = number % COLLECTIONS;
  return [
    { kind: "put", key: keyOf(collection, 0x65, number), value: Buffer.alloc(200, number) },
    { kind: "put", key: keyOf(collection, 0x78, 0), value: Buffer.alloc(16, number) },
    { kind: "put", key: keyOf(collection, 0x68, 0), value: Buffer.alloc(24, number) },
  ];
};

const openTree = async (file) => {
  const environment = await openEnvironment(file, 2 ** 30);
  const commit = createGroupCommit(async (writes, done) => {
    let failure = null;
    try {
      const rows = writes.map(({ key, value }) => sealedWrite([key.toString("latin1"), value]));
      await environment.write(rows);
    } catch (error) {
      failure = error;
    }
    done(failure);
  });
  return {
    write: (writes) =>
      new Promise((resolve, reject) => {
        commit.append(writes, (error) => (error === null ? resolve() : reject(error)));
      }),
    close: () => environment.close(),
  };
};

const measure = async (store, inFlight) => {
  let number = 0;
  const times = [];
  const cpuBefore = process.cpuUsage();
  const startMs = performance.now();
  const write = async () => {
    while (performance.now() - startMs < SECONDS * 1000) {
      const begunMs = performance.now();
      number += 1;
      await store.write(writesOf(number));
      times.push(performance.now() - begunMs);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, write));
  await store.close();
  const { user, system } = process.cpuUsage(cpuBefore);
  times.sort((left, right) => left - right);
  const at = (share) => times[Math.floor(times.length * share)].toFixed(2);
  const perSecond = Math.round(times.length / SECONDS).toLocaleString("en");
  return [perSecond, at(0.5), at(0.99), ((user + system) / times.length).toFixed(0)];
};

console.log(`${cpus()[0].model}, ${cpus().length} cores, Node ${process.version}`);
console.log(
  "| writes in flight | through | writes a second | median ms | 99 % ms | CPU µs a write |",
);
console.log("| --- | --- | --- | --- | --- | --- |");
for (const inFlight of IN_FLIGHT) {
  const log = await openLmdbStore(join(folder, `log-${inFlight}`));
  console.log(`| ${inFlight} | the log | ${(await measure(log, inFlight)).join(" | ")} |`);
  const tree = await openTree(join(folder, `tree-${inFlight}`));
  console.log(`| ${inFlight} | the tree | ${(await measure(tree, inFlight)).join(" | ")} |`);
}
await rm(folder, { recursive: true });
