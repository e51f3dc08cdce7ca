/**
 * Stories that chance hardly ever tells: a few happenings that must come in one order within a second or two. Every other seed is given one: half of
 * these in the midst of everything else that they draw, and half alone, where nothing comes between.
 */
import type { Random } from "@syncline/machine";
import { catchUpPlots } from "./catch-up-plots.ts";
import type { ClusterSetup } from "./deeds.ts";
import { diskPlots } from "./disk-plots.ts";
import { drawCast, type Plot } from "./plot.ts";
import { presencePlots } from "./presence-plots.ts";
import { retirementPlots } from "./retirement-plots.ts";

/** A plot, and whether nothing else happens. */
export interface DrawnPlot extends Plot {
  readonly isAlone: boolean;
}

const plots = [...diskPlots, ...catchUpPlots, ...presencePlots, ...retirementPlots];

/** The plot of this seed; null for half of them. */
export const drawPlot = (setup: ClusterSetup, random: Random): DrawnPlot | null => {
  if (!random.chance(0.5)) return null;
  const { homeNames, edgeNames } = setup;
  const plotting = random.pick(
    plots.filter(
      ({ homeCountMin, edgeCountMin }) =>
        homeCountMin <= homeNames.length && edgeCountMin <= edgeNames.length,
    ),
  );
  const isAlone = plotting.isOnlyAlone === true || random.chance(0.5);
  const plot = plotting.tell(drawCast(setup, random), random, random.integer(1000, 2000));
  return { ...plot, isAlone };
};
