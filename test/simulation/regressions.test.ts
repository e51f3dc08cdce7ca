/** Runs that failed once hold now. */
import { expect, test } from "vitest";
import { storageSeal } from "./campaign.ts";
import { drawStory, tellStory } from "./gossip-run.ts";
import { proposalLost, regressions, threeDisksLost, twoProposals } from "./regressions.ts";

test.each(regressions)("seed $seed: $was", { timeout: 60_000 }, ({ seed, hasPlot = false }) => {
  expect(tellStory(drawStory(seed, hasPlot), storageSeal).failure).toBeNull();
});

test("the last disk with a settled batch is not lost, though others will be there soon", () => {
  const { failure, tally } = tellStory(threeDisksLost, storageSeal);

  expect(failure).toBeNull();
  expect(tally.faultCountByKind.get("wipe")).toBe(2);
});

test("a home that lost its disk proposes no other fold than it had proposed", () => {
  const { failure, cluster } = tellStory(twoProposals, storageSeal);

  expect(failure).toBeNull();
  expect(cluster.homes.map(({ view }) => view.folds.get("x")?.epoch)).toEqual([2, 2]);
});

test("a proposal that was lost with its home is kept by no client", () => {
  expect(tellStory(proposalLost, storageSeal).failure).toBeNull();
});
