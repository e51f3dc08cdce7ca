/** When a home wants to be woken: once, for the first of its deadlines. */
import type { HomeState } from "./home-state.ts";

/** How long all homes must have had everything before the mark that says otherwise is taken from the disk. */
export const SETTLED_MS = 2000;

/**
 * Asks to be woken at the first deadline, unless it will be woken by then.
 *
 * Most deadlines are put off before they come: each batch gives what is on its way a new grace. Were each asked for, a busy home would be woken for
 * nothing more often than anybody speaks to it.
 */
export const setAlarm = (home: HomeState): void => {
  const atMs = firstDeadlineMs(home);
  if (atMs >= home.alarmMs) return;
  home.alarmMs = atMs;
  home.effects.push({ kind: "wake", atMs });
};

/** The alarm has gone off, if its time has come; what is still to be waited for is asked for anew. */
export const takeAlarm = (home: HomeState): void => {
  if (home.nowMs >= home.alarmMs) home.alarmMs = Number.POSITIVE_INFINITY;
};

const firstDeadlineMs = (home: HomeState): number => {
  const { round, pull, expected, limits } = home;
  let firstMs = Number.POSITIVE_INFINITY;
  const consider = (atMs: number): void => {
    if (atMs !== 0 && atMs < firstMs) firstMs = atMs;
  };
  if (!round.isExhausted && !home.isRolledBack) consider(round.deadlineMs);
  if (pull !== null) consider(pull.progressMs + limits.pullTimeoutMs);
  else if (expected !== null) consider(expected.deadlineMs);
  consider(home.durableNewsMs);
  consider(home.awaitedNewsMs);
  consider(home.storedNewsMs);
  if (home.settledSinceMs !== null) consider(home.settledSinceMs + SETTLED_MS);
  return firstMs;
};
