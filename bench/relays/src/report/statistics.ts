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
