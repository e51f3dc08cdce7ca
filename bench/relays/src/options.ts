/** What the command may be told; `help.txt` says it to people, and `npm run bench -- --help` prints that. */
import { parseArgs } from "node:util";
import { curves } from "./growth/curves.ts";
import { loadableLibrary } from "./machine/library.ts";
import { scenarios } from "./scenarios/scenarios.ts";
import { knownServers, serverKinds } from "./servers/servers.ts";
import { type WireName, wireNames } from "./wires/wire.ts";

/** The command's options, all decided. */
export interface BenchOptions {
  readonly scenarios: readonly string[];
  readonly servers: readonly string[];
  /** Null: every wire that a server speaks. */
  readonly wires: readonly WireName[] | null;
  readonly runs: number;
  readonly isShort: boolean;
  readonly outFile: string | null;
  readonly dataRoot: string;
  readonly profileDirectory: string | null;
  /** The real path of a shared library that every server is started with, or null. */
  readonly preload: string | null;
  /** Measure how cost grows, instead of comparing. */
  readonly isGrowth: boolean;
  readonly curves: readonly string[];
  readonly plotDirectory: string;
  /** Files of saved results, which are to be printed and nothing else. Null: measure. */
  readonly tableFiles: readonly string[] | null;
}

/** Every option, and what stands after it. */
export const optionKinds = {
  scenario: { type: "string" },
  server: { type: "string" },
  wire: { type: "string" },
  runs: { type: "string" },
  short: { type: "boolean" },
  out: { type: "string" },
  data: { type: "string" },
  profile: { type: "string" },
  preload: { type: "string" },
  growth: { type: "boolean" },
  curve: { type: "string" },
  plots: { type: "string" },
  tables: { type: "string" },
} as const;

/** Reads the arguments; throws an error with one sentence at the first that is wrong. */
export const readBenchOptions = (args: readonly string[]): BenchOptions => {
  const { values } = parseArgs({
    args: [...args],
    options: optionKinds,
  });
  const isShort = values.short ?? false;
  const scenarioNames = scenarios.map(({ name }) => name);
  const curveNames = curves.map(({ name }) => name);
  const known = knownServers.map(({ name }) => name);
  const serverNames = serverKinds.map(({ name }) => name);
  return {
    scenarios: chosen("scenario", values.scenario, scenarioNames),
    servers: values.server === undefined ? serverNames : chosen("server", values.server, known),
    wires: values.wire === undefined ? null : chosen("wire", values.wire, wireNames),
    runs: countOf(values.runs ?? (isShort ? "1" : "3")),
    isShort,
    outFile: values.out ?? null,
    dataRoot: values.data ?? ".syncline/bench",
    profileDirectory: values.profile ?? null,
    preload: values.preload === undefined ? null : libraryAt(values.preload),
    isGrowth: values.growth ?? false,
    curves: chosen("curve", values.curve, curveNames),
    plotDirectory: values.plots ?? "docs/growth",
    tableFiles: values.tables?.split(",") ?? null,
  };
};

const chosen = <Name extends string>(
  option: string,
  text: string | undefined,
  known: readonly Name[],
): readonly Name[] => {
  if (text === undefined) return known;
  return text.split(",").map((part) => {
    const name = known.find((one) => one === part.trim());
    if (name === undefined) throw new Error(`--${option}: ${part} is none of ${known.join(", ")}`);
    return name;
  });
};

const libraryAt = (path: string): string => {
  try {
    return loadableLibrary(path);
  } catch (error) {
    throw new Error(`--preload: ${error instanceof Error ? error.message : String(error)}`);
  }
};

const countOf = (text: string): number => {
  if (!/^[1-9]\d{0,2}$/u.test(text)) throw new Error(`--runs: must be from 1 to 999: ${text}`);
  return Number(text);
};
