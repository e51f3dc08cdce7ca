/** The command: runs servers in turn, prints tables, saves everything. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { compareBriefly, compareInTurns, contestantsOf, sessionOptionsOf } from "./compare.ts";
import { curves } from "./growth/curves.ts";
import { type GrowthLine, measureCurve } from "./growth/growth.ts";
import { describeMachine, type Machine } from "./machine/machine.ts";
import { type BenchOptions, readBenchOptions } from "./options.ts";
import { markdownOf } from "./report/markdown.ts";
import { savedScenario, type SavedResults, type SavedScenario } from "./report/saved.ts";
import type { Series } from "./report/series.ts";
import { paintNothing, paintTerminal, tableOf } from "./report/table.ts";
import { type Scenario, scenarios } from "./scenarios/scenarios.ts";
import { isInstalled, knownServers } from "./servers/servers.ts";

const out = (text: string): void => void process.stdout.write(text);
const say = (text: string): void => void process.stderr.write(text);
const paint = process.stdout.isTTY ? paintTerminal : paintNothing;

const clearLine = (): void => {
  if (process.stderr.isTTY) say("\r\u001b[K");
};

const progress = (what: string): void => {
  clearLine();
  say(process.stderr.isTTY ? paintTerminal("dim", what) : `${what}\n`);
};

/** Resolves with the exit code: 1 if any run failed. */
const main = async (args: readonly string[]): Promise<number> => {
  const options = readBenchOptions(args);
  if (options.tableFiles !== null) {
    out(markdownOf(options.tableFiles.map(resultsIn)));
    return 0;
  }
  const machine = describeMachine(options.dataRoot, options.preload);
  out(`${machine.summary}\n\n`);
  for (const server of knownServers) {
    const isLeftOut = options.servers.includes(server.name) && !isInstalled(server);
    if (isLeftOut) say(`${server.label} is left out: its package is not installed\n`);
  }
  if (options.isGrowth) return runGrowth(options, machine);
  const saved: SavedScenario[] = [];
  const report = (scenario: Scenario, series: readonly Series[]): void => {
    clearLine();
    out(`${tableOf(scenario, series, options.isShort, paint)}\n`);
    saved.push(savedScenario(scenario, options.isShort, series));
    // After each, since an hour may be cut short.
    save(options, { ...machine, scenarios: saved });
  };
  await runAll(options, report);
  const isAllRight = saved.every(({ results }) =>
    results.every(({ failures }) => failures.length === 0),
  );
  return isAllRight ? 0 : 1;
};

const resultsIn = (file: string): SavedResults =>
  JSON.parse(readFileSync(resolve(file), "utf8")) as SavedResults;

const save = ({ outFile }: BenchOptions, results: object): void => {
  if (outFile === null) return;
  const file = resolve(outFile);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
  out(`saved in ${outFile}\n`);
};

const runGrowth = async (options: BenchOptions, machine: Machine): Promise<number> => {
  const { cpu, cores, node, commit, date, preload } = machine;
  const library = preload === null ? "" : `; servers with ${basename(preload)}`;
  const growth: { readonly curve: string; readonly lines: readonly GrowthLine[] }[] = [];
  for (const curve of curves.filter(({ name }) => options.curves.includes(name))) {
    const lines = await measureCurve(curve, {
      session: sessionOptionsOf(options),
      servers: options.servers,
      wires: options.wires,
      plotDirectory: resolve(options.plotDirectory),
      note: `${cpu}, ${cores} cores; Node ${node}${library}; commit ${commit}; ${date.slice(0, 10)}`,
      paint,
      progress,
      out: (text) => {
        clearLine();
        out(text);
      },
    });
    growth.push({ curve: curve.name, lines });
  }
  save(options, { ...machine, growth });
  const results = growth.flatMap(({ lines }) => lines.flatMap(({ runs }) => runs));
  return results.every(({ result }) => result.failure === null) ? 0 : 1;
};

const runAll = async (
  options: BenchOptions,
  report: (scenario: Scenario, series: readonly Series[]) => void,
): Promise<void> => {
  const chosen = scenarios.filter(({ name }) => options.scenarios.includes(name));
  const contestants = contestantsOf(options, knownServers);
  if (options.isShort) {
    const seriesByScenario = await compareBriefly(options, chosen, contestants, progress);
    for (const [scenario, series] of seriesByScenario) report(scenario, series);
    return;
  }
  for (const scenario of chosen) {
    report(scenario, await compareInTurns(options, scenario, contestants, progress));
  }
};

// An end that Node knows of: servers and their directories go, too.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => process.exit(130));
}
process.setMaxListeners(100);

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  clearLine();
  say(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
