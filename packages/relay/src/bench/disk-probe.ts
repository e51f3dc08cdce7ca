/** The disk alone: how often a second it takes a block and says that it is there. No relay can acknowledge faster than that, but many at a time. */
import { constants } from "node:fs";
import { open, unlink } from "node:fs/promises";
import { join } from "node:path";
import { quantileOf } from "./quantile.ts";

/** What the disk can do. */
export interface DiskFigures {
  readonly flushesPerSecond: number;
  readonly flushP50Ms: number;
  readonly flushP99Ms: number;
}

/** What a relay's log writes at least, at a time. */
const BLOCK_BYTES = 4096;
const BLOCKS = 256;

/** Writes and flushes one block after the other for so long. */
export const probeDisk = async (directory: string, durationMs: number): Promise<DiskFigures> => {
  const path = join(directory, "probe");
  const file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  try {
    await file.write(Buffer.alloc(BLOCK_BYTES * BLOCKS), 0, BLOCK_BYTES * BLOCKS, 0);
    await file.sync();
    const block = Buffer.alloc(BLOCK_BYTES, 1);
    const times: number[] = [];
    const startMs = performance.now();
    let nowMs = startMs;
    while (nowMs - startMs < durationMs) {
      await file.write(block, 0, BLOCK_BYTES, (times.length % BLOCKS) * BLOCK_BYTES);
      await file.datasync();
      const endMs = performance.now();
      times.push(endMs - nowMs);
      nowMs = endMs;
    }
    return {
      flushesPerSecond: (times.length * 1000) / (nowMs - startMs),
      flushP50Ms: quantileOf(times, 0.5),
      flushP99Ms: quantileOf(times, 0.99),
    };
  } finally {
    await file.close();
    await unlink(path);
  }
};
