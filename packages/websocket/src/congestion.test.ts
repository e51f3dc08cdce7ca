import fc from "fast-check";
import { expect, test } from "vitest";
import { createCongestionGauge } from "./congestion.ts";

const marks = { highWaterBytes: 100, lowWaterBytes: 20 };

test("congested comes above the high mark and drained at the low one", () => {
  const events: string[] = [];
  const gauge = createCongestionGauge(marks, {
    congested: () => events.push("congested"),
    drained: () => events.push("drained"),
  });

  for (const bytes of [100, 101, 99, 21, 101, 20, 100, 101]) {
    gauge.read(bytes);
    events.push(`${bytes}`);
  }

  expect(events.join(" ")).toBe("100 congested 101 99 21 101 drained 20 100 congested 101");
});

test("congested and drained take turns, whatever the readings", () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 150 })), (readings) => {
      const events: string[] = [];
      const gauge = createCongestionGauge(marks, {
        congested: () => events.push("congested"),
        drained: () => events.push("drained"),
      });

      for (const bytes of readings) gauge.read(bytes);

      const turns = events.map((_, index) => (index % 2 === 0 ? "congested" : "drained"));
      expect(events).toEqual(turns);
      expect(gauge.isCongested).toBe(events.length % 2 === 1);
    }),
  );
});
