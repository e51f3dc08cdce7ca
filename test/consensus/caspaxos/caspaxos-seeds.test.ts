/** CASPaxos from seeds. `SEED=7` replays one, `SEEDS=5000` runs as many. */
import { shrink } from "@syncline/simulator";
import { expect, test } from "vitest";
import { tellRegisterStory } from "./caspaxos-run.ts";
import { drawRegisterStory } from "./story.ts";

const { SEED, SEEDS } = process.env;
const firstSeed = SEED === undefined ? 1 : Number(SEED);
const seedCount = SEED === undefined ? Number(SEEDS ?? 50) : 1;
const groupSize = Math.max(10, Math.ceil(seedCount / 50));

for (let from = firstSeed; from < firstSeed + seedCount; from += groupSize) {
  const to = Math.min(from + groupSize, firstSeed + seedCount);

  test(`seeds ${from} to ${to - 1} keep every promise`, { timeout: 3_600_000 }, () => {
    for (let seed = from; seed < to; seed += 1) {
      const story = drawRegisterStory(seed);
      const { failure } = tellRegisterStory(story);
      if (failure === null) continue;
      const { items } = shrink(
        story.faults,
        (faults) => tellRegisterStory({ ...story, faults }).failure !== null,
        100,
      );
      expect.fail(
        `seed ${seed}: ${failure.message}\n${items.map((item) => JSON.stringify(item)).join("\n")}`,
      );
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
