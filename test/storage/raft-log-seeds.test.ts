/**
 * The log for consensus on a disk that loses what was not flushed, tears what is under way, fails and rots.
 *
 * SEED=7 runs one seed, SEEDS=2000 runs the first 2,000; `npm run simulate -- --protocol raft-log` runs more, and `npm run mutants -- --protocol raft-log` shows
 * that each promise can be seen to be broken.
 */
import { expect, test, vi } from "vitest";
import { tellRaftLogStory } from "./raft-log-story.ts";

// The log's own code runs; what is exchanged is the ground under it.
vi.mock("node:fs", () => import("./simulated-fs.ts"));
vi.mock("node:fs/promises", () => import("./simulated-fs-promises.ts"));
vi.mock("fs-native-extensions", () => import("./simulated-lock.ts"));

const only = process.env["SEED"];
const count = Number(process.env["SEEDS"] ?? 40);
const seeds =
  only === undefined ? Array.from({ length: count }, (_, index) => index + 1) : [Number(only)];

test(
  `what was acknowledged is there or told: ${seeds.length} seeds`,
  { timeout: 600_000 },
  async () => {
    for (const seed of seeds) {
      const { failure } = await tellRaftLogStory(seed);
      if (failure !== null) console.log(`seed ${seed}`, failure);
      expect(failure, `seed ${seed}`).toBe(null);
    }
  },
);
