/** Medians, quantiles and exponents. */

/** The value below which the share lies (0 to 1), by the nearest rank; NaN of nothing. */
export const quantileOf = (sorted: ArrayLike<number>, share: number): number => {
  const index = Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * share) - 1));
  return sorted[index] ?? Number.NaN;
};

/** A figure over several runs. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** The spread of runs; of an even number of them the median is the mean of the middle two. Null of nothing. */
export const spreadOf = (values: readonly number[]): Spread | null => {
  const sorted = [...values].sort((a, b) => a - b);
  const [min] = sorted;
  const max = sorted.at(-1);
  const high = sorted[Math.floor(sorted.length / 2)];
  const low = sorted[Math.ceil(sorted.length / 2) - 1];
  const isEmpty = min === undefined || max === undefined || high === undefined || low === undefined;
  return isEmpty ? null : { median: (low + high) / 2, min, max };
};

/**
 * The exponent by which y grows with x, between the first and the last point: 0 for a cost that stays, 1 for one that doubles with its cause.
 *
 * By least squares through the logarithms (the slope of the straight line on a log-log plot). Points that are not above zero are left out;
 * NaN of fewer than two.
 */
export const exponentOf = (points: readonly (readonly [x: number, y: number])[]): number => {
  const logs = points
    .filter(([x, y]) => x > 0 && y > 0)
    .map(([x, y]) => [Math.log(x), Math.log(y)] as const);
  const meanX = logs.reduce((sum, [x]) => sum + x, 0) / logs.length;
  const meanY = logs.reduce((sum, [, y]) => sum + y, 0) / logs.length;
  const over = logs.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  return over / logs.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
};
