/** Single-decree Paxos from seeds. `SEED=7` replays one, `SEEDS=5000` runs as many. */
import { expect, test } from "vitest";
import { whyItFails } from "../fault-shrinking.ts";
import { seedGroups } from "../seed-groups.ts";
import { tellPaxosStory } from "./paxos-run.ts";
import { drawPaxosStory } from "./paxos-story.ts";

for (const { from, to } of seedGroups()) {
  test(`seeds ${from} to ${to - 1} choose one value at most`, { timeout: 3_600_000 }, () => {
    for (let seed = from; seed < to; seed += 1) {
      expect(whyItFails(drawPaxosStory(seed), tellPaxosStory, 200)).toBeNull();
    }
  });
}

/** Runs that failed once: all for want of somebody who proposes again, see `proposeUntil`. */
test.each([
  [
    8823,
    "all lost power while a second round was half voted, and the only one to propose again was down",
  ],
  [12649, "the same with two acceptors"],
  [15192, "the same with five, and a short patience"],
  [15241, "the proposer learned from another's round, and was content, before the others could"],
])("seed %i holds now: %s", { timeout: 60_000 }, (seed) => {
  expect(tellPaxosStory(drawPaxosStory(seed)).failure).toBeNull();
});

test("a seed gives the same run twice", () => {
  const story = drawPaxosStory(3);

  expect(tellPaxosStory(story).fingerprint).toBe(tellPaxosStory(story).fingerprint);
});
