/** `--growth`: measures the curves, prints them with their exponents, draws them. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runFresh } from "../compare.ts";
import type { RunResult } from "../load/job.ts";
import { figureSpecs } from "../report/figures.ts";
import { exponentOf } from "../report/statistics.ts";
import { format, type Paint } from "../report/table.ts";
import type { SessionOptions } from "../session.ts";
import { isInstalled, type ServerKind, serverKinds } from "../servers/servers.ts";
import type { WireName } from "../wires/wire.ts";
import { type Curve, growthContestants, type Measure } from "./curves.ts";
import { drawPlot } from "./plot.ts";

/** How the growth is measured. */
export interface GrowthOptions {
  readonly session: SessionOptions;
  readonly servers: readonly string[];
  readonly wires: readonly WireName[] | null;
  /** Where the pictures go. */
  readonly plotDirectory: string;
  /** On what it was measured, for the pictures. */
  readonly note: string;
  readonly paint: Paint;
  readonly out: (text: string) => void;
  readonly progress: (what: string) => void;
}

/** A server along one curve. */
export interface GrowthLine {
  readonly server: string;
  readonly label: string;
  readonly wire: WireName;
  readonly runs: readonly { readonly value: number; readonly result: RunResult }[];
}

/** Two decades of n · log n, from a thousand on, have the exponent 1.11; the rest is what a measurement may be off. */
const tolerance = 0.2;

/** Measures one curve with all servers; resolves with what it found. */
export const measureCurve = async (
  curve: Curve,
  options: GrowthOptions,
): Promise<readonly GrowthLine[]> => {
  const lines: GrowthLine[] = [];
  for (const [name, wire] of growthContestants) {
    const server = serverKinds.find((kind) => kind.name === name);
    if (server === undefined || !isWanted(server, wire, curve, options)) continue;
    const runs: { readonly value: number; readonly result: RunResult }[] = [];
    for (const value of curve.values) {
      options.progress(`${curve.name} ${value}: ${server.label}, ${wire}`);
      const result = await runFresh(server, wire, curve.parametersOf(value), options.session);
      runs.push({ value, result });
    }
    lines.push({ server: name, label: server.label, wire, runs });
  }
  report(curve, lines, options);
  return lines;
};

const isWanted = (
  server: ServerKind,
  wire: WireName,
  curve: Curve,
  { servers, wires }: GrowthOptions,
): boolean =>
  servers.includes(server.name) &&
  (wires === null || wires.includes(wire)) &&
  isInstalled(server) &&
  !(curve.needsDocuments && server.isCopying);

const report = (curve: Curve, lines: readonly GrowthLine[], options: GrowthOptions): void => {
  const { paint, out } = options;
  out(`${paint("bold", `${curve.name}: ${curve.title}`)}\n`);
  for (const { label, wire, runs } of lines) {
    for (const { value, result } of runs) {
      if (result.failure === null) continue;
      out(
        paint(
          "red",
          `  FAILED at ${value}: ${label} (${wire}): ${result.failure.split("\n")[0]}\n`,
        ),
      );
    }
  }
  for (const measure of curve.measures) {
    out(tableOf(curve, measure, lines, paint));
    draw(curve, measure, lines, options);
  }
  out("\n");
};

const pointsOf = (
  { runs }: GrowthLine,
  { figure }: Measure,
): readonly (readonly [number, number])[] =>
  runs.flatMap(({ value, result }) => {
    const cost = result.figures[figure];
    return result.failure !== null || cost === undefined ? [] : [[value, cost] as const];
  });

const tableOf = (
  curve: Curve,
  measure: Measure,
  lines: readonly GrowthLine[],
  paint: Paint,
): string => {
  const { unit } = figureSpecs[measure.figure];
  const head = curve.values.map((value) => format("count", value).padStart(11)).join("");
  const rows = lines.map((one) => {
    const points = new Map(pointsOf(one, measure));
    if (points.size === 0) return "";
    const cells = curve.values.map((value) =>
      format(unit, points.get(value) ?? Number.NaN).padStart(11),
    );
    const exponent = exponentOf([...points]);
    const isFaster = exponent > measure.expected + tolerance;
    const verdict = `n^${exponent.toFixed(2)}${isFaster ? " FASTER" : ""}`;
    const name = `  ${one.label} (${one.wire})`.padEnd(34);
    return `${name}${cells.join("")}  ${paint(isFaster ? "red" : "green", verdict)}\n`;
  });
  return `${paint("dim", `  ${measure.label}`.padEnd(34) + head)}\n${rows.join("")}`;
};

const draw = (
  curve: Curve,
  measure: Measure,
  lines: readonly GrowthLine[],
  { plotDirectory, note }: GrowthOptions,
): void => {
  const series = lines
    .map((one) => ({ one, points: pointsOf(one, measure) }))
    .filter(({ points }) => points.length > 0)
    .map(({ one: { label, wire }, points }) => ({
      label: `${label} (${wire}): n^${exponentOf(points).toFixed(2)}`,
      points,
    }));
  mkdirSync(plotDirectory, { recursive: true });
  writeFileSync(
    join(plotDirectory, `${curve.name}-${fileNameOf(measure.figure)}.svg`),
    drawPlot({ title: curve.title, xLabel: curve.cause, yLabel: measure.label, series, note }),
  );
};

/** `cpuUsPerDelivery` is `cpu-us-per-delivery`. */
const fileNameOf = (figure: string): string =>
  figure.replaceAll(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`);
