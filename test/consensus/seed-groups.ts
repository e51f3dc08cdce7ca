/** Which seeds the tests of a protocol run. `SEED=7` replays one, `SEEDS=5000` runs as many; otherwise 50. */

/** The seeds of one test: from `from` (in) to `to` (out). */
export interface SeedGroup {
  readonly from: number;
  readonly to: number;
}

/** Groups of ten, or fifty groups if that is less of them, so that a long run has few lines. */
export const seedGroups = ({ SEED, SEEDS } = process.env): readonly SeedGroup[] => {
  const first = SEED === undefined ? 1 : Number(SEED);
  const end = first + (SEED === undefined ? Number(SEEDS ?? 50) : 1);
  const size = Math.max(10, Math.ceil((end - first) / 50));
  return Array.from({ length: Math.ceil((end - first) / size) }, (_, place) => {
    const from = first + place * size;
    return { from, to: Math.min(from + size, end) };
  });
};
