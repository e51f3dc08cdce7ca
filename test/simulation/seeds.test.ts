/**
 * Clusters from seeds: whatever befalls homes, disks, clocks, lines and edges, every promise holds at every step, and all agree in the end.
 *
 * `SEED=7 npm test -- test/simulation` replays one and says at which point it fails; `SEEDS=5000` runs as many, with a line now and then.
 */
import { afterAll, expect, test } from "vitest";
import { runSeeds, storageSeal } from "./campaign.ts";
import { drawStory } from "./gossip-run.ts";
import { shrinkStory, tellFailure } from "./shrinking.ts";
import { addSummary, describeSummary, emptySummary } from "./summary.ts";

const { SEED, SEEDS } = process.env;
const firstSeed = SEED === undefined ? 1 : Number(SEED);
const seedCount = SEED === undefined ? Number(SEEDS ?? 50) : 1;

/** The seeds of one test, so that a long run has few lines. */
const groupSize = Math.max(10, Math.ceil(seedCount / 50));
const isLong = seedCount > 50;
const sum = emptySummary();

for (let from = firstSeed; from < firstSeed + seedCount; from += groupSize) {
  const to = Math.min(from + groupSize, firstSeed + seedCount);

  test(`seeds ${from} to ${to - 1} keep every promise`, { timeout: 3_600_000 }, () => {
    const summary = runSeeds(from, to, ({ failures }) => failures.length > 0);

    addSummary(sum, summary);
    if (isLong) process.stderr.write(`${describeSummary(sum)}\n`);
    const [failure] = summary.failures;
    if (failure === undefined) return;
    const small = shrinkStory(drawStory(failure.seed), storageSeal);
    expect.fail(small === null ? failure.message : tellFailure(small, storageSeal));
  });
}

afterAll(() => {
  if (SEED === undefined && SEEDS === undefined) return;
  const faults = Object.entries(sum.faultCountByKind).sort(([left], [right]) =>
    left < right ? -1 : 1,
  );
  process.stderr.write(`${describeSummary(sum)}\n`);
  for (const [kind, count] of faults) process.stderr.write(`  ${kind}: ${count}\n`);
});
