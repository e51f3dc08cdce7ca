/** On how many disks a batch is, out of what homes say of their disks: the arithmetic behind "saved". */
import {
  type Dot,
  type Incarnation,
  type MutableVersionVector,
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
  /** For each log how far it is on at least `count` disks. Causally closed if each disk's vector is. Cost: homes squared for each log that has grown since the same was asked last. */
  settledOn(count: number): VersionVector;
  /** Each known disk, by home. */
  readonly diskByHome: ReadonlyMap<HomeId, Disk>;
}

/** No disk is known at first. */
export const createDisks = (): Disks => {
  const diskByHome = new Map<HomeId, { incarnation: Incarnation; vector: MutableVersionVector }>();
  const answers = new Map<number, Answer>();
  let vectors: readonly VersionVector[] = [];
  return {
    diskByHome,
    take: (home, { incarnation, vector }, isWhole) => {
      const known = diskByHome.get(home);
      if (isWhole) {
        diskByHome.set(home, { incarnation, vector: new Map(vector) });
        vectors = [...diskByHome.values()].map((disk) => disk.vector);
        answers.clear();
      } else if (known?.incarnation === incarnation) {
        for (const [log, number] of vector) {
          // Mostly all of a vector is said again and one log has grown.
          if (numberOf(known.vector, log) >= number) continue;
          known.vector.set(log, number);
          for (const { moved } of answers.values()) moved.add(log);
        }
      }
    },
    copiesOf: ({ incarnation, number }) => {
      let count = 0;
      for (const vector of vectors) if (numberOf(vector, incarnation) >= number) count += 1;
      return count;
    },
    settledOn: (count) => {
      const answer = answers.get(count);
      if (answer === undefined) {
        const settled = settledOn(vectors, count);
        answers.set(count, { settled, moved: new Set() });
        return settled;
      }
      if (answer.moved.size > 0) bringForward(answer, vectors, count);
      return answer.settled;
    },
  };
};

/** The last answer for a count, and the logs that have grown somewhere since. */
interface Answer {
  settled: VersionVector;
  readonly moved: Set<Incarnation>;
}

const bringForward = (answer: Answer, vectors: readonly VersionVector[], count: number): void => {
  let copy: MutableVersionVector | null = null;
  for (const log of answer.moved) {
    const number = highestOf(vectors, log, count);
    if (number <= numberOf(answer.settled, log)) continue;
    // What was given out is not changed any more.
    copy ??= new Map(answer.settled);
    copy.set(log, number);
  }
  if (copy !== null) answer.settled = copy;
  answer.moved.clear();
};

/**
 * For each log how far at least `count` of the vectors cover it: the `count`-th highest number.
 *
 * Nothing for a `count` that is not a whole number from 1 to the number of vectors. Cost: logs × vectors squared.
 */
export const settledOn = (
  vectors: readonly VersionVector[],
  count: number,
): MutableVersionVector => {
  const settled: MutableVersionVector = new Map();
  if (count < 1 || count > vectors.length) return settled;
  for (const vector of vectors) {
    for (const incarnation of vector.keys()) {
      if (settled.has(incarnation)) continue;
      const number = highestOf(vectors, incarnation, count);
      if (number > 0) settled.set(incarnation, number);
    }
  }
  return settled;
};

/** The `count`-th highest number that the vectors have of a log; 0 if there is none. They are as many as there are homes, so nothing is faster than to look at all. */
const highestOf = (
  vectors: readonly VersionVector[],
  incarnation: Incarnation,
  count: number,
): number => {
  let highest = 0;
  for (const vector of vectors) {
    const number = numberOf(vector, incarnation);
    if (number <= highest) continue;
    let reachedCount = 0;
    for (const other of vectors) if (numberOf(other, incarnation) >= number) reachedCount += 1;
    if (reachedCount >= count) highest = number;
  }
  return Number.isInteger(count) && count > 0 ? highest : 0;
};
