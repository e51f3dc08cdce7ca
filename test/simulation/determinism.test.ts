/** The same seed is the same run: every input, message and fault at the same time, byte for byte. `UPDATE_TRACES=1` writes the digests anew. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { digestOf, digestSeeds, logOf } from "./digest.ts";
import { drawStory, tellStory } from "./gossip-run.ts";
import { plainSeal } from "./rows.ts";

const path = `${import.meta.dirname}/digests.json`;

test.each(digestSeeds)("seed %i gives the same log twice", { timeout: 60_000 }, (seed) => {
  const log = logOf(seed);

  expect(log.length).toBeGreaterThan(10_000);
  expect(logOf(seed) === log).toBe(true);
});

test("logs are what they were, here and in Chromium", { timeout: 60_000 }, () => {
  const digests = Object.fromEntries(digestSeeds.map((seed) => [seed, digestOf(logOf(seed))]));
  if (process.env["UPDATE_TRACES"] === "1" || !existsSync(path)) {
    writeFileSync(path, `${JSON.stringify(digests, null, 2)}\n`);
  }

  expect(JSON.parse(readFileSync(path, "utf8"))).toEqual(digests);
});

test("whoever looks on changes nothing", () => {
  const alone = tellStory(drawStory(5), plainSeal);
  const watched = tellStory(drawStory(5), plainSeal, () => {});

  expect(watched.fingerprint).toBe(alone.fingerprint);
  expect(watched.tally).toEqual(alone.tally);
});
