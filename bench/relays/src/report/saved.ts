/** What is saved as JSON: every run as it was, and the medians. */
import type { RunResult } from "../load/job.ts";
import type { ScenarioParameters } from "../scenarios/parameters.ts";
import type { Scenario } from "../scenarios/scenarios.ts";
import type { WireName } from "../wires/wire.ts";
import { type FigureName, figureSpecs } from "./figures.ts";
import type { Series } from "./series.ts";
import { type Spread, spreadOf } from "./statistics.ts";

/** What a file of results has, besides more of the machine. */
export interface SavedResults {
  /** The machine, the versions, the commit and the time, in two lines. */
  readonly summary: string;
  readonly scenarios: readonly SavedScenario[];
}

/** A scenario with the results of all who took part. */
export interface SavedScenario {
  readonly name: string;
  readonly title: string;
  readonly parameters: ScenarioParameters;
  readonly results: readonly SavedSeries[];
}

/** The runs of one server on one wire. */
export interface SavedSeries {
  readonly server: string;
  readonly wire: WireName;
  /** An acknowledgement means that the write is on stable storage. */
  readonly isAcknowledgedFromDisk: boolean;
  readonly failures: readonly string[];
  readonly figures: Readonly<Partial<Record<FigureName, Spread>>>;
  readonly runs: readonly RunResult[];
}

const figureNames = Object.keys(figureSpecs) as readonly FigureName[];

/** Makes data of a scenario's results. */
export const savedScenario = (
  { name, title, parameters, short }: Scenario,
  isShort: boolean,
  series: readonly Series[],
): SavedScenario => ({
  name,
  title,
  parameters: isShort ? short : parameters,
  results: series.map((one) => ({
    server: one.server,
    wire: one.wire,
    isAcknowledgedFromDisk: one.isFromDisk,
    failures: one.failures,
    figures: Object.fromEntries(
      figureNames.flatMap((figure) => {
        const spread = spreadOf(one.figures(figure));
        return spread === null ? [] : [[figure, spread]];
      }),
    ),
    runs: one.runs,
  })),
});
