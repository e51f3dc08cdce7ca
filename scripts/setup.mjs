// Makes a fresh clone ready to run: checks Node, installs what package-lock.json names, builds dist/ folders.
// It does only what is missing, says what it does, and needs nothing installed itself.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const nodeVersionMin = [20, 19];
const progressEveryMs = 5_000;

/** The folder that holds the root package.json. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const buildStamp = join(root, "node_modules", ".syncline-build");

/** Installs and builds as far as needed. Resolves with false, after saying why, if that failed. */
export const setUp = async () => {
  if (!isNodeNewEnough()) return false;
  if (!isInstalled() && !(await install())) return false;
  const sources = fingerprintOfSources();
  if (!isBuilt(sources) && !(await build(sources))) return false;
  return true;
};

const isNodeNewEnough = () => {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const [majorMin, minorMin] = nodeVersionMin;
  if (major > majorMin || (major === majorMin && minor >= minorMin)) return true;
  const wanted = nodeVersionMin.join(".");
  fail(
    `Syncline needs Node ${wanted} or newer; this is ${process.versions.node} (${process.execPath}).`,
  );
  return false;
};

/**
 * Whether node_modules holds what package-lock.json names.
 *
 * npm leaves a copy of the lock file in node_modules when, and only when, an install came to its end.
 * Comparing the two is better than comparing dates: a clone, a branch or a backup may have any date.
 */
const isInstalled = (folder = root) => {
  const installedLock = join(folder, "node_modules", ".package-lock.json");
  if (!existsSync(installedLock)) return false;
  const wanted = packagesOf(join(folder, "package-lock.json"));
  const installed = packagesOf(installedLock);
  return Object.entries(wanted).every(([path, { version, integrity, optional }]) => {
    if (!path.startsWith("node_modules/") && !path.includes("/node_modules/")) return true;
    const found = installed[path];
    if (found === undefined) return optional === true; // Another platform's binary.
    return found.version === version && found.integrity === integrity;
  });
};

const packagesOf = (lockFile) => JSON.parse(readFileSync(lockFile, "utf8")).packages ?? {};

/**
 * Installs the servers that the benchmark compares with. They stand apart from the workspaces: they bring a compiler's work and packages
 * that nobody needs who does not measure.
 */
export const setUpPeers = async () => {
  const folder = join(root, "bench/relays/peers");
  if (isInstalled(folder)) return true;
  return install("Installing the peers to compare with (npm ci)", folder);
};

const install = (title = "Installing dependencies (npm ci)", folder = root) => {
  const npm = process.env.npm_execpath;
  const [command, ...first] = npm?.endsWith(".js") ? [process.execPath, npm] : ["npm"];
  const args = [...first, "ci", "--no-audit", "--no-fund"];
  return report(title, command, args, folder);
};

const build = async (sources) => {
  const rollup = join(root, "node_modules", "rollup", "dist", "bin", "rollup");
  const isDone = await report("Building packages, demos and the benchmark", process.execPath, [
    rollup,
    "-c",
    "--silent",
  ]);
  if (isDone) writeFileSync(buildStamp, sources);
  return isDone;
};

const isBuilt = (sources) =>
  existsSync(buildStamp) &&
  readFileSync(buildStamp, "utf8") === sources &&
  foldersIn("packages").every(
    (name) =>
      !existsSync(join(root, "packages", name, "src", "index.ts")) ||
      existsSync(join(root, "packages", name, "dist", "index.js")),
  );

/** Changes with each source's path, size or date; so it sees a deleted file, too. */
const fingerprintOfSources = () => {
  const hash = createHash("sha256");
  const files = [
    "package-lock.json",
    "rollup.config.mjs",
    ...["packages", "demos", "bench"].flatMap((top) =>
      foldersIn(top).flatMap((name) => sourcesIn(join(top, name))),
    ),
  ];
  for (const file of files) {
    const { size, mtimeMs } = statSync(join(root, file));
    hash.update(`${file} ${size} ${mtimeMs}\n`);
  }
  return hash.digest("hex");
};

const foldersIn = (path) =>
  existsSync(join(root, path))
    ? readdirSync(join(root, path), { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => entry.name)
        .sort()
    : [];

const isSource = (name) => /\.(?:ts|json|html|css)$/u.test(name) && !name.endsWith(".test.ts");

const sourcesIn = (folder) =>
  readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      return ["dist", "node_modules"].includes(entry.name) ? [] : sourcesIn(path);
    }
    return isSource(entry.name) ? [path] : [];
  });

/** Runs a command, keeps its output to itself unless it fails, and says what it does and how long it took. */
const report = (title, command, args, cwd = root) =>
  new Promise((resolve) => {
    const startMs = Date.now();
    const output = [];
    say(`${colour(36, "•")} ${title} …`);
    const progress = setInterval(
      () => say(`  … still at it after ${seconds(startMs)}`),
      progressEveryMs,
    );
    const finish = (problem) => {
      clearInterval(progress);
      if (problem === null) {
        say(`${colour(32, "✓")} ${title}: ${seconds(startMs)}`);
      } else {
        process.stderr.write(Buffer.concat(output));
        fail(`${title} failed after ${seconds(startMs)}: ${problem}`);
      }
      resolve(problem === null);
    };
    const child = spawn(command, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.on("data", (bytes) => output.push(bytes));
    child.stderr.on("data", (bytes) => output.push(bytes));
    child.once("error", (error) => finish(error.message));
    child.once("close", (code, signal) => finish(code === 0 ? null : `exit ${code ?? signal}`));
  });

const seconds = (startMs) => `${((Date.now() - startMs) / 1_000).toFixed(1)} s`;

// Standard error, so that the output of what runs afterwards stays its own.
const say = (line) => process.stderr.write(`${line}\n`);
const fail = (line) => say(`${colour(31, "✗")} ${line}`);

const colour = (code, text) =>
  process.stderr.isTTY && !process.env.NO_COLOR ? `\u001b[${code}m${text}\u001b[0m` : text;

/**
 * Runs `node` with the arguments until it ends, and ends in the same way.
 * Signals are passed on, so that nothing outlives this process.
 */
export const becomeNode = (args) => {
  const child = spawn(process.execPath, args, { cwd: root, stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      // Ctrl-C in a terminal reaches the child by itself; a second one might mean "at once" to it.
      if (signal === "SIGINT" && process.stdin.isTTY) return;
      child.kill(signal);
    });
  }
  child.once("error", (error) => {
    fail(error.message);
    process.exitCode = 1;
  });
  child.once("exit", (code, signal) => {
    if (signal === null) {
      process.exitCode = code ?? 1;
      return;
    }
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = (await setUp()) ? 0 : 1;
}
