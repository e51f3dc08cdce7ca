/** What seeds are about, and what each theme asks for: how long, how many, which faults, how patient. */
import type { ProposerLimits } from "@syncline/consensus/caspaxos";
import type { Random } from "@syncline/machine";
import type { FaultKind } from "@syncline/simulator";
import type { Patience } from "./retry-scenes.ts";

/**
 * What a seed is about: a bit of everything; keys that are deleted and made again; the same as scenes; acceptors that lose their disks, as scenes; operations
 * that are given up and asked again, and readings that are answered late, as scenes; and hours in which not much happens.
 */
export type Theme = "all" | "deleting" | "deletions" | "losses" | "retries" | "hours";

const drawnThemes = [
  ...(["all", "all", "all", "deleting"] as const),
  ...(["deletions", "deletions", "losses", "losses"] as const),
];

/** One seed in eight is about retries and one in sixteen tells of hours, so that however many seeds run, they have their share; the others draw. */
export const themeOf = (seed: number, random: Random): Theme => {
  if (seed % 8 === 3) return "retries";
  if (seed % 16 === 5) return "hours";
  return random.pick(drawnThemes);
};

const HOUR_MS = 3_600_000;

/** How long a story is, in milliseconds, without its end. */
export const forMsByTheme: Readonly<Record<Theme, readonly number[]>> = {
  all: [500, 2000, 8000, 20_000, 60_000],
  deleting: [4000, 12_000, 30_000],
  deletions: [2000, 6000],
  losses: [4000, 10_000],
  retries: [3000, 8000],
  hours: [HOUR_MS, 2 * HOUR_MS, 4 * HOUR_MS],
};

/** How many acceptors there are. */
export const sizesByTheme: Readonly<Record<Theme, readonly number[]>> = {
  all: [1, 2, 3, 3, 3, 3, 4, 5, 5, 7],
  deleting: [2, 3, 3, 4],
  deletions: [2, 3, 3, 3, 4, 5],
  losses: [3, 3, 3, 4, 5, 5, 7],
  retries: [3, 3, 3, 5],
  hours: [3, 3, 3, 4, 5],
};

const few = [1, 2, 2, 3, 4];

/** How many proposers there are. */
export const proposerCountsByTheme: Readonly<Record<Theme, readonly number[]>> = {
  all: few,
  deleting: few,
  deletions: few,
  losses: few,
  retries: [3, 3, 4],
  hours: [2, 2, 3],
};

const never = ["break", "slow-reader", "roll-back"] as const;

/** To erase takes every acceptor, so where that is the theme they are mostly there, and slow. */
const mostlyThere = [
  ...never,
  "wipe",
  "restore",
  "bit-rot",
  "full-disk",
  "failed-flush",
  "partition",
  "slow-disk",
  "crash",
] as const;

const onlyInScenes = [...mostlyThere, "clog", "slow-line", "pause", "weather"] as const;

/** Which faults are not drawn. */
export const withoutByTheme: Readonly<Record<Theme, readonly FaultKind["kind"][]>> = {
  all: never,
  deleting: mostlyThere,
  deletions: onlyInScenes,
  losses: [...never, "partition", "full-disk", "failed-flush", "slow-line", "wipe"],
  retries: [...onlyInScenes, "clock-jump", "clock-drift"],
  hours: never,
};

/** How patient proposers are, and how much they and registers remember. */
export const drawLimits = (
  theme: Theme,
  wayMs: number,
  random: Random,
): Partial<ProposerLimits> & Patience => {
  if (theme === "retries") return drawImpatience(wayMs, random);
  // An attempt that a replacement is to outlast must not be short.
  const attemptMs = random.pick(theme === "losses" ? [200, 1000, 3000] : [60, 200, 1000]);
  return {
    attemptMs,
    giveUpMs: attemptMs * random.pick([2, 5, 10]),
    backoffMs: random.pick([5, 20]),
    batchMax: random.pick([1, 3, 64]),
    keysMax: random.pick([1, 1, 3, 1000]),
    clientsMax: random.pick(theme === "all" ? [1, 3, 64] : [3, 64, 64]),
    resultsMax: random.pick([1, 2, 4]),
  };
};

/** Just patient enough for an attempt where all goes well. */
const drawImpatience = (wayMs: number, random: Random): Partial<ProposerLimits> & Patience => {
  const attemptMs = Math.ceil((wayMs + 2) * random.pick([6, 8, 12]));
  return {
    attemptMs,
    giveUpMs: Math.ceil(attemptMs * random.pick([1, 1, 2.5, 4])),
    backoffMs: 5,
    batchMax: random.pick([1, 3]),
    keysMax: random.pick([3, 1000, 1000]),
    clientsMax: 1,
    resultsMax: random.pick([1, 2, 4]),
  };
};
