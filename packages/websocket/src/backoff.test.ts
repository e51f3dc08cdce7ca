import fc from "fast-check";
import { seededRandom } from "@syncline/machine";
import { expect, test } from "vitest";
import {
  afterLoss,
  afterOpening,
  type Backoff,
  ceilingMs,
  freshBackoff,
  waitMs,
} from "./backoff.ts";

const settings = { baseMs: 500, capMs: 10_000, stableMs: 10_000, addressCount: 1 };

const afterLosses = (lossCount: number): Backoff => {
  let backoff = freshBackoff;
  for (let loss = 0; loss < lossCount; loss += 1) backoff = afterLoss(backoff, settings, loss);
  return backoff;
};

test("the ceiling doubles with every loss up to the cap", () => {
  const ceilings = [1, 2, 3, 4, 5, 6, 7].map((count) => ceilingMs(afterLosses(count), settings));

  expect(ceilings).toEqual([500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
});

test("with three addresses the ceiling doubles once a round", () => {
  const three = { ...settings, addressCount: 3 };

  const ceilings = [1, 2, 3, 4, 6, 7].map((count) => ceilingMs(afterLosses(count), three));

  expect(ceilings).toEqual([500, 500, 500, 1000, 1000, 2000]);
});

test("a wait is from 0 to the ceiling, whatever the losses, settings and chance", () => {
  const anySettings = fc.record({
    baseMs: fc.integer({ min: 1, max: 60_000 }),
    capMs: fc.integer({ min: 1, max: 600_000 }),
    addressCount: fc.integer({ min: 1, max: 12 }),
  });
  const fraction = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(anySettings, fc.nat({ max: 5000 }), fraction, (some, lossCount, chance) => {
      const backoff = { lossCount, openedAtMs: null };

      const drawnMs = waitMs(backoff, some, chance);

      expect(drawnMs).toBeGreaterThanOrEqual(0);
      expect(drawnMs).toBeLessThan(some.capMs);
      expect(drawnMs).toBeLessThanOrEqual(ceilingMs(backoff, some));
    }),
  );
});

test("waits fill the whole range evenly", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2 ** 31 }),
      fc.integer({ min: 1, max: 8 }),
      (seed, losses) => {
        const random = seededRandom(seed);
        const backoff = afterLosses(losses);
        const counts = [0, 0, 0, 0];

        for (let draw = 0; draw < 2000; draw += 1) {
          const share = waitMs(backoff, settings, random.fraction()) / ceilingMs(backoff, settings);
          counts[Math.floor(share * 4)]! += 1;
        }

        // 500 are expected in each quarter; 130 is over six standard deviations.
        for (const count of counts) expect(Math.abs(count - 500)).toBeLessThan(130);
      },
    ),
    { numRuns: 20 },
  );
});

test("a connection that was stable lets the waits begin from the base", () => {
  const open = afterOpening(afterLosses(6), 50_000);

  const backoff = afterLoss(open, settings, 50_000 + settings.stableMs);

  expect(ceilingMs(backoff, settings)).toBe(500);
});

test("a connection that was dropped at once goes on where the waits were", () => {
  const open = afterOpening(afterLosses(3), 50_000);

  const backoff = afterLoss(open, settings, 50_000 + settings.stableMs - 1);

  expect(ceilingMs(backoff, settings)).toBe(4000);
});

test("an attempt that never opens resets nothing, however long it took", () => {
  const backoff = afterLoss(afterLosses(3), settings, 1_000_000);

  expect(ceilingMs(backoff, settings)).toBe(4000);
});
