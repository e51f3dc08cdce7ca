/** All runs of one server on one wire in one scenario. */
import type { RunResult } from "../load/job.ts";
import type { WireName } from "../wires/wire.ts";
import type { FigureName } from "./figures.ts";

/** Runs that are compared with others'. */
export interface Series {
  readonly server: string;
  readonly label: string;
  readonly wire: WireName;
  readonly isFromDisk: boolean;
  readonly runs: readonly RunResult[];
  readonly failures: readonly string[];
  /** The figure in each run that did not fail and has it. */
  figures(name: FigureName): readonly number[];
}

/** Puts the runs of one server together. */
export const seriesOf = (
  { server, label, wire, isFromDisk }: Pick<Series, "server" | "label" | "wire" | "isFromDisk">,
  runs: readonly RunResult[],
): Series => ({
  server,
  label,
  wire,
  isFromDisk,
  runs,
  failures: runs.flatMap(({ failure }) => failure ?? []),
  figures: (name) =>
    runs.flatMap(({ figures, failure }) => {
      const value = figures[name];
      return failure !== null || value === undefined ? [] : [value];
    }),
});
