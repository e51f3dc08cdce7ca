/** The command: runs servers in turn, prints tables, saves everything. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { RunResult } from "./load/job.ts";
import { describeMachine } from "./machine/machine.ts";
import { type BenchOptions, help, readBenchOptions } from "./options.ts";
import { type Series, seriesOf } from "./report/series.ts";
import { type Paint, paintNothing, paintTerminal, tableOf } from "./report/table.ts";
import { runOnce } from "./run.ts";
import { type Scenario, scenarios } from "./scenarios/scenarios.ts";
import { isInstalled, type ServerKind, serverKinds } from "./servers/servers.ts";
import type { WireName } from "./wires/wire.ts";

interface Contestant {
  readonly server: ServerKind;
  readonly wire: WireName;
}

const out = (text: string): void => void process.stdout.write(text);
const say = (text: string): void => void process.stderr.write(text);

const main = async (args: readonly string[]): Promise<number> => {
  const options = readBenchOptions(args);
  if (options.isHelp) {
    out(help);
    return 0;
  }
  const paint = process.stdout.isTTY ? paintTerminal : paintNothing;
  const machine = describeMachine(options.dataRoot);
  out(`${machine.summary}\n\n`);
  const contestants = contestantsOf(options);
  const saved = [];
  let failureCount = 0;
  for (const scenario of scenarios.filter(({ name }) => options.scenarios.includes(name))) {
    const series = await compare(options, scenario, contestants, paint);
    failureCount += series.filter(({ failures }) => failures.length > 0).length;
    out(
      `${tableOf(`${scenario.name}: ${scenario.title}`, scenario.columns, scenario.ratios, series, paint)}\n`,
    );
    const parameters = options.isShort ? scenario.short : scenario.parameters;
    saved.push({ name: scenario.name, title: scenario.title, parameters, results: series });
  }
  if (options.outFile !== null) {
    const file = resolve(options.outFile);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${JSON.stringify({ ...machine, scenarios: saved }, null, 2)}\n`);
    out(`saved in ${options.outFile}\n`);
  }
  return failureCount === 0 ? 0 : 1;
};

const contestantsOf = (options: BenchOptions): readonly Contestant[] =>
  serverKinds
    .filter(({ name }) => options.servers.includes(name))
    .filter((server) => {
      if (isInstalled(server)) return true;
      say(`${server.label} is not installed and left out\n`);
      return false;
    })
    .flatMap((server) =>
      server.wires
        .filter((wire) => options.wires === null || options.wires.includes(wire))
        .map((wire) => ({ server, wire })),
    );

/** Runs them in turns, so that whatever the machine does meanwhile falls on all alike. */
const compare = async (
  options: BenchOptions,
  scenario: Scenario,
  contestants: readonly Contestant[],
  paint: Paint,
): Promise<readonly Series[]> => {
  const runs = contestants.map((): RunResult[] => []);
  for (let round = 1; round <= options.runs; round += 1) {
    for (const [index, { server, wire }] of contestants.entries()) {
      if (process.stderr.isTTY) {
        say(
          `\r\u001b[K${paint("dim", `${scenario.name} ${round}/${options.runs}: ${server.label}, ${wire}`)}`,
        );
      }
      runs[index]?.push(
        await runOnce({
          server,
          wire,
          parameters: options.isShort ? scenario.short : scenario.parameters,
          dataRoot: resolve(options.dataRoot),
          profileDirectory: options.profileDirectory && resolve(options.profileDirectory),
        }),
      );
    }
  }
  if (process.stderr.isTTY) say("\r\u001b[K");
  return contestants.map(({ server, wire }, index) =>
    seriesOf({ server: server.name, label: server.label, wire }, runs[index] ?? []),
  );
};

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  say(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
