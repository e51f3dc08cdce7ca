import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { examine, type LivenessPorts, type LivenessSettings, watchLiveness } from "./liveness.ts";

const never = Number.POSITIVE_INFINITY;

test("looking again when asked to misses nothing and finds something due", () => {
  const ms = fc.nat({ max: 100_000 });
  const span = fc.oneof(fc.integer({ min: 1, max: 100_000 }), fc.constant(never));
  const anySigns = fc.record({ sentAtMs: ms, receivedAtMs: ms, pingedAtMs: ms });
  const anySettings = fc.record({ heartbeatMs: span, pingMs: span, silenceMs: span });
  fc.assert(
    fc.property(anySigns, anySettings, (signs, settings) => {
      const nowMs = 100_000;
      const first = examine(signs, settings, nowMs);
      const next = {
        sentAtMs: first.isHeartbeatDue ? nowMs : signs.sentAtMs,
        pingedAtMs: first.isPingDue ? nowMs : signs.pingedAtMs,
        receivedAtMs: signs.receivedAtMs,
      };
      if (first.isSilent || first.nextAtMs === never) return;

      const before = examine(next, settings, first.nextAtMs - 0.5);
      const then = examine(next, settings, first.nextAtMs);

      expect(first.nextAtMs).toBeGreaterThan(nowMs);
      expect([before.isHeartbeatDue, before.isPingDue, before.isSilent]).not.toContain(true);
      expect([then.isHeartbeatDue, then.isPingDue, then.isSilent]).toContain(true);
    }),
  );
});

describe("a watch", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const start = (settings: Partial<LivenessSettings>, ports: Partial<LivenessPorts> = {}) => {
    const events: string[] = [];
    const begunMs = performance.now();
    const note = (name: string) => () => {
      events.push(`${name} ${performance.now() - begunMs}`);
    };
    const liveness = watchLiveness(
      { heartbeatMs: never, pingMs: never, silenceMs: never, ...settings },
      { heartbeat: note("heartbeat"), ping: note("ping"), silent: note("silent"), ...ports },
    );
    return { events, liveness };
  };

  test("sends a heartbeat when nothing was sent for the time", () => {
    const { events, liveness } = start({ heartbeatMs: 15 });

    vi.advanceTimersByTime(10);
    liveness.sent();
    vi.advanceTimersByTime(30);

    expect(events).toEqual(["heartbeat 25", "heartbeat 40"]);
  });

  test("ends once when nothing was received for the time", () => {
    const { events, liveness } = start({ heartbeatMs: 15, silenceMs: 40 });

    vi.advanceTimersByTime(10);
    liveness.received();
    vi.advanceTimersByTime(1000);

    expect(events).toEqual(["heartbeat 10", "heartbeat 25", "heartbeat 40", "silent 50"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("pings a quiet side and forgets of it when the pong comes", () => {
    const { events, liveness } = start({ pingMs: 30, silenceMs: 60 });

    vi.advanceTimersByTime(31);
    liveness.received();
    vi.advanceTimersByTime(40);

    expect(events).toEqual(["ping 30", "ping 61"]);
  });

  test("ends when no pong comes", () => {
    const { events } = start({ pingMs: 30, silenceMs: 60 });

    vi.advanceTimersByTime(1000);

    expect(events.at(-1)).toBe("silent 60");
  });

  test("answers a heartbeat when its own timer could not run", () => {
    const { events, liveness } = start({ heartbeatMs: 100 });

    vi.advanceTimersByTime(50);
    liveness.received();
    liveness.received();

    expect(events).toEqual(["heartbeat 50"]);
  });

  test("counts a large frame's progress as a sign of life", () => {
    let arrivedBytes = 0;
    const { events } = start(
      { pingMs: 30, silenceMs: 60 },
      { ping: () => {}, arrivedBytes: () => arrivedBytes },
    );

    for (let round = 0; round < 20; round += 1) {
      arrivedBytes += 5000;
      vi.advanceTimersByTime(20);
    }

    expect(events).toEqual([]);
  });

  test("counts a byte now and then as silence", () => {
    let arrivedBytes = 0;
    const { events } = start(
      { pingMs: 30, silenceMs: 60 },
      { ping: () => {}, arrivedBytes: () => arrivedBytes },
    );

    for (let round = 0; round < 20; round += 1) {
      arrivedBytes += 1;
      vi.advanceTimersByTime(20);
    }

    expect(events).toEqual(["silent 60"]);
  });

  test("leaves no timer behind when it is stopped", () => {
    const { liveness } = start({ heartbeatMs: 15, silenceMs: 40 });

    liveness.stop();

    expect(vi.getTimerCount()).toBe(0);
  });

  test("stays stopped when a port stops it", () => {
    const { liveness } = start({ heartbeatMs: 15 }, { heartbeat: () => liveness.stop() });

    vi.advanceTimersByTime(100);

    expect(vi.getTimerCount()).toBe(0);
  });
});
