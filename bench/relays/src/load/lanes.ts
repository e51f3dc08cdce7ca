/** Does something for each item, a few at a time. */
export const inLanes = async <Item>(
  items: readonly Item[],
  laneCount: number,
  work: (item: Item, index: number) => Promise<void>,
): Promise<void> => {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length) {
      const index = next;
      next += 1;
      await work(items[index] as Item, index);
    }
  };
  await Promise.all(Array.from({ length: laneCount }, lane));
};
