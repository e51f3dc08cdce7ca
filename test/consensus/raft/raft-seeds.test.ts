/**
 * Clusters from seeds: whatever befalls nodes, disks, clocks and lines, Raft's promises hold at every step, every history is linearizable, and all is well
 * once everything is whole.
 *
 * `SEED=7 npm test -- test/consensus/raft` replays one and says what of it matters; `SEEDS=5000` runs as many.
 */
import { expect, test } from "vitest";
import { seedGroups } from "../seed-groups.ts";
import { runSeeds } from "./raft-campaign.ts";
import { drawRaftStory, tellRaftStory } from "./raft-run.ts";
import { shrinkRaftStory, tellRaftFailure } from "./raft-shrinking.ts";

for (const { from, to } of seedGroups()) {
  test(`seeds ${from} to ${to - 1} keep every promise`, { timeout: 3_600_000 }, () => {
    const { failures } = runSeeds(from, to, (summary) => summary.failures.length > 0);

    const [failure] = failures;
    if (failure === undefined) return;
    const small = shrinkRaftStory(drawRaftStory(failure.seed));
    expect.fail(small === null ? failure.message : tellRaftFailure(small));
  });
}

test("the same seed is the same run, whoever looks on", { timeout: 60_000 }, () => {
  const alone = tellRaftStory(drawRaftStory(2));
  const watched = tellRaftStory(drawRaftStory(2), () => {});

  expect(watched.fingerprint).toBe(alone.fingerprint);
  expect(watched.tally).toEqual(alone.tally);
});
