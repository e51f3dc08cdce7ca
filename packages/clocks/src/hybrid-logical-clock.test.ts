/** The hybrid clock: it never goes back, follows what it has seen, and does not follow a broken clock. */
import { createDecoder } from "lib0/decoding";
import { createEncoder, toUint8Array } from "lib0/encoding";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  compareStamps,
  compareTimes,
  driftMaxMsDefault,
  type HybridClock,
  observe,
  readStamp,
  startOfTime,
  tick,
  timeAfter,
  writeStamp,
} from "./hybrid-logical-clock.ts";

const alice = "00000000000000aa";
const times = fc.record({
  timeMs: fc.integer({ min: 0, max: 100 }),
  counter: fc.integer({ min: 0, max: 3 }),
});

test("every time that it gives is after all it has given and observed, wherever the wall clock jumps", () => {
  const steps = fc.array(
    fc.record({ nowMs: fc.nat(100), remote: fc.option(times, { nil: null }) }),
  );

  fc.assert(
    fc.property(steps, (played) => {
      let clock: HybridClock = startOfTime;
      for (const { nowMs, remote } of played) {
        const before = clock;
        const seen = remote === null ? null : observe(clock, remote, nowMs, 20);
        if (seen === null) clock = tick(clock, nowMs);
        if (seen?.kind === "observed") clock = seen.clock;
        const isAhead = remote !== null && remote.timeMs - nowMs > 20;
        expect(seen?.kind === "too-far-ahead").toBe(isAhead);
        expect(compareTimes(clock, before)).toBeGreaterThanOrEqual(remote === null ? 1 : 0);
        // It is ahead of the wall by no more than the drift beyond the farthest wall time, and counts.
        expect(clock.timeMs).toBeLessThanOrEqual(100 + 20);
      }
    }),
    { numRuns: 300 },
  );
});

describe("a remote time", () => {
  const now = 1_000_000;
  const ahead = (aheadMs: number) => ({ timeMs: now + aheadMs, counter: 0 });

  test("of 60 seconds ahead is taken, and of a millisecond more is refused and moves nothing", () => {
    const clock = tick(startOfTime, now);

    expect(observe(clock, ahead(driftMaxMsDefault), now).kind).toBe("observed");
    expect(observe(clock, ahead(driftMaxMsDefault + 1), now)).toEqual({
      kind: "too-far-ahead",
      aheadMs: 60_001,
    });
    expect(tick(clock, now)).toEqual({ timeMs: now, counter: 1 });
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])("of %d is refused", (timeMs) => {
    expect(observe(startOfTime, { timeMs, counter: 0 }, now).kind).toBe("too-far-ahead");
  });

  test("in the past changes nothing", () => {
    const clock = tick(startOfTime, now);

    expect(observe(clock, ahead(-1), now)).toEqual({ kind: "observed", clock });
  });
});

test("a wall time that is none is an error", () => {
  expect(() => tick(startOfTime, Number.NaN)).toThrow(RangeError);
  expect(() => tick(startOfTime, -1)).toThrow(RangeError);
});

test("a full counter pushes the time on", () => {
  expect(tick({ timeMs: 5, counter: 1_000_000 }, 0)).toEqual({ timeMs: 6, counter: 0 });
});

test("a write is after what it overwrites", () => {
  fc.assert(
    fc.property(times, times, (known, time) => {
      const after = timeAfter(known, time);

      expect(compareTimes(after, known)).toBeGreaterThan(0);
      expect(compareTimes(after, time)).toBeGreaterThanOrEqual(0);
    }),
  );
  expect(() => timeAfter(undefined, { timeMs: 1, counter: 1_000_001 })).toThrow(RangeError);
});

test("stamps are ordered totally, and read as they were written", () => {
  const stamps = fc.record({
    timeMs: fc.nat(3),
    counter: fc.nat(3),
    replica: fc.constantFrom(alice, "00000000000000bb"),
  });

  fc.assert(
    fc.property(stamps, stamps, stamps, (left, right, third) => {
      const encoder = createEncoder();
      writeStamp(encoder, left);

      expect(readStamp(createDecoder(toUint8Array(encoder)))).toEqual(left);
      expect(Math.sign(compareStamps(left, right))).toBe(
        -Math.sign(compareStamps(right, left)) + 0,
      );
      const isSame = JSON.stringify(left) === JSON.stringify(right);
      expect(compareStamps(left, right) === 0).toBe(isSame);
      const isChain = compareStamps(left, right) < 0 && compareStamps(right, third) < 0;
      expect(!isChain || compareStamps(left, third) < 0).toBe(true);
    }),
  );
});
