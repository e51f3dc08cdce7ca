/** CASPaxos from seeds. `SEED=7` replays one, `SEEDS=5000` runs as many. */
import { expect, test } from "vitest";
import { whyItFails } from "../fault-shrinking.ts";
import { seedGroups } from "../seed-groups.ts";
import { tellRegisterStory } from "./caspaxos-run.ts";
import { drawRegisterStory } from "./story.ts";

for (const { from, to } of seedGroups()) {
  test(`seeds ${from} to ${to - 1} keep every promise`, { timeout: 3_600_000 }, () => {
    for (let seed = from; seed < to; seed += 1) {
      expect(whyItFails(drawRegisterStory(seed), tellRegisterStory, 100)).toBeNull();
    }
  });
}

/** Runs that failed once, or do where what was wrong is put back. */
test.each([
  [3, "an answer to a reading of a proposer's former process was taken for the next one's own"],
  [45, "a page that was read in one epoch was handed over for the next one"],
  [72, "a cached ballot was used for an operation that had been tried in a later round before"],
  [119, "an acceptor said again that it had taken its place before that was on its disk"],
])("seed %i holds now: %s", { timeout: 60_000 }, (seed) => {
  expect(tellRegisterStory(drawRegisterStory(seed)).failure).toBeNull();
});

test("a seed gives the same run twice", () => {
  const story = drawRegisterStory(3);

  expect(tellRegisterStory(story).fingerprint).toBe(tellRegisterStory(story).fingerprint);
});
