/**
 * The documents of the simulated spaces: sets of items that only grow. Each item says what its author had seen, so that causality can be checked;
 * each has a number of its own in the world, so that looking is cheap.
 */
import { createDecoder, readVarUint } from "lib0/decoding";
import { createEncoder, toUint8Array, writeVarUint } from "lib0/encoding";
import {
  fencingBy,
  type Folds,
  joinFolds,
  nextFolds,
  noFolds,
  readFolds,
  writeFolds,
} from "./folds.ts";

/** An item. */
export interface Item {
  /** Its number among all items of the world, from 0. */
  readonly id: number;
  /** Who made it: a number for each life of each edge. */
  readonly author: number;
  /** The author's items are numbered from 1. */
  readonly number: number;
  readonly document: string;
  /** What its author had seen: pairs of author and number, one after the other. */
  readonly seen: readonly number[];
}

/** The documents of a space. */
export const documents = ["x", "y", "z"] as const;

/** One for all payloads, which are copied out of it: a new one for each would be the most expensive part of an edit. */
const encoder = createEncoder();

/** The payload of a batch of type "set". */
export const payloadOf = (items: readonly Item[], folds = noFolds): Uint8Array => {
  encoder.cpos = 0;
  encoder.bufs.length = 0;
  writeVarUint(encoder, items.length);
  for (const { id, author, number, document, seen } of items) {
    writeVarUint(encoder, id);
    writeVarUint(encoder, author);
    writeVarUint(encoder, number);
    writeVarUint(encoder, documents.indexOf(document as "x"));
    writeVarUint(encoder, seen.length);
    for (const part of seen) writeVarUint(encoder, part);
  }
  writeFolds(encoder, folds);
  return toUint8Array(encoder);
};

interface Content {
  readonly items: readonly Item[];
  readonly folds: Folds;
}

/** What was read out of a payload stays with it: a weak map would be looked through at every collection of garbage. */
const contentKey = Symbol("content");

const contentOf = (payload: Uint8Array & { [contentKey]?: Content }): Content =>
  (payload[contentKey] ??= readContent(payload));

/** The items in a payload. */
export const itemsIn = (payload: Uint8Array): readonly Item[] => contentOf(payload).items;

/** What a payload says of folds. */
export const foldsIn = (payload: Uint8Array): Folds => contentOf(payload).folds;

/** What homes understand of these payloads. */
export const fencing = fencingBy(foldsIn, (folds) => payloadOf([], folds));

const readContent = (payload: Uint8Array): Content => {
  const decoder = createDecoder(payload);
  const items: Item[] = [];
  for (let left = readVarUint(decoder); left > 0; left -= 1) {
    const id = readVarUint(decoder);
    const author = readVarUint(decoder);
    const number = readVarUint(decoder);
    const document = documents[readVarUint(decoder)]!;
    const seen: number[] = [];
    for (let parts = readVarUint(decoder); parts > 0; parts -= 1) seen.push(readVarUint(decoder));
    items.push({ id, author, number, document, seen });
  }
  return { items, folds: readFolds(decoder) };
};

/** The union of payloads, in an order that does not depend on theirs, and what follows from it for folds. */
export const mergePayloads = (
  payloads: readonly Uint8Array[],
): { readonly payload: Uint8Array; readonly proposal: Uint8Array | null } => {
  const items = new Map<number, Item>();
  for (const payload of payloads) for (const item of itemsIn(payload)) items.set(item.id, item);
  const folds = joinFolds(payloads.map(foldsIn));
  const next = nextFolds(folds);
  return {
    payload: payloadOf(
      [...items.values()].sort((left, right) => left.id - right.id),
      folds,
    ),
    proposal: next === null ? null : payloadOf([], next),
  };
};

/** An item in a word. */
export const nameOf = ({ author, number }: Pick<Item, "author" | "number">): string =>
  `${author}.${number}`;

/** A set of items over all documents. */
export interface ItemSet {
  /** In the order in which they came. */
  readonly items: readonly Item[];
  /** Whether the item of this number is in the set. */
  has(id: number): boolean;
  /** The same for every set of the same items, and hardly ever otherwise. */
  readonly digest: number;
  /** Adds items, and returns those that rest on something that is not in the set even then. */
  add(items: readonly Item[]): readonly string[];
  /** What the set covers of each author without a gap, as pairs. */
  seen(): readonly number[];
}

/** A set with nothing in it. */
export const createItemSet = (): ItemSet => {
  const items: Item[] = [];
  // A byte for each number that there is in the world, 1 for those in the set: each replica and each disk asks for every item, and a map of them all
  // is too large for the processor's cache.
  let isIn = new Uint8Array(1024);
  const reached: number[] = [];
  const early = new Map<number, Set<number>>();
  let digest = 0;

  const note = ({ author, number }: Item): void => {
    const at = reached[author] ?? 0;
    if (number !== at + 1) {
      if (number > at) early.set(author, (early.get(author) ?? new Set()).add(number));
      return;
    }
    let next = number;
    const waiting = early.get(author);
    while (waiting?.delete(next + 1) === true) next += 1;
    reached[author] = next;
  };

  const put = (item: Item): void => {
    const { id } = item;
    if (id >= isIn.length) {
      const wider = new Uint8Array(2 * id);
      wider.set(isIn);
      isIn = wider;
    }
    isIn[id] = 1;
    items.push(item);
    digest = (digest + Math.imul(id + 1, 0x9e3779b1)) | 0;
    note(item);
  };

  return {
    items,
    has: (id) => isIn[id] === 1,
    get digest() {
      return digest;
    },
    seen: () => {
      const pairs: number[] = [];
      for (let author = 0; author < reached.length; author += 1) {
        const number = reached[author];
        if (number !== undefined) pairs.push(author, number);
      }
      return pairs;
    },
    add: (added) => {
      let fresh: Item[] | null = null;
      for (const item of added) {
        if (isIn[item.id] === 1) continue;
        put(item);
        // Mostly it is one item, and then it needs no list.
        if (added.length === 1) return isWhole(item, reached) ? nothing : lackingOf(item, reached);
        fresh ??= [];
        fresh.push(item);
      }
      if (fresh === null) return nothing;
      for (const item of fresh) {
        if (!isWhole(item, reached)) return fresh.flatMap((one) => lackingOf(one, reached));
      }
      return nothing;
    },
  };
};

const nothing: readonly string[] = [];

const isWhole = ({ seen }: Item, reached: readonly number[]): boolean => {
  for (let index = 0; index < seen.length; index += 2) {
    if ((reached[seen[index]!] ?? 0) < seen[index + 1]!) return false;
  }
  return true;
};

const lackingOf = (item: Item, reached: readonly number[]): readonly string[] => {
  const { seen } = item;
  const lacking: string[] = [];
  for (let index = 0; index < seen.length; index += 2) {
    const author = seen[index]!;
    const number = seen[index + 1]!;
    if ((reached[author] ?? 0) < number) {
      lacking.push(`${nameOf(item)} without ${author}.${number}`);
    }
  }
  return lacking;
};
