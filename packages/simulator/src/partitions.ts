/** Which lines a partition cuts. */
import type { Random } from "@syncline/machine";
import type { PartitionShape } from "./faults.ts";

type Lines = readonly (readonly [from: string, to: string])[];

/**
 * The lines that a partition of this shape cuts between members, and between guests (who speak only to members) and members.
 *
 * `isolated`: one member on its own. `halves`: two groups. `bridge`: two groups and one member that both see. `majority-ring`: each member sees
 * a majority, and no two the same one. Each guest stands beside a member: what that one cannot reach it cannot either, or it sees everybody.
 * One-way: of each pair only the line in one direction is cut.
 */
export const partitionLines = (
  shape: PartitionShape,
  members: readonly string[],
  guests: readonly string[],
  random: Random,
): Lines => {
  const order = shuffled(members, random);
  const sees = sightOf(shape, order, random);
  const isOneWay = random.chance(0.4);
  const lines: (readonly [string, string])[] = [];
  const cut = (one: string, other: string): void => {
    const isForth = random.chance(0.5);
    if (!isOneWay || isForth) lines.push([one, other]);
    if (!isOneWay || !isForth) lines.push([other, one]);
  };
  order.forEach((one, index) => {
    order.slice(index + 1).forEach((other, offset) => {
      if (!sees(index, index + 1 + offset)) cut(one, other);
    });
  });
  for (const guest of guests) {
    if (random.chance(0.5)) continue;
    const beside = random.integer(0, order.length);
    order.forEach((member, index) => {
      if (index !== beside && !sees(beside, index)) cut(guest, member);
    });
  }
  return lines;
};

const sightOf = (
  shape: PartitionShape,
  order: readonly string[],
  random: Random,
): ((one: number, other: number) => boolean) => {
  const count = order.length;
  const size = count < 2 ? 1 : random.integer(1, count);
  switch (shape) {
    case "isolated":
      return (one, other) => one !== 0 && other !== 0;
    case "halves":
      return (one, other) => one < size === other < size;
    case "bridge":
      return (one, other) => one === 0 || other === 0 || one <= count / 2 === other <= count / 2;
    case "majority-ring": {
      const reach = Math.floor(Math.floor(count / 2) / 2);
      return (one, other) => {
        const distance = Math.abs(one - other);
        return Math.min(distance, count - distance) <= reach;
      };
    }
  }
};

const shuffled = <Value>(values: readonly Value[], random: Random): readonly Value[] => {
  const rest = [...values];
  const order: Value[] = [];
  while (rest.length > 0) order.push(...rest.splice(random.integer(0, rest.length), 1));
  return order;
};
