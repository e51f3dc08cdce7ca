// On what should a replicated log be kept? Its own files (one write through to the disk for each group), the same with a write and a flush, or the
// store on LMDB (a log in front of a tree). One entry of 64 bytes for each append, as many appends waiting at a time as stand in the first column.
//   npm run build && node bench/raft-log.mjs [directory]
import { closeSync, constants, fdatasync, openSync, write } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { createGroupCommit } from "../packages/machine/dist/index.js";
import { openLmdbStore } from "../packages/storage/dist/lmdb.js";
import { openRaftLog } from "../packages/storage/dist/raft-log/index.js";

const SECONDS = Number(process.env["SECONDS_EACH"] ?? 3);
const IN_FLIGHT = [1, 16, 64, 256];
const ENTRY_BYTES = 64;
const folder = await mkdtemp(join(process.argv[2] ?? ".", "raft-log-"));

const entryBytes = (index) => Buffer.alloc(ENTRY_BYTES, index);

const openLog = async (directory) => {
  const log = await openRaftLog(directory);
  return {
    append: (index) =>
      new Promise((resolve, reject) => {
        const entry = { index, term: 1, type: 1, bytes: entryBytes(index) };
        log.append([{ kind: "entry", entry }], (error) => (error ? reject(error) : resolve()));
      }),
    close: () => log.close(),
  };
};

const openStore = async (directory) => {
  const store = await openLmdbStore(directory);
  return {
    append: (index) => {
      const key = Buffer.alloc(8);
      key.writeUIntBE(index, 2, 6);
      return store.write([{ kind: "put", key, value: entryBytes(index) }]);
    },
    close: () => store.close(),
  };
};

/** What the disk itself allows: one block for each group, in a file that has its length already, written through or flushed after it. */
const openBare = (isWrittenThrough) => async (directory) => {
  const through = isWrittenThrough ? constants.O_DSYNC : 0;
  const descriptor = openSync(`${directory}.bare`, constants.O_RDWR | constants.O_CREAT | through);
  await new Promise((resolve) => write(descriptor, Buffer.alloc(2 ** 26), resolve));
  const block = Buffer.alloc(2 ** 16);
  let at = 0;
  const commit = createGroupCommit((items, done) => {
    const byteCount = Math.ceil((items.length * ENTRY_BYTES) / 4096) * 4096;
    at = (at + byteCount) % 2 ** 25;
    write(descriptor, block, 0, byteCount, at, (error) => {
      if (error !== null || isWrittenThrough) return done(error);
      fdatasync(descriptor, done);
    });
  });
  return {
    append: (index) => new Promise((resolve) => commit.append([index], resolve)),
    close: () => closeSync(descriptor),
  };
};

const measure = async (target, inFlight) => {
  let index = 0;
  const times = [];
  const cpuBefore = process.cpuUsage();
  const startMs = performance.now();
  const append = async () => {
    while (performance.now() - startMs < SECONDS * 1000) {
      const begunMs = performance.now();
      index += 1;
      await target.append(index);
      times.push(performance.now() - begunMs);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, append));
  await target.close();
  const { user, system } = process.cpuUsage(cpuBefore);
  times.sort((left, right) => left - right);
  const at = (share) => times[Math.floor(times.length * share)].toFixed(2);
  const perSecond = Math.round(times.length / SECONDS).toLocaleString("en");
  return [perSecond, at(0.5), at(0.99), ((user + system) / times.length).toFixed(0)];
};

const targets = {
  "files of its own": openLog,
  "the store on LMDB": openStore,
  "bare blocks, written through": openBare(true),
  "bare blocks, then fdatasync": openBare(false),
};

console.log(`${cpus()[0].model}, ${cpus().length} cores, Node ${process.version}`);
console.log(
  "| appends in flight | on | appends a second | median ms | 99 % ms | CPU µs an append |",
);
console.log("| --- | --- | --- | --- | --- | --- |");
try {
  for (const inFlight of IN_FLIGHT) {
    for (const [name, open] of Object.entries(targets)) {
      const target = await open(join(folder, `${name}-${inFlight}`.replaceAll(" ", "-")));
      console.log(`| ${[inFlight, name, ...(await measure(target, inFlight))].join(" | ")} |`);
    }
  }
} finally {
  await rm(folder, { recursive: true });
}
