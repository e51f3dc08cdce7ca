/** What a directory takes on its disk. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** Megabytes of blocks that the files in it have; a sparse file counts as what is really there. */
export const directoryMegabytes = (directory: string): number => {
  let blockCount = 0;
  for (const entry of readdirSync(directory, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) blockCount += statSync(join(entry.parentPath, entry.name)).blocks;
  }
  return (blockCount * 512) / 1e6;
};
