/** Items in an order that the draw says. */
import type { Random } from "@syncline/machine";

/** All of these, in an order that the draw says. */
export const shuffled = <Item>(items: readonly Item[], random: Random): readonly Item[] => {
  const rest = [...items];
  return items.flatMap(() => rest.splice(random.integer(0, rest.length), 1));
};
