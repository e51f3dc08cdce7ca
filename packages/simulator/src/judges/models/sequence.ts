/** A sequence: numbers that are given out once each, and rise in real time. */
import { fieldsOf, isAbsentOr, isOfKind, isWhole } from "./json.ts";
import type { Model } from "./model.ts";

/** The next number, or the next `count` of them, 1 unless said. */
export interface SequenceInput {
  readonly kind: "next";
  readonly count?: number;
}

/** The first of the numbers that were given. */
export type SequenceOutput = number;

/** The last number given: at least `lastMin`, at most `lastMax`. */
export interface SequenceState {
  readonly lastMin: number;
  readonly lastMax: number;
}

/** How a sequence may behave. */
export interface SequenceOptions {
  /** The first number; 1 unless said. */
  readonly first?: number;
  /** Whether numbers may be left out. */
  readonly gaps: "gapless" | "may-skip";
}

/** A sequence of which nothing has been given. */
export const sequenceModel = ({
  first = 1,
  gaps,
}: SequenceOptions): Model<SequenceState, SequenceInput, SequenceOutput> => ({
  name: "sequence",
  initial: { lastMin: first - 1, lastMax: first - 1 },
  anything: { lastMin: first - 1, lastMax: Infinity },
  isInput: (value): value is SequenceInput =>
    isOfKind(value, "next") && isAbsentOr(fieldsOf(value)?.["count"], (it) => isWhole(it, 1)),
  isOutput: (value): value is SequenceOutput => Number.isSafeInteger(value),
  step: ({ lastMin, lastMax }, { count = 1 }, output) => {
    if (output === undefined) {
      const isGapless = gaps === "gapless";
      return [{ lastMin: lastMin + count, lastMax: isGapless ? lastMax + count : Infinity }];
    }
    const isPossible = output > lastMin && (gaps === "may-skip" || output - 1 <= lastMax);
    const last = output + count - 1;
    return isPossible ? [{ lastMin: last, lastMax: last }] : [];
  },
  keyOf: ({ lastMin, lastMax }) => `${lastMin}-${lastMax}`,
  contains: (larger, smaller) =>
    larger.lastMin <= smaller.lastMin && larger.lastMax >= smaller.lastMax,
  isReading: () => false,
  overwrites: () => false,
  describe: ({ count = 1 }, output) => {
    const many = count === 1 ? "a number" : `${count} numbers`;
    if (output === undefined) return { did: `asked for ${many}`, noun: `request for ${many}` };
    const last = output + count - 1;
    const given = count === 1 ? `number ${output}` : `numbers ${output} to ${last}`;
    return { did: `got ${given}`, noun: given };
  },
});
