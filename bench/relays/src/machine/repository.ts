/** Where the repository is, seen from the built harness and from its sources alike. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const findRoot = (from: string): string => {
  if (existsSync(join(from, "rollup.config.mjs"))) return from;
  const parent = dirname(from);
  if (parent === from) throw new Error("the benchmark runs in a clone of the repository only");
  return findRoot(parent);
};

/** The folder of the root `package.json`. */
export const repositoryRoot: string = findRoot(dirname(fileURLToPath(import.meta.url)));
