import { expect, test } from "vitest";
import type { RunResult } from "../load/job.ts";
import { scenarios } from "../scenarios/scenarios.ts";
import { markdownOf } from "./markdown.ts";
import { savedScenario } from "./saved.ts";
import { seriesOf } from "./series.ts";

const run = (joinP99Ms: number, failure: string | null = null): RunResult => ({
  figures: { joinP99Ms },
  failure,
  elapsedMs: 1,
  cpuMsByProcess: {},
  load: { cpuShare: 0.5, lateP99Ms: 1 },
});

const series = (server: string, runs: readonly RunResult[]) =>
  seriesOf({ server, label: server, wire: "native", isFromDisk: true }, runs);

test("saved results become tables with medians, their ends, and ratios", () => {
  const join = scenarios.find(({ name }) => name === "join")!;
  const all = [
    series("y-websocket", [run(40)]),
    series("syncline-1", [run(8), run(10), run(30)]),
    series("hocuspocus", [run(1, "reader 3 has 5 of 10\nand more")]),
  ];
  const text = markdownOf([{ summary: "a machine", scenarios: [savedScenario(join, false, all)] }]);

  expect(text).toMatch(/^a machine\n\n\*\*join\*\*: 150 clients .*; one run\n\n\| server/u);
  expect(text).toContain("| p99 ms | × y-websocket | joins/s |");
  expect(text).toMatch(/\| Syncline \(native\) \| – \| 10\.0 \(8\.00–30\.0\) \| 0\.25 \| –/u);
  expect(text).toContain("| Hocuspocus 4.7 (native) | failed: reader 3 has 5 of 10 |");
});
