/** Saved results as tables in Markdown, for the docs. */
import { scenarios } from "../scenarios/scenarios.ts";
import { knownServers } from "../servers/servers.ts";
import { type FigureName, figureSpecs } from "./figures.ts";
import type { SavedResults, SavedScenario, SavedSeries } from "./saved.ts";
import { ratioText, rivalOnWire, spreadText } from "./table.ts";

/**
 * A table for each scenario, under the machine it was measured on: medians, with the least and the greatest run in brackets where there were several, and for
 * the figures that are compared their ratios to y-websocket and to the bare loop on the same wire.
 */
export const markdownOf = (files: readonly SavedResults[]): string =>
  files.map((file) => [file.summary, ...file.scenarios.map(tableOf)].join("\n\n")).join("\n\n") +
  "\n";

type Row = readonly string[];

/** Whom the others are compared with. */
const rivalNames = ["y-websocket", "bare-ws"];

const tableOf = (saved: SavedScenario): string => {
  const scenario = scenarios.find(({ name }) => name === saved.name);
  if (scenario === undefined) throw new Error(`there is no scenario ${saved.name}`);
  const { columns, ratios } = scenario;
  const rivals = rivalNames.filter((rival) =>
    saved.results.some(({ server, failures }) => server === rival && failures.length === 0),
  );
  const rivalsOf = (name: FigureName): Row => (ratios.includes(name) ? rivals : []);
  const head = columns.flatMap((name) => [
    figureSpecs[name].title,
    ...rivalsOf(name).map((rival) => `× ${rival}`),
  ]);
  const rows = saved.results.map((one): Row => {
    const [failure] = one.failures;
    if (failure !== undefined) return [labelOf(one), `failed: ${failure.split("\n")[0]}`];
    const cells = columns.flatMap((name) => [
      cellOf(one, name),
      ...rivalsOf(name).map((rival) => ratioOf(saved, one, name, rival)),
    ]);
    return [labelOf(one), ...cells];
  });
  const runCount = saved.results[0]?.runs.length ?? 0;
  return [
    `**${saved.name}**: ${saved.title}; ${runCount === 1 ? "one run" : `medians of ${runCount} runs`}`,
    "",
    lineOf(["server (wire)", ...head]),
    lineOf(["---", ...head.map(() => "---")]),
    ...rows.map(lineOf),
  ].join("\n");
};

const lineOf = (cells: Row): string => `| ${cells.join(" | ")} |`;

const labelOf = ({ server, wire }: SavedSeries): string => {
  const known = knownServers.find(({ name }) => name === server);
  return `${known?.label ?? server} (${wire})`;
};

const cellOf = ({ figures }: SavedSeries, name: FigureName): string => {
  const spread = figures[name];
  return spread === undefined ? "–" : spreadText(figureSpecs[name].unit, spread);
};

const ratioOf = (
  { results }: SavedScenario,
  one: SavedSeries,
  name: FigureName,
  rival: string,
): string => {
  const mine = one.figures[name]?.median;
  const theirs = rivalOnWire(results, rival, one.wire)?.figures[name]?.median;
  return mine === undefined ? "" : ratioText(mine, theirs ?? null);
};
