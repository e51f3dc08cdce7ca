// What npm would publish: every package is packed, then linted and resolved as a user would resolve it.
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const lanes = availableParallelism();

const run = promisify(execFile);
const bin = (tool, ...args) =>
  run(process.execPath, [resolve("node_modules", tool), ...args], { encoding: "utf8" });

const checkPackage = async (name, folder) => {
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const { stdout } = await run(npm, ["pack", "--json", "--pack-destination", folder], {
    cwd: `packages/${name}`,
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  const [{ filename, size, entryCount }] = JSON.parse(stdout);
  const tarball = join(folder, filename);
  await bin("publint/src/cli.js", "run", tarball, "--strict");
  await bin("@arethetypeswrong/cli/dist/index.js", tarball, "--profile", "esm-only", "--no-color");
  return `${filename}: ${entryCount} files, ${(size / 1_000).toFixed(1)} kB`;
};

/** Takes names until there are none left; several lanes share one list. */
const checkInTurn = async (names, folder) => {
  for (let name = names.shift(); name !== undefined; name = names.shift()) {
    try {
      console.log(`✓ ${await checkPackage(name, folder)}`);
    } catch (error) {
      process.exitCode = 1;
      console.error(`✗ ${name}: ${error.message}\n${error.stdout ?? ""}`);
    }
  }
};

const folder = mkdtempSync(join(tmpdir(), "packages-"));
try {
  const names = readdirSync("packages").filter((name) => existsSync(`packages/${name}/src`));
  await Promise.all(Array.from({ length: lanes }, () => checkInTurn(names, folder)));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
