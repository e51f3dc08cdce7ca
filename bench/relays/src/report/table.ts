/** Figures as a table that fits into 120 columns. */
import type { RunResult } from "../load/job.ts";
import { type FigureName, figureSpecs, type FigureUnit } from "./figures.ts";
import { type Spread, spreadOf } from "./statistics.ts";
import type { Scenario } from "../scenarios/scenarios.ts";
import type { Series } from "./series.ts";

/** Paints text, or leaves it. */
export type Paint = (colour: "bold" | "dim" | "red" | "green" | "yellow", text: string) => string;

const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 } as const;

/** Colours for a terminal. */
export const paintTerminal: Paint = (colour, text) => `\u001b[${codes[colour]}m${text}\u001b[0m`;
/** No colours. */
export const paintNothing: Paint = (_colour, text) => text;

const grouped = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** A figure in its unit, with about three digits. */
export const format = (unit: FigureUnit, value: number): string => {
  if (!Number.isFinite(value)) return "–";
  switch (unit) {
    case "count":
    case "bytes":
      return grouped.format(value);
    case "ms":
    case "us":
    case "perSecond":
    case "kilobytes":
    case "megabytes":
    case "share":
      return value >= 100
        ? grouped.format(value)
        : value.toFixed(value >= 10 || unit === "megabytes" ? 1 : 2);
  }
};

/** The table of one scenario: a line for each server and wire, medians of its runs. */
export const tableOf = (
  {
    name: scenario,
    title,
    columns,
    ratios,
  }: Pick<Scenario, "name" | "title" | "columns" | "ratios">,
  series: readonly Series[],
  isShort: boolean,
  paint: Paint,
): string => {
  const head = ["server", "wire", ...columns.map((name) => figureSpecs[name].title)];
  const lines = series.map((one) => [
    one.label,
    one.wire,
    ...columns.map((name) => cell(one, name)),
  ]);
  const widths = head.map((text, column) =>
    Math.max(text.length, ...lines.map((line) => line[column]?.length ?? 0)),
  );
  const row = (cells: readonly string[]): string =>
    cells
      .map((text, column) =>
        column < 2 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd();
  return [
    paint("bold", `${scenario}: ${isShort ? "in its short form" : title}`),
    paint("dim", row(head)),
    ...series.map((one, index) =>
      one.failures.length > 0
        ? paint("red", `${one.label}  ${one.wire}  FAILED: ${one.failures[0]?.split("\n")[0]}`)
        : row(lines[index] ?? []),
    ),
    ...ratioLines(ratios, series),
    ...diskLines(columns, series),
    ...shareLines(series),
    ...series.flatMap((one) => loadLines(one).map((line) => paint("yellow", line))),
    "",
  ].join("\n");
};

const cell = (one: Series, name: FigureName): string => {
  const spread = spreadOf(one.figures(name));
  return spread === null ? "–" : format(figureSpecs[name].unit, spread.median);
};

/** Each against y-websocket and against the bare loop on the same wire, with the spread of the figure itself. */
const ratioLines = (ratios: readonly FigureName[], series: readonly Series[]): readonly string[] =>
  ratios.flatMap((name) => {
    const isOneRun = series.every(({ runs }) => runs.length < 2);
    const { title, unit } = figureSpecs[name];
    const isRival = ({ server }: Series): boolean =>
      server === "y-websocket" || server === "bare-ws";
    const isAlone = !series.some((one) => isRival(one) && median(one, name) !== null);
    if (isOneRun && isAlone) return [];
    const parts = series.flatMap((one) => {
      const spread = spreadOf(one.figures(name));
      if (spread === null || one.failures.length > 0) return [];
      const ratioTo = (rival: string, label: string): string => {
        const text = ratioText(spread.median, median(rivalOnWire(series, rival, one.wire), name));
        return text === "" ? "" : `${text} × ${label}`;
      };
      const cells = [
        `    ${one.label} (${one.wire})`.padEnd(36),
        spreadText(unit, spread).padEnd(28),
        ratioTo("y-websocket", "y-websocket").padEnd(20),
        ratioTo("bare-ws", "bare"),
      ];
      return [cells.join(" ").trimEnd()];
    });
    return parts.length === 0 ? [] : [`  ${title}: median (min–max), ratios`, ...parts];
  });

const median = (one: Series | undefined, name: FigureName): number | null =>
  one === undefined ? null : (spreadOf(one.figures(name))?.median ?? null);

/** The median, with the least and the greatest run in brackets where they differ. */
export const spreadText = (unit: FigureUnit, { median: middle, min, max }: Spread): string =>
  min === max
    ? format(unit, middle)
    : `${format(unit, middle)} (${format(unit, min)}–${format(unit, max)})`;

/** How many times the other's a figure is; empty where there is nothing to divide by. */
export const ratioText = (value: number, other: number | null): string =>
  other === null || other === 0 ? "" : (value / other).toFixed(2);

/** Who is compared with a server on this wire: the rival on the same wire, or where it has none such, on its first. */
export const rivalOnWire = <One extends { readonly server: string; readonly wire: string }>(
  all: readonly One[],
  rival: string,
  wire: string,
): One | undefined => {
  const rivals = all.filter(({ server }) => server === rival);
  return rivals.find((one) => one.wire === wire) ?? rivals[0];
};

/** Whose acknowledgement means more than that the server has heard it. */
const diskLines = (
  columns: readonly FigureName[],
  series: readonly Series[],
): readonly string[] => {
  const labels = new Set(series.flatMap(({ isFromDisk, label }) => (isFromDisk ? [label] : [])));
  if (!columns.includes("acknowledgedP50Ms") || labels.size === 0) return [];
  return [`  ack: from disk with ${[...labels].join("; ")}; from memory with all others`];
};

/** What each process of a server has used of the processor time of all of them. */
const shareLines = (series: readonly Series[]): readonly string[] =>
  series.flatMap(({ label, wire, runs, failures }) => {
    const names = Object.keys(runs[0]?.cpuMsByProcess ?? {});
    if (names.length < 2 || failures.length > 0) return [];
    const sums = names.map((name) =>
      runs.reduce((sum, { cpuMsByProcess }) => sum + (cpuMsByProcess[name] ?? 0), 0),
    );
    const total = sums.reduce((sum, ms) => sum + ms, 0);
    if (total === 0) return [];
    const shares = names.map((name, index) => `${name} ${percent((sums[index] ?? 0) / total)}`);
    return [`  CPU of ${label} (${wire}): ${shares.join(", ")}`];
  });

/** From this share of a core on, a process is at its limit. */
const limitShare = 0.9;
/** Frames come in bursts, so timers wait a little; more than this shows in the latencies. */
const lateMs = 50;

/** What is known of the load where it may have shaped the figures: that it was the limit, that its timers were late. */
const loadLines = ({ label, wire, runs }: Series): readonly string[] => {
  const limited = runs.filter(({ load, cpuMsByProcess, elapsedMs }) => {
    const serverShare = Math.max(...Object.values(cpuMsByProcess)) / elapsedMs;
    return load.cpuShare > limitShare && serverShare < limitShare;
  });
  const late = runs.filter(({ load }) => load.lateP99Ms > lateMs);
  const line = (some: readonly RunResult[], text: string): readonly string[] =>
    some.length === 0
      ? []
      : [`  ! ${label} (${wire}): in ${some.length} of ${runs.length} runs ${text}`];
  const cpuShare = Math.max(...limited.map(({ load }) => load.cpuShare));
  const lateP99Ms = Math.max(...late.map(({ load }) => load.lateP99Ms));
  return [
    ...line(limited, `the load used ${percent(cpuShare)} of a core, each server process less`),
    ...line(late, `timers of the load came ${lateP99Ms.toFixed(0)} ms late (p99)`),
  ];
};

const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;
