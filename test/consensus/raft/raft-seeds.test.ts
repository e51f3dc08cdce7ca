/**
 * Clusters from seeds: whatever befalls nodes, disks, clocks and lines, Raft's promises hold at every step, every history is linearizable, and all is well
 * once everything is whole.
 *
 * `SEED=7 npm test -- test/consensus/raft` replays one; `SEEDS=5000` runs as many.
 */
import { expect, test } from "vitest";
import { drawRaftStory, tellRaftStory } from "./raft-run.ts";

const { SEED, SEEDS } = process.env;
const firstSeed = SEED === undefined ? 1 : Number(SEED);
const seedCount = SEED === undefined ? Number(SEEDS ?? 50) : 1;
const groupSize = Math.max(10, Math.ceil(seedCount / 50));

for (let from = firstSeed; from < firstSeed + seedCount; from += groupSize) {
  const to = Math.min(from + groupSize, firstSeed + seedCount);

  test(`seeds ${from} to ${to - 1} keep every promise`, { timeout: 3_600_000 }, () => {
    for (let seed = from; seed < to; seed += 1) {
      const { failure } = tellRaftStory(drawRaftStory(seed));
      if (failure !== null) expect.fail(`seed ${seed}: ${failure.message}`);
    }
  });
}
