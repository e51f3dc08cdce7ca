/** The smallest list that still fails: delta debugging (Zeller and Hildebrandt, TSE 2002). */

/** What came of shrinking. */
export interface Shrunk<Item> {
  /** The list: it fails, and without any one of its items it does not, unless the runs were used up before that was known. */
  readonly items: readonly Item[];
  readonly runCount: number;
}

/**
 * Takes items away as long as `fails` says that the rest still does. It must say so of the whole list, and the same each time it is asked.
 *
 * Cost: about twice the number of items in runs if few matter, its square if nearly all do; at most `runsMax` (2,000).
 */
export const shrink = <Item>(
  items: readonly Item[],
  fails: (items: readonly Item[]) => boolean,
  runsMax = 2000,
): Shrunk<Item> => {
  let rest = items;
  let runCount = 0;
  let chunkCount = 2;
  const stillFails = (fewer: readonly Item[]): boolean => {
    runCount += 1;
    return fails(fewer);
  };
  if (rest.length > 0 && stillFails([])) return { items: [], runCount };
  while (rest.length > 1 && runCount < runsMax) {
    const size = Math.ceil(rest.length / chunkCount);
    const fewer = without(rest, size, (candidate) => runCount < runsMax && stillFails(candidate));
    if (fewer !== null) {
      rest = fewer;
      chunkCount = Math.max(2, chunkCount - 1);
    } else if (size === 1) break;
    else chunkCount = Math.min(rest.length, chunkCount * 2);
  }
  return { items: rest, runCount };
};

/** The list without the first run of `size` items that it fails without, or null. */
const without = <Item>(
  items: readonly Item[],
  size: number,
  fails: (items: readonly Item[]) => boolean,
): readonly Item[] | null => {
  for (let from = 0; from < items.length; from += size) {
    const fewer = [...items.slice(0, from), ...items.slice(from + size)];
    if (fewer.length < items.length && fails(fewer)) return fewer;
  }
  return null;
};
