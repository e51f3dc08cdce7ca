/**
 * Folds of retired replicas, as far as homes bring them in order: what is folded is a number here, and a fold changes nothing. Each payload may say, behind
 * its items, which folds are wanted, which are proposed for which epochs, and how many are performed.
 */
import type { Fencing } from "@syncline/gossip";
import { type Decoder, hasContent, readVarUint } from "lib0/decoding";
import { type Encoder, writeVarUint } from "lib0/encoding";

/** What a payload says of folds. */
export interface Folds {
  /** How many are performed. */
  readonly epoch: number;
  /** What is folded, by the epoch that it begins. */
  readonly proposals: ReadonlyMap<number, number>;
  /** What somebody asked to be folded. */
  readonly wanted: ReadonlySet<number>;
}

/** Nothing. */
export const noFolds: Folds = { epoch: 0, proposals: new Map(), wanted: new Set() };

/** Writes them behind a payload's items; nothing for `noFolds`. */
export const writeFolds = (encoder: Encoder, { epoch, proposals, wanted }: Folds): void => {
  if (epoch + proposals.size + wanted.size === 0) return;
  writeVarUint(encoder, epoch);
  writeVarUint(encoder, proposals.size);
  for (const [begun, folded] of [...proposals].sort(([left], [right]) => left - right)) {
    writeVarUint(encoder, begun);
    writeVarUint(encoder, folded);
  }
  for (const one of [...wanted].sort((left, right) => left - right)) writeVarUint(encoder, one);
};

/** Reads what stands behind the items. */
export const readFolds = (decoder: Decoder): Folds => {
  if (!hasContent(decoder)) return noFolds;
  const epoch = readVarUint(decoder);
  const proposals = new Map<number, number>();
  for (let left = readVarUint(decoder); left > 0; left -= 1) {
    const begun = readVarUint(decoder);
    proposals.set(begun, readVarUint(decoder));
  }
  const wanted = new Set<number>();
  while (hasContent(decoder)) wanted.add(readVarUint(decoder));
  return { epoch, proposals, wanted };
};

/** All that these say. Throws where two of them would fold something else at one epoch: nobody could tell any more which is right. */
export const joinFolds = (all: readonly Folds[]): Folds => {
  const some = all.filter((folds) => folds !== noFolds);
  if (some.length < 2) return some[0] ?? noFolds;
  const proposals = new Map<number, number>();
  for (const folds of some) {
    for (const [begun, folded] of folds.proposals) {
      const known = proposals.get(begun) ?? folded;
      if (known !== folded) throw new Error(`an epoch has two folds: ${begun} ${known} ${folded}`);
      proposals.set(begun, folded);
    }
  }
  const proposed = new Set(proposals.values());
  const wanted = new Set(some.flatMap((folds) => [...folds.wanted]));
  return {
    epoch: Math.max(...some.map(({ epoch }) => epoch)),
    proposals,
    wanted: new Set([...wanted].filter((one) => !proposed.has(one))),
  };
};

/** The folds to propose next, some at a time; null for none, or while some wait to be performed. */
export const nextFolds = ({ epoch, proposals, wanted }: Folds): Folds | null => {
  if (wanted.size === 0 || proposals.has(epoch + 1)) return null;
  const next = [...wanted].sort((left, right) => left - right).slice(0, 2);
  const proposed = next.map((folded, index) => [epoch + 1 + index, folded] as const);
  return { epoch, proposals: new Map(proposed), wanted: new Set() };
};

/** What a home understands of a payload, given how to read and write one. */
export const fencingBy = (
  foldsIn: (payload: Uint8Array) => Folds,
  payloadOf: (folds: Folds) => Uint8Array,
): Fencing => ({
  fenceOf: ({ payload }) => {
    const folds = foldsIn(payload);
    if (folds === noFolds) return null;
    const { epoch, proposals, wanted } = folds;
    const isWhole = epoch === 0 || proposals.size > 0;
    const proposedEpoch = Math.max(epoch, ...proposals.keys());
    return { epoch, proposedEpoch, isAsking: wanted.size > 0, isWhole };
  },
  performing: (epoch) => payloadOf({ ...noFolds, epoch }),
  epochsAdmitted: Number.POSITIVE_INFINITY,
});
