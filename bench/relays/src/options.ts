/** What the command may be told. */
import { parseArgs } from "node:util";
import { curves } from "./growth/curves.ts";
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
  /** Measure how cost grows, instead of comparing. */
  readonly isGrowth: boolean;
  readonly curves: readonly string[];
  readonly plotDirectory: string;
  readonly isHelp: boolean;
}

/** The text of `--help`. */
export const help = `npm run bench -- [options]: Syncline's relay beside its peers, on real keystrokes

  --scenario A,B   ${scenarios.map(({ name }) => name).join(", ")} (all)
  --server A,B     ${serverKinds.map(({ name }) => name).join(", ")} (all)
  --wire A,B       ${wireNames.join(", ")} (each that a server speaks)
  --runs N         runs of each, in turns; tables show medians (3)
  --short          all in half a minute or so, to see that everything works; the figures mean little
  --out FILE       saves everything as JSON
  --data DIR       where servers get their data directories; a real disk (.syncline/bench)
  --growth         how cost grows with its causes, instead; draws it
  --curve A,B      ${curves.map(({ name }) => name).join(", ")} (all)
  --plots DIR      where the pictures go (docs/growth)
  --profile DIR    servers write CPU profiles there: --cpu-prof, and slower for it
`;

/** Reads the arguments; throws an error with one sentence at the first that is wrong. */
export const readBenchOptions = (args: readonly string[]): BenchOptions => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      scenario: { type: "string" },
      server: { type: "string" },
      wire: { type: "string" },
      runs: { type: "string" },
      short: { type: "boolean" },
      out: { type: "string" },
      data: { type: "string" },
      profile: { type: "string" },
      growth: { type: "boolean" },
      curve: { type: "string" },
      plots: { type: "string" },
      help: { type: "boolean" },
    },
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
    isGrowth: values.growth ?? false,
    curves: chosen("curve", values.curve, curveNames),
    plotDirectory: values.plots ?? "docs/growth",
    isHelp: values.help ?? false,
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

const countOf = (text: string): number => {
  if (!/^[1-9]\d{0,2}$/u.test(text)) throw new Error(`--runs: must be from 1 to 999: ${text}`);
  return Number(text);
};
