/** Seeds that failed once hold now. */
import { expect, test } from "vitest";
import { storageSeal } from "./campaign.ts";
import { drawStory, tellStory } from "./gossip-run.ts";
import { regressions } from "./regressions.ts";

test.each(regressions)("seed $seed: $was", ({ seed }) => {
  expect(tellStory(drawStory(seed), storageSeal).failure).toBeNull();
});
