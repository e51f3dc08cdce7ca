/** Seeds that failed once, in a world of their own. The search for more is `test/simulation`; what these have found depends on how this world draws. */
import { expect, test } from "vitest";
import { runSeed, whyNotAgreed } from "./bad-luck.ts";

test.each([
  [
    1749,
    "carried the question behind the reply, where it had been shown again before the news that it was admitted",
  ],
  [5055, "replied at a wiped home to own batches that had been settled and were forgotten"],
  [
    20763,
    "did not hear of batches within merged states, when a newer one of its own was still on its way to the disk",
  ],
])("seed %i: an edge %s", (seed) => {
  expect(whyNotAgreed(runSeed(seed))).toBeNull();
});
