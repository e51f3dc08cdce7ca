/** On how many disks a batch is, out of what homes say of their disks: the arithmetic behind "saved". */
import {
  type Dot,
  type Incarnation,
  type MutableVersionVector,
  mergeInto,
  numberOf,
  type VersionVector,
} from "@syncline/clocks";

/** The name of a home in the ring. */
export type HomeId = string;

/** How far the logs are on the disk of one home: of one life of its directory. */
export interface Disk {
  readonly incarnation: Incarnation;
  readonly vector: VersionVector;
}

/** What is known of the disks of a space's homes. */
export interface Disks {
  /**
   * Takes what a home said of its disk: everything, or with `isWhole` false only what grew.
   *
   * Everything replaces what was known, also downwards: a directory that was wiped or set back has lost its copies, and they must not be counted.
   * Growth under another incarnation than the known one is ignored, since it says nothing of the rest.
   */
  take(home: HomeId, disk: Disk, isWhole: boolean): void;
  /** On how many disks the batch at this dot is. */
  copiesOf(dot: Dot): number;
  /** For each log how far it is on at least `count` disks. Causally closed if each disk's vector is. Cost: logs × homes × log homes. */
  settledOn(count: number): VersionVector;
  /** Each known disk, by home. */
  readonly diskByHome: ReadonlyMap<HomeId, Disk>;
}

/** No disk is known at first. */
export const createDisks = (): Disks => {
  const diskByHome = new Map<HomeId, { incarnation: Incarnation; vector: MutableVersionVector }>();
  return {
    diskByHome,
    take: (home, { incarnation, vector }, isWhole) => {
      const known = diskByHome.get(home);
      if (isWhole) diskByHome.set(home, { incarnation, vector: new Map(vector) });
      else if (known?.incarnation === incarnation) mergeInto(known.vector, vector);
    },
    copiesOf: ({ incarnation, number }) => {
      let count = 0;
      for (const { vector } of diskByHome.values()) {
        if (numberOf(vector, incarnation) >= number) count += 1;
      }
      return count;
    },
    settledOn: (count) =>
      settledOn(
        [...diskByHome.values()].map(({ vector }) => vector),
        count,
      ),
  };
};

/**
 * For each log how far at least `count` of the vectors cover it: the `count`-th highest number.
 *
 * Nothing for a `count` that is not a whole number from 1 to the number of vectors. Cost: logs × vectors × log vectors.
 */
export const settledOn = (
  vectors: readonly VersionVector[],
  count: number,
): MutableVersionVector => {
  const settled: MutableVersionVector = new Map();
  if (count < 1 || count > vectors.length) return settled;
  const numbers: number[] = [];
  vectors.forEach((vector, index) => {
    // A log that the first vectors lack can be in too few of the others.
    if (index > vectors.length - count) return;
    for (const incarnation of vector.keys()) {
      if (settled.has(incarnation)) continue;
      numbers.length = 0;
      for (const other of vectors) insert(numbers, numberOf(other, incarnation));
      const number = numbers[count - 1] ?? 0;
      if (number > 0) settled.set(incarnation, number);
    }
  });
  return settled;
};

/** Keeps the numbers in descending order. They are as many as there are homes, so no sort is faster. */
const insert = (numbers: number[], number: number): void => {
  let index = numbers.length;
  for (let above = numbers[index - 1]; above !== undefined && above < number; ) {
    numbers[index] = above;
    index -= 1;
    above = numbers[index - 1];
  }
  numbers[index] = number;
};
