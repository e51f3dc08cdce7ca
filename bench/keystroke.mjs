// What does a keystroke cost in a relay, without its sockets and its disk: the home's steps, its journal, the log's record, the messages' bytes?
// 200 spaces of an author and two readers; in each round every author submits four updates of 21 bytes, as in the scenario `rooms`. Processor time of the process.
//   npm run build && node --single-threaded-gc bench/keystroke.mjs [tree]
import { cpus } from "node:os";
import { resolve } from "node:path";

const SPACES = 200;
const UPDATES = 4;
const ROUNDS = 50;
const WARM_UP_ROUNDS = 100;
const RUNS = 12;

/** Another tree that has been built may be named, to be compared with. */
const tree = resolve(process.argv[2] ?? `${import.meta.dirname}/..`);
const { createHome, createLinkWriter, createSpaceWriter } = await import(
  `${tree}/packages/gossip/dist/index.js`
);
const { startRuntime } = await import(`${tree}/packages/machine/dist/index.js`);
const { openDirectory } = await import(`${tree}/packages/relay/dist/directory.js`);
const { openSpaceJournal } = await import(`${tree}/packages/relay/dist/space-journal.js`);
const { encodeRecord } = await import(`${tree}/packages/storage/dist/log-record.js`);

const logId = new Uint8Array(8);
let sequence = 0;
/** Makes the log's record, and writes it nowhere. */
const store = {
  write: async (writes) => {
    sequence += 1;
    encodeRecord({ id: logId, sequence }, writes);
  },
  get: async () => null,
};

let shownCount = 0;

const openSpace = async (directory, index) => {
  const name = `room-${index}`;
  let runtime = null;
  const journal = await openSpaceJournal(directory, name, (answers) =>
    runtime === null ? answers() : runtime.together(answers),
  );
  const { incarnation } = directory;
  const config = { home: "a", incarnation, others: [], writeQuorum: 1, readQuorum: 1 };
  // Nothing is compacted: there is nothing to be read again.
  const home = createHome(config, { compactAfterEntries: 1e9, compactAfterBytes: 1e12 });
  const writer = createSpaceWriter(name, index + 1);
  const links = new Map(["author", "first", "second"].map((edge) => [edge, createLinkWriter()]));
  runtime = startRuntime(home, journal.records, {
    now: () => performance.now(),
    append: journal.append,
    load: journal.load,
    send: (to, message) => {
      links.get(to).message(writer, message);
      if (to === "author" && message.kind === "update") shownCount += message.entries.length;
    },
    deliver: () => {},
    wake: () => {},
    failed: (error) => {
      throw error;
    },
  });
  [...links.keys()].forEach((edge, place) => {
    const id = (index * 3 + place + 1).toString(16).padStart(16, "0");
    runtime.received(edge, { kind: "join", edge: id, vector: new Map() });
  });
  return { runtime, firstNumber: 1 };
};

const batchOf = () => ({
  document: "text",
  type: "yjs",
  payload: new Uint8Array(21).fill(7),
});

const round = async (spaces) => {
  const shownBefore = shownCount;
  for (const space of spaces) {
    const batches = Array.from({ length: UPDATES }, batchOf);
    space.runtime.received("author", { kind: "submit", firstNumber: space.firstNumber, batches });
    space.firstNumber += UPDATES;
  }
  while (shownCount < shownBefore + spaces.length * UPDATES) {
    await new Promise((again) => setImmediate(again));
  }
};

const directory = await openDirectory(store, false);
const spaces = [];
for (let index = 0; index < SPACES; index += 1) spaces.push(await openSpace(directory, index));
for (let count = 0; count < WARM_UP_ROUNDS; count += 1) await round(spaces);
const costs = [];
for (let run = 0; run < RUNS; run += 1) {
  const before = process.cpuUsage();
  for (let count = 0; count < ROUNDS; count += 1) await round(spaces);
  const { user, system } = process.cpuUsage(before);
  costs.push((user + system) / (ROUNDS * SPACES * UPDATES));
}
costs.sort((left, right) => left - right);
console.log(`${cpus()[0]?.model}, Node ${process.version}; µs of processor time for an update`);
console.log(`least ${costs[0].toFixed(2)}, median ${costs[RUNS >> 1].toFixed(2)} of ${RUNS} runs`);
process.exit(0);
