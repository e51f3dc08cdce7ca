/** Who takes part, and in which order they are measured. */
import { resolve } from "node:path";
import type { RunResult } from "./load/job.ts";
import { inLanes } from "./load/lanes.ts";
import type { BenchOptions } from "./options.ts";
import { type Series, seriesOf } from "./report/series.ts";
import { openSession, type Session, type SessionOptions } from "./session.ts";
import type { ScenarioParameters } from "./scenarios/parameters.ts";
import type { Scenario } from "./scenarios/scenarios.ts";
import { isInstalled, type ServerKind } from "./servers/servers.ts";
import type { WireName } from "./wires/wire.ts";

/** A server on one of its wires. */
export interface Contestant {
  readonly server: ServerKind;
  readonly wire: WireName;
}

/** Told before each run. */
type Progress = (what: string) => void;

/** Those of the servers that are installed, on each wire that was chosen and that they speak. */
export const contestantsOf = (
  options: BenchOptions,
  servers: readonly ServerKind[],
): readonly Contestant[] =>
  servers
    .filter(({ name }) => options.servers.includes(name))
    .filter(isInstalled)
    .flatMap((server) =>
      server.wires
        .filter((wire) => options.wires === null || options.wires.includes(wire))
        .map((wire) => ({ server, wire })),
    );

/** Whether a scenario means anything for this server. */
const canTakePart = ({ server, wire }: Contestant, scenario: Scenario): boolean => {
  if (scenario.needs === "documents" && server.isCopying) return false;
  if (scenario.needs === "persistence" && !server.isPersistent) return false;
  return scenario.isPerWire || wire === server.wires.at(-1);
};

/**
 * Runs one scenario: all servers in turn, then all again, so that whatever the machine does meanwhile falls on all alike. Each run has a
 * server that was started for it.
 */
export const compareInTurns = async (
  options: BenchOptions,
  scenario: Scenario,
  contestants: readonly Contestant[],
  progress: Progress,
): Promise<readonly Series[]> => {
  const taking = contestants.filter((contestant) => canTakePart(contestant, scenario));
  const runs = taking.map((): RunResult[] => []);
  for (let round = 1; round <= options.runs; round += 1) {
    for (const [index, { server, wire }] of taking.entries()) {
      progress(`${scenario.name} ${round}/${options.runs}: ${server.label}, ${wire}`);
      const sessionOptions = sessionOptionsOf(options);
      runs[index]?.push(await runFresh(server, wire, scenario.parameters, sessionOptions));
    }
  }
  return taking.map((contestant, index) => seriesOf(nameOf(contestant), runs[index] ?? []));
};

/** One run with a server of its own. */
export const runFresh = async (
  server: ServerKind,
  wire: WireName,
  parameters: ScenarioParameters,
  options: SessionOptions,
): Promise<RunResult> => {
  const session = await openSession(server, options);
  const result = await session.run(wire, parameters);
  await session.end();
  return result;
};

/** Servers that are tried at the same time in the short form, which mostly waits. */
const briefLanes = 3;

/** The short form: each server is started once, and runs the short form of everything, one after the other. */
export const compareBriefly = async (
  options: BenchOptions,
  scenarios: readonly Scenario[],
  contestants: readonly Contestant[],
  progress: Progress,
): Promise<ReadonlyMap<Scenario, readonly Series[]>> => {
  const found: Found[][] = [];
  const servers = [...new Set(contestants.map(({ server }) => server))];
  await inLanes(servers, briefLanes, async (server, index) => {
    const own = contestants.filter((contestant) => contestant.server === server);
    const session = await openSession(server, sessionOptionsOf(options));
    found[index] = await runAllBriefly(session, own, scenarios, options.runs, progress);
    await session.end();
  });
  return new Map(
    scenarios.map((scenario) => [
      scenario,
      found.flat().flatMap((one) => (one.scenario === scenario ? [one.series] : [])),
    ]),
  );
};

interface Found {
  readonly scenario: Scenario;
  readonly series: Series;
}

const runAllBriefly = async (
  session: Session,
  contestants: readonly Contestant[],
  scenarios: readonly Scenario[],
  runCount: number,
  progress: Progress,
): Promise<Found[]> => {
  const found: Found[] = [];
  for (const scenario of scenarios) {
    for (const contestant of contestants) {
      if (!canTakePart(contestant, scenario)) continue;
      progress(`${scenario.name}: ${contestant.server.label}, ${contestant.wire}`);
      found.push({ scenario, series: await runBriefly(session, contestant, scenario, runCount) });
    }
  }
  return found;
};

const runBriefly = async (
  session: Session,
  contestant: Contestant,
  scenario: Scenario,
  runCount: number,
): Promise<Series> => {
  const runs: RunResult[] = [];
  while (runs.length < runCount) runs.push(await session.run(contestant.wire, scenario.short));
  return seriesOf(nameOf(contestant), runs);
};

/** How sessions are started by these options. */
export const sessionOptionsOf = (options: BenchOptions): SessionOptions => ({
  patienceMs: options.isShort ? 40_000 : 600_000,
  dataRoot: resolve(options.dataRoot),
  preload: options.preload,
  profileDirectory: options.profileDirectory === null ? null : resolve(options.profileDirectory),
});

const nameOf = ({
  server,
  wire,
}: Contestant): Pick<Series, "server" | "label" | "wire" | "isFromDisk"> => ({
  server: server.name,
  label: server.label,
  wire,
  isFromDisk: server.isAcknowledgedFromDisk,
});
