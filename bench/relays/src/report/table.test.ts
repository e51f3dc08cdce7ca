import { describe, expect, test } from "vitest";
import type { RunResult } from "../load/job.ts";
import { scenarios } from "../scenarios/scenarios.ts";
import { serverKinds } from "../servers/servers.ts";
import { type FigureName, figureSpecs } from "./figures.ts";
import { type Series, seriesOf } from "./series.ts";
import { paintNothing, tableOf } from "./table.ts";

const result = (figures: RunResult["figures"], rest: Partial<RunResult> = {}): RunResult => ({
  figures,
  failure: null,
  elapsedMs: 1,
  cpuMsByProcess: {},
  load: { cpuShare: 0.5, lateP99Ms: 1 },
  ...rest,
});

const series = (server: string, runs: readonly RunResult[]): Series =>
  seriesOf({ server, label: server, wire: "native", isFromDisk: true }, runs);

const shape = {
  name: "rooms",
  title: "some rooms",
  columns: ["cpuUsPerDelivery"],
  ratios: ["cpuUsPerDelivery"],
} as const;

const cpu = (us: number): RunResult => result({ cpuUsPerDelivery: us });

describe("a table", () => {
  test("has the median of the runs, their ends, and the ratios", () => {
    const text = tableOf(
      shape,
      [series("bare-ws", [cpu(5)]), series("syncline-1", [cpu(12), cpu(9), cpu(10)])],
      false,
      paintNothing,
    );

    expect(text).toMatch(/syncline-1 \(native\) +10\.0 \(9\.00–12\.0\) +2\.00 × bare/u);
  });

  test("shows a run that lost something as failed, without a figure", () => {
    const lost = result({ cpuUsPerDelivery: 1 }, { failure: "reader 3 has 5 of 10" });
    const text = tableOf(shape, [series("lossy", [cpu(4), lost])], false, paintNothing);

    expect(text).toContain("lossy  native  FAILED: reader 3 has 5 of 10");
    expect(text).not.toContain("4.00");
  });

  test("says whose acknowledgement comes from disk", () => {
    const acknowledged = [result({ acknowledgedP50Ms: 3 })];
    const memory = seriesOf(
      { server: "bare-ws", label: "bare", wire: "native", isFromDisk: false },
      acknowledged,
    );
    const text = tableOf(
      { ...shape, columns: ["acknowledgedP50Ms"] },
      [memory, series("syncline-1", acknowledged)],
      false,
      paintNothing,
    );

    expect(text).toContain("ack: from disk with syncline-1; from memory with all others");
  });

  const noteOf = (cpuShare: number, lateP99Ms: number, serverCpuMs: number): string | undefined => {
    const use = {
      load: { cpuShare, lateP99Ms },
      elapsedMs: 100,
      cpuMsByProcess: { a: serverCpuMs },
    };
    const runs = [cpu(1), result({ cpuUsPerDelivery: 1 }, use)];
    const text = tableOf(shape, [series("bare-ws", runs)], false, paintNothing);
    return text.split("\n").find((line) => line.startsWith("  !"));
  };

  test("says when the load was at its limit", () => {
    expect(noteOf(0.97, 1, 60)).toBe(
      "  ! bare-ws (native): in 1 of 2 runs the load used 97 % of a core, each server process less",
    );
  });

  test("says nothing of a load that was as busy as the server", () => {
    expect(noteOf(0.97, 1, 95)).toBeUndefined();
  });

  test("says by itself that timers were late", () => {
    expect(noteOf(0.4, 80, 60)).toBe(
      "  ! bare-ws (native): in 1 of 2 runs timers of the load came 80 ms late (p99)",
    );
  });

  test("has the share of each process of a server that has several", () => {
    const run = result({ cpuUsPerDelivery: 1 }, { cpuMsByProcess: { a: 300, b: 100 } });
    const text = tableOf(shape, [series("three", [run])], false, paintNothing);

    expect(text).toContain("CPU of three (native): a 75 %, b 25 %");
  });

  test("of every scenario fits into 120 columns", () => {
    const figures = Object.fromEntries(
      Object.keys(figureSpecs).map((name) => [name, 123_456.789]),
    ) as Record<FigureName, number>;
    const all = serverKinds.flatMap(
      ({ name: server, label, wires, isAcknowledgedFromDisk: isFromDisk }) =>
        wires.map((wire) =>
          seriesOf({ server, label, wire, isFromDisk }, [
            result(figures, { load: { cpuShare: 0.97, lateP99Ms: 12_345 } }),
          ]),
        ),
    );

    for (const scenario of scenarios) {
      for (const line of tableOf(scenario, all, false, paintNothing).split("\n")) {
        expect(line.length).toBeLessThanOrEqual(120);
      }
    }
  });
});
