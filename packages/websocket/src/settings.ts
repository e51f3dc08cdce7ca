/** What both ends check of the numbers that a caller gives them. */
import { SyncError } from "@syncline/machine";

/**
 * Throws `BAD_CONFIG` unless every number is above 0. Infinity passes: it switches a limit off.
 *
 * The names are those of the options, for the message.
 */
export const requirePositive = (numbers: Readonly<Record<string, number>>): void => {
  for (const [name, value] of Object.entries(numbers)) {
    if (!(value > 0)) throw new SyncError("BAD_CONFIG", `${name} must be above 0, not ${value}`);
  }
};

/** Throws `BAD_CONFIG` unless every number is a whole one from 1 to `max`. */
export const requireWhole = (
  numbers: Readonly<Record<string, number>>,
  max: number = 2 ** 31 - 1,
): void => {
  for (const [name, value] of Object.entries(numbers)) {
    if (Number.isInteger(value) && value >= 1 && value <= max) continue;
    throw new SyncError("BAD_CONFIG", `${name} must be whole, from 1 to ${max}, not ${value}`);
  }
};

/** Throws `BAD_CONFIG` unless the first number is below the second. */
export const requireBelow = (numbers: Readonly<Record<string, number>>): void => {
  const [lower, upper] = Object.entries(numbers);
  if (lower === undefined || upper === undefined || lower[1] < upper[1]) return;
  throw new SyncError("BAD_CONFIG", `${lower[0]} must be below ${upper[0]}, not ${lower[1]}`);
};
