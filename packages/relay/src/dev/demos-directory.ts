/** Finds the built demos, or says what to do. */
import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { SyncError } from "@syncline/machine";

/**
 * The directory as an absolute path.
 *
 * @throws SyncError `BAD_CONFIG` if it has no start page, or a demo in it is not built.
 */
export const findDemos = (directory: string): string => {
  const path = resolve(directory);
  if (!existsSync(join(path, "index.html"))) {
    throw new SyncError(
      "BAD_CONFIG",
      `no demos in ${path}: they are part of the repository, not of the package`,
    );
  }
  const unbuilt = readdirSync(path).filter(
    (name) =>
      existsSync(join(path, name, "main.ts")) && !existsSync(join(path, name, "dist", "main.js")),
  );
  if (unbuilt.length > 0) {
    throw new SyncError(
      "BAD_CONFIG",
      `not built in ${path}: ${unbuilt.join(", ")} (run: npm run build)`,
    );
  }
  return path;
};
