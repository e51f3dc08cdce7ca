/** Shared libraries that a process is started with, such as another heap in place of the C library's. */
import { spawnSync } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";

/** The environment in which a process starts with the library in front of all others; null is none. */
export const preloading = (library: string | null): Readonly<Record<string, string>> =>
  library === null ? {} : { LD_PRELOAD: library };

/**
 * The library's real path, after a process of Node has been started with it; throws an error with one sentence if it cannot be. The loader itself only warns of
 * what it cannot load and goes on without it, and the figures would be those of no library.
 */
export const loadableLibrary = (path: string, platform: string = process.platform): string => {
  if (!existsSync(path)) throw new Error(`there is no file ${path}`);
  if (platform !== "linux") throw new Error(`only Linux can do that, and this is ${platform}`);
  const library = realpathSync(path);
  const { status, stdout } = spawnSync(process.execPath, ["-p", mapsOfItself], {
    env: { ...process.env, ...preloading(library) },
    encoding: "utf8",
  });
  const isLoaded = status === 0 && stdout.split("\n").some((line) => line.endsWith(` ${library}`));
  if (!isLoaded) throw new Error(`Node cannot be started with ${path}`);
  return library;
};

const mapsOfItself = 'require("node:fs").readFileSync("/proc/self/maps", "utf8")';
