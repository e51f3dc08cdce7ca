// How fast, how small and how large are the data types beside those of Yjs, Automerge, Loro and delta-crdts?
//
// One run: each library, type and size in a process of its own, one after another. Prints a table, and writes bench/data-types/results.json.
//   npm run bench:data-types
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { contestants } from "./contestants.mjs";
import { tableOf } from "./table.mjs";

const folder = dirname(fileURLToPath(import.meta.url));
const timeMaxMs = 45_000;
const rows = [
  ["counter", 1],
  ["set", 10],
  ["set", 10_000],
  ["set", 1_000_000],
  ["map", 10],
  ["map", 10_000],
  ["map", 1_000_000],
];
/** What is not there after 45 seconds, found once and not waited for again: delta-crdts copies its set to add to it, Automerge takes 0.1 ms for a key of a big map. */
const isHopeless = (library, type, size) =>
  (library === "delta-crdts" && type === "set" && size > 1_000) ||
  (library === "@automerge/automerge" && size > 100_000);

const run = promisify(execFile);

const measure = async (library, type, size) => {
  if (isHopeless(library, type, size)) return { kind: "too slow" };
  const program = join(folder, "measure.mjs");
  const flags = ["--expose-gc", "--max-old-space-size=8192"];
  try {
    const { stdout } = await run(process.execPath, [...flags, program, library, type, `${size}`], {
      timeout: timeMaxMs,
      killSignal: "SIGKILL",
    });
    return JSON.parse(stdout);
  } catch (error) {
    if (error.killed) return { kind: "too slow" };
    return { kind: "failed", reason: String(error.stderr ?? error.message).slice(0, 400) };
  }
};

const versionOf = (library) => {
  const own = library.startsWith("@syncline/")
    ? join(folder, "../../packages", library.replace("@syncline/", ""), "package.json")
    : join(folder, "../../node_modules", library, "package.json");
  return JSON.parse(readFileSync(own, "utf8")).version;
};

const libraries = Object.keys(contestants);
const results = [];
const report = {
  machine: {
    processor: cpus()[0]?.model ?? "unknown",
    processors: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
  },
  versions: Object.fromEntries(libraries.map((library) => [library, versionOf(library)])),
  results,
};
for (const [type, size] of rows) {
  for (const library of libraries) {
    const result = await measure(library, type, size);
    results.push({ library, type, size, ...result });
    process.stderr.write(`${type} ${size} ${library}: ${result.kind}\n`);
    writeFileSync(join(folder, "results.json"), `${JSON.stringify(report, null, 2)}\n`);
  }
}
console.log(tableOf(report));
