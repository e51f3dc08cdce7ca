// Plants each bug of the data types' list in turn, runs their tests, and says which of them noticed.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { mutants } from "../test/crdt/mutants.mjs";
import { readOptions, refuse } from "./simulation-options.mjs";

const root = join(import.meta.dirname, "..");
/** A bug may make a run endless, which is a way of being found. */
const PATIENCE_MS = 300_000;

const { only } = readOptions({
  help: `npm run mutants:data-types -- [options]

Plants one bug after the other in the data types and clocks, and runs their tests until one fails.

  --only NAME   plants this one alone

The exit code is 1 if one was not found. The bugs:
${mutants.map(({ name, does }) => `  ${name}: ${does}`).join("\n")}`,
  options: { only: { type: "string" } },
  counts: [],
});
const chosen = mutants.filter(({ name }) => only === undefined || name === only);
if (chosen.length === 0) refuse(`there is no bug ${only}: --help names them`);

/** A piece that is not there exactly once would make every test fail, and the bug look found. */
const demandPieces = ({ name, changes }) => {
  for (const { file, piece } of changes) {
    const count = readFileSync(join(root, file), "utf8").split(piece).length - 1;
    if (count !== 1) refuse(`${name}: the piece is ${count} times in ${file}`);
  }
};

/** What the tests print with this bug planted, or null if they do not end. */
const runTests = (name) =>
  new Promise((resolve) => {
    const command = ["vitest", "run", "--config", "scripts/planted-tests.config.mjs"];
    const child = spawn("npx", command, {
      cwd: root,
      env: { ...process.env, PLANTED: name },
      stdio: ["ignore", "pipe", "ignore"],
      detached: true,
    });
    let text = "";
    child.stdout.on("data", (bytes) => void (text += String(bytes)));
    const timer = setTimeout(() => {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      resolve(null);
    }, PATIENCE_MS);
    child.on("close", () => {
      clearTimeout(timer);
      resolve(text);
    });
  });

/** The first test that failed, or null if none did. Throws if the tests could not be run. */
const noticedBy = (text) => {
  if (text === null) return `a test that does not end within ${PATIENCE_MS / 1000} s`;
  const { success, testResults } = JSON.parse(text.slice(text.indexOf("{")));
  if (success) return null;
  for (const { name, assertionResults, message } of testResults) {
    const failed = assertionResults.find(({ status }) => status === "failed");
    if (failed !== undefined) return failed.fullName.trim();
    if (message !== "") throw new Error(`${name}: ${message}`);
  }
  throw new Error("the tests failed, and none says why");
};

let survivorCount = 0;
const line = (text) => process.stdout.write(`${text}\n`);
for (const mutant of chosen) demandPieces(mutant);
line("| planted bug | what it does | the first test that noticed |\n| --- | --- | --- |");
for (const { name, does } of chosen) {
  const by = noticedBy(await runTests(name));
  if (by === null) survivorCount += 1;
  line(`| \`${name}\` | ${does} | ${by ?? "**none**"} |`);
}
line(`${chosen.length} planted, ${survivorCount} survived`);
process.exitCode = survivorCount === 0 ? 0 : 1;
