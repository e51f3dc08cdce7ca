// Measures one type of one library at one size, alone in its process, and prints the result as one line of JSON.
//   node --expose-gc measure.mjs LIBRARY TYPE SIZE
import { contestants } from "./contestants.mjs";

const [library, type, sizeText] = process.argv.slice(2);
const size = Number(sizeText);
const rounds = size > 100_000 ? 3 : 5;
const roundTimeMs = 100;
const operationsMax = 20_000;
const divergedChanges = 100;

const round = (number) => Math.round(number * 1_000) / 1_000;

const summary = (samples) => {
  const sorted = samples.toSorted((left, right) => left - right);
  return {
    median: round(sorted[Math.floor(sorted.length / 2)]),
    least: round(sorted[0]),
    most: round(sorted.at(-1)),
  };
};

const time = (run) => {
  const start = performance.now();
  run();
  return performance.now() - start;
};

const memoryOf = () => {
  for (let index = 0; index < 3; index += 1) globalThis.gc();
  return process.memoryUsage().rss;
};

const subject = (await contestants[library]())[type];
if (subject === null) {
  console.log(JSON.stringify({ kind: "absent" }));
  process.exit();
}

// Warm, before memory is looked at: the library's own code and heap are not the value's.
subject.fill(subject.create(9), Math.min(size, 1_000));
const before = memoryOf();
const value = subject.create(1);
const fillMs = time(() => subject.fill(value, size));
const memoryBytes = memoryOf() - before;
const state = subject.save(value);

let next = size;
const speeds = [];
let delta = null;
for (let index = 0; index < rounds; index += 1) {
  let count = 0;
  const start = performance.now();
  while (count < operationsMax && performance.now() - start < roundTimeMs) {
    delta = subject.change(value, next);
    next += 1;
    count += 1;
  }
  speeds.push((count / (performance.now() - start)) * 1_000);
}

// Two replicas from one state, each with changes of its own, of which one takes in the whole state of the other.
const mergeOnce = () => {
  const [left, right] = [subject.load(state, 2), subject.load(state, 3)];
  for (let change = 0; change < divergedChanges; change += 1) {
    subject.change(left, size + change);
    subject.change(right, size + divergedChanges + change);
  }
  const bytes = subject.save(right);
  const mergeMs = time(() => subject.merge(left, bytes));
  const expected = type === "counter" ? 1 : size + 2 * divergedChanges;
  const found = type === "counter" ? 1 : subject.size(left);
  if (found !== expected) throw new Error(`${found} entries after a merge, not ${expected}`);
  return mergeMs;
};

// A program that has run for a while is compiled; one that merges a million entries is by the time it has loaded them.
const isLarge = size > 100_000;
const warmUpStart = performance.now();
while (!isLarge && performance.now() - warmUpStart < 1_500) mergeOnce();
const merges = Array.from({ length: isLarge ? 1 : rounds }, mergeOnce);

console.log(
  JSON.stringify({
    kind: "measured",
    operationsPerSecond: summary(speeds),
    deltaBytes: delta.length,
    stateBytes: state.length,
    mergeMs: summary(merges),
    fillMs: round(fillMs),
    memoryBytes,
  }),
);
