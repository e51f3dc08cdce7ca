/** How long things take: a least time, a mean, and the shape of what lies between. */

/** A distribution of times. */
export interface Delays {
  readonly minMs: number;
  /** At least `minMs`. */
  readonly meanMs: number;
  /**
   * `uniform`: from the minimum to twice the mean's distance from it. `exponential`: mostly short, up to five times that distance.
   * `heavy-tailed`: uniform, but one in fifty takes twenty times as long, as a packet that was sent again or a disk that was busy.
   */
  readonly shape: "uniform" | "exponential" | "heavy-tailed";
}

/** The time that a fraction from 0 (in) to 1 (out) stands for: a multiple of an eighth of a millisecond, so that sums are exact on every platform. */
export const delayOf = ({ minMs, meanMs, shape }: Delays, fraction: number): number =>
  Math.round((minMs + (meanMs - minMs) * timesOf(shape, fraction)) * 8) / 8;

const timesOf = (shape: Delays["shape"], fraction: number): number => {
  switch (shape) {
    case "uniform":
      return 2 * fraction;
    case "exponential":
      return exponential(fraction);
    case "heavy-tailed":
      return fraction < 0.98 ? (2 * fraction) / 1.38 : 20;
  }
};

/** Where each sixteenth of an exponential distribution with mean 1 ends; a table, since engines round logarithms differently. */
const quantiles = [
  0, 0.0645, 0.1335, 0.2076, 0.2877, 0.3747, 0.47, 0.5754, 0.6931, 0.8267, 0.9808, 1.1632, 1.3863,
  1.674, 2.0794, 2.7726, 5,
] as const;

const exponential = (fraction: number): number => {
  const place = fraction * (quantiles.length - 1);
  const index = Math.floor(place);
  const from = quantiles[index] ?? 0;
  const to = quantiles[index + 1] ?? from;
  return from + (to - from) * (place - index);
};
