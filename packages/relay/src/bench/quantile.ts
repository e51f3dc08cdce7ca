/** Quantiles of what was measured. */

/** The value below which this share (0 to 1) of the values lies; 0 if there are none. */
export const quantileOf = (values: readonly number[], share: number): number => {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
};
