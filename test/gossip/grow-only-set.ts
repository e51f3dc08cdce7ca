/** The simplest document there is, for tests: a set of items that only grows. Each item says what its author had seen, so causality can be checked. */

/** How many items of each author somebody has seen; an author's items are numbered from 1. */
type Seen = Readonly<Record<string, number>>;

/** An item: `author.number`, and what its author had seen before. */
export interface Item {
  readonly author: string;
  readonly number: number;
  readonly document: string;
  readonly seen: Seen;
}

/** The key under which sets know an item. */
export const keyOf = ({ author, number }: Pick<Item, "author" | "number">): string =>
  `${author}.${number}`;

const utf8 = new TextEncoder();
const text = new TextDecoder();

/** The payload of a batch of type "set". */
export const payloadOf = (items: readonly Item[]): Uint8Array => utf8.encode(JSON.stringify(items));

/** The items in a payload. */
export const itemsIn = (payload: Uint8Array): readonly Item[] =>
  JSON.parse(text.decode(payload)) as Item[];

/** The union of payloads, in an order that does not depend on theirs. */
export const mergePayloads = (payloads: readonly Uint8Array[]): Uint8Array => {
  const items = new Map<string, Item>();
  for (const payload of payloads) {
    for (const item of itemsIn(payload)) items.set(keyOf(item), item);
  }
  return payloadOf(
    [...items].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, item]) => item),
  );
};

/** A set of items over all documents. */
export interface ItemSet {
  readonly items: ReadonlyMap<string, Item>;
  /** Adds items, and returns those that rest on something that is not in the set even then. */
  add(items: readonly Item[]): readonly string[];
  /** What the set covers of each author without a gap. */
  seen(): Seen;
}

/** A set with nothing in it. */
export const createItemSet = (): ItemSet => {
  const items = new Map<string, Item>();
  const seen: Record<string, number> = {};
  const closeGap = (author: string): void => {
    let number = seen[author] ?? 0;
    while (items.has(`${author}.${number + 1}`)) number += 1;
    seen[author] = number;
  };
  return {
    items,
    seen: () => ({ ...seen }),
    add: (added) => {
      const fresh = added.filter((item) => !items.has(keyOf(item)));
      for (const item of fresh) items.set(keyOf(item), item);
      for (const item of fresh) closeGap(item.author);
      return fresh.flatMap((item) =>
        Object.entries(item.seen)
          .filter(([author, number]) => (seen[author] ?? 0) < number)
          .map(([author, number]) => `${keyOf(item)} without ${author}.${number}`),
      );
    },
  };
};
