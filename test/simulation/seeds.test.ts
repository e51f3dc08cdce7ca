import { expect, test } from "vitest";
import { drawStory, tellStory } from "./gossip-run.ts";
import { plainSeal } from "./rows.ts";
const { SEED, SEEDS } = process.env;
test("seeds", { timeout: 600_000 }, () => {
  const from = SEED === undefined ? 1 : Number(SEED);
  const to = SEED === undefined ? Number(SEEDS ?? 50) : from;
  let events = 0, ms = 0; const begin = Date.now(); let bad = 0;
  for (let seed = from; seed <= to; seed += 1) {
    const { failure, tally } = tellStory(drawStory(seed), plainSeal);
    events += tally.eventCount; ms += tally.simulatedMs;
    if (failure !== null) { bad += 1; console.log(`seed ${seed}: ${failure.message}`, SEED ? failure.stack : ""); }
  }
  const s = (Date.now() - begin) / 1000;
  console.log({ bad, events, perSecond: events / s, hours: ms / 3.6e6, s });
  expect(bad).toBe(0);
});
