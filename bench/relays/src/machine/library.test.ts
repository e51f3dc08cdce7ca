import { spawnSync } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { loadableLibrary, preloading } from "./library.ts";

const isLinux = process.platform === "linux";
const folder = mkdtempSync(join(tmpdir(), "bench-library-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** One of those that Node is linked with: they are there on every Linux. */
const library = (): string => {
  const { sharedObjects } = process.report.getReport() as { sharedObjects: readonly string[] };
  const found = sharedObjects.find((path) => /^\/.*\/libm\b/u.test(path));
  if (found === undefined) throw new Error(`no libm in ${sharedObjects.join(", ")}`);
  return realpathSync(found);
};

describe("a library to preload", () => {
  test.runIf(isLinux)("is known by its real path", () => {
    const link = join(folder, "link.so");
    symlinkSync(library(), link);

    expect(loadableLibrary(link)).toBe(library());
  });

  test.runIf(isLinux)("that the loader would pass over with a warning is refused", () => {
    expect(() => loadableLibrary("package.json")).toThrow("cannot be started with package.json");
  });

  test("needs Linux, whose loader is told of it by the environment", () => {
    expect(() => loadableLibrary("package.json", "darwin")).toThrow("only Linux");
  });

  test("reaches the process by its environment, if there is one", () => {
    const print = ["-p", "process.env.LD_PRELOAD"];
    const env = { ...process.env, ...preloading(isLinux ? library() : "x.so") };

    const { stdout } = spawnSync(process.execPath, print, { env, encoding: "utf8" });

    expect(stdout.trim()).toBe(env.LD_PRELOAD);
    expect(preloading(null)).toEqual({});
  });
});
