/**
 * The names of the log's files: `log-FIRST-PREVIOUS`, the number of the first batch in it and of the batch that this one follows, in hexadecimal.
 *
 * They are one apart, except where a process began behind a damaged batch: then what lies between holds no longer, and that must not hang on bytes that may
 * be damaged as well.
 */
import { readdir } from "node:fs/promises";

/** A file of the log. */
export interface SegmentName {
  readonly name: string;
  readonly firstSequence: number;
  readonly previousSequence: number;
}

const DIGITS = 14;

/** The name of the file that begins with this batch. */
export const segmentNameOf = (firstSequence: number, previousSequence: number): string =>
  `log-${hexOf(firstSequence)}-${hexOf(previousSequence)}`;

const hexOf = (number: number): string => number.toString(16).padStart(DIGITS, "0");

/** The log's files in a directory, in the order of their batches. Those with a temporary name are left out. */
export const segmentNamesIn = async (directory: string): Promise<readonly SegmentName[]> => {
  const found: SegmentName[] = [];
  for (const name of await readdir(directory)) {
    const [, first, previous] = /^log-([0-9a-f]{14})-([0-9a-f]{14})$/u.exec(name) ?? [];
    if (first === undefined || previous === undefined) continue;
    const [firstSequence, previousSequence] = [
      Number.parseInt(first, 16),
      Number.parseInt(previous, 16),
    ];
    found.push({ name, firstSequence, previousSequence });
  }
  return found.sort((left, right) => left.firstSequence - right.firstSequence);
};
