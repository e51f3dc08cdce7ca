/** What a plot is: a few happenings that must come in one order, and the words to tell it with. */
import type { HomeLimits } from "@syncline/gossip";
import type { Random } from "@syncline/machine";
import type { Fault } from "@syncline/simulator";
import type { ClusterSetup, Deed } from "./deeds.ts";
import type { Happening } from "./gossip-run.ts";
import { documents } from "./items.ts";

/** A plot of a seed. */
export interface Plot {
  readonly happenings: readonly Happening[];
  /** Limits without which nothing would come of it. */
  readonly homeLimits: Partial<HomeLimits>;
  /** The same of the cluster: only for a plot that is told alone, since all else is drawn for another one. */
  readonly setup?: Partial<ClusterSetup>;
  /** The trouble lasts at least until then. */
  readonly untilMs: number;
}

/** Who plays in it: all homes and edges of the world, in an order of their own. */
export interface Cast {
  readonly homes: readonly string[];
  readonly edges: readonly string[];
}

/** How a plot is told from `atMs` on, by as many homes and edges as it needs. */
export interface Plotting {
  readonly homeCountMin: number;
  readonly edgeCountMin: number;
  /** Whether anything that comes after it would hide what it has brought about. */
  readonly isOnlyAlone?: boolean;
  readonly tell: (cast: Cast, random: Random, atMs: number) => Plot;
}

/** The names in an order that is drawn. */
export const drawOrder = (names: readonly string[], random: Random): readonly string[] => {
  const left = [...names];
  return names.flatMap(() => left.splice(random.integer(0, left.length), 1));
};

/** The cast of this seed. */
export const drawCast = (setup: ClusterSetup, random: Random): Cast => ({
  homes: drawOrder(setup.homeNames, random),
  edges: drawOrder(setup.edgeNames, random),
});

/** A fault. */
export const fate = (fault: Fault): Happening => ({ by: "fate", fault });

/** A deed. */
const people = (deed: Deed): Happening => ({ by: "people", deed });

/** An edge goes to another home, or offline. */
export const move = (atMs: number, edge: string, home: string | null): Happening =>
  people({ atMs, kind: "move", edge, home });

/** A client shows something new of itself, or nothing any more. */
export const show = (atMs: number, edge: string, isHere: boolean): Happening =>
  people({ atMs, kind: "show", edge, isHere });

/** A device loses power and starts again. */
export const restart = (atMs: number, edge: string): Happening =>
  people({ atMs, kind: "restart", edge });

/** An edge says that a replica of a document will not write any more. */
export const retire = (atMs: number, edge: string, document: string, replica: number): Happening =>
  people({ atMs, kind: "retire", edge, document, replica });

/** An edge edits one document this many times. */
export const edit = (atMs: number, edge: string, document: string, count = 1): Happening =>
  people({ atMs, kind: "edit", edge, document, count });

/** An edge edits, some document each time. */
export const editAnything = (
  edge: string,
  random: Random,
  timesMs: readonly number[],
): readonly Happening[] => timesMs.map((atMs) => edit(atMs, edge, random.pick(documents)));

/** A disk takes so many times as long. */
export const slowDisk = (atMs: number, node: string, times: number, forMs: number): Happening =>
  fate({ atMs, kind: "slow-disk", node, times, forMs });

/** What is sent on this line waits. */
export const clog = (atMs: number, from: string, to: string, forMs: number): Happening =>
  fate({ atMs, kind: "clog", from, to, forMs });

/** One home sees none of these others, and they do not see it. */
export const isolate = (
  atMs: number,
  home: string,
  others: readonly string[],
  forMs: number,
): Happening =>
  fate({
    atMs,
    kind: "partition",
    shape: "isolated",
    lines: others.flatMap((other) => [[home, other] as const, [other, home] as const]),
    forMs,
  });
