// What the disk itself takes: a block of 4 KiB written and flushed, one after the other, in a file that has its length already.
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";

const BLOCK_BYTES = 4096;
const COUNT = 500;

/** Median and 99th percentile of a write with its fdatasync, in milliseconds. */
export const probeDisk = (directory) => {
  const path = join(directory, "probe");
  const descriptor = openSync(path, "w");
  try {
    writeSync(descriptor, Buffer.alloc(COUNT * BLOCK_BYTES));
    fdatasyncSync(descriptor);
    const block = Buffer.alloc(BLOCK_BYTES, 1);
    const times = Array.from({ length: COUNT }, (_, number) => {
      const begunMs = performance.now();
      writeSync(descriptor, block, 0, BLOCK_BYTES, number * BLOCK_BYTES);
      fdatasyncSync(descriptor);
      return performance.now() - begunMs;
    }).sort((left, right) => left - right);
    return { medianMs: times[COUNT / 2], p99Ms: times[COUNT * 0.99] };
  } finally {
    closeSync(descriptor);
    rmSync(path);
  }
};
