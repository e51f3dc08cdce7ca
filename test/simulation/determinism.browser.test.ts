/** Chromium runs the same seeds as Node did, and writes the same logs. */
import { expect, test } from "vitest";
import { digestOf, digestSeeds, logOf } from "./digest.ts";
import digests from "./digests.json" with { type: "json" };

test.each(digestSeeds)("seed %i gives the log that it gives in Node", (seed) => {
  expect(digestOf(logOf(seed))).toBe((digests as Readonly<Record<string, string>>)[seed]);
});
