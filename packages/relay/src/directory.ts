/** A relay's data directory: its incarnation, the spaces in it, and one flush for whatever all spaces write at a time. */
import { randomBytes } from "node:crypto";
import { type Incarnation, incarnationOf } from "@syncline/clocks";
import { writeOfRecord } from "@syncline/gossip";
import { createGroupCommit, SyncError } from "@syncline/machine";
import type { Store, Write } from "@syncline/storage";

/**
 * Keys: `m` names of single values · `n` space name: its number · `u` number: name of a space that some home may lack something of ·
 * `r` number: the records of that space.
 */
const tags = { meta: 0x6d, name: 0x6e, unsettled: 0x75, records: 0x72 } as const;
/** How many spaces share a write of the store. */
const GROUP_SOURCES_MAX = 1000;
const text = new TextEncoder();
const utf8 = new TextDecoder();
const PAGE_ROWS = 1000;
const PAGE_BYTES = 4 * 1024 * 1024;

/** Gives its writes at the last moment, so that what was overtaken by then is not written at all. Called once. */
type WriteSource = () => readonly Write[];

/** What a relay keeps beside its spaces. */
export interface Directory {
  /** The name of this life of the directory. */
  readonly incarnation: Incarnation;
  /** Why the directory began a new life at this opening, or null. */
  readonly renewal: "new" | "copy" | null;
  /** Gives the directory a new incarnation, durably, for the next start of its homes. */
  renew(): Promise<Incarnation>;
  /** The number of a space, or null if nothing of it was ever stored. */
  numberOf(space: string): Promise<number | null>;
  /** A number for a new space, and the writes that must go with the first of its records. */
  allot(space: string): { readonly number: number; readonly writes: readonly Write[] };
  /** The writes that mark a space as one that some home may lack something of, or take the mark away. */
  unsettledWrites(number: number, space: string, isUnsettled: boolean): readonly Write[];
  /** The marked spaces, in pages. */
  unsettledSpaces(): AsyncIterable<string>;
  /** Marks every stored space, because a home appeared that may have nothing. Returns how many. */
  markAll(): Promise<number>;
  /** The incarnation that a peer had when everything was last compared with it; null if never. */
  peerIncarnation(peer: string): Promise<Incarnation | null>;
  /** Remembers it. */
  setPeerIncarnation(peer: string, incarnation: Incarnation): Promise<void>;
  /**
   * Makes durable what the source gives when its turn comes, together with what else waits; answers in order. After a failure it answers nothing
   * but that failure.
   */
  append(source: WriteSource, answer: (error: Error | null) => void): void;
  /** The store itself, for reading. */
  readonly store: Store;
  /** Waits until nothing is under way. */
  drained(): Promise<void>;
}

/** Opens what the store holds. A store whose directory was copied from elsewhere begins a new life at once. */
export const openDirectory = async (store: Store, isCopy: boolean): Promise<Directory> => {
  const commit = createGroupCommit<WriteSource>(
    (sources, answer) => {
      store.write(writesOf(sources)).then(
        () => answer(null),
        (error: unknown) => answer(error instanceof Error ? error : new Error(String(error))),
      );
    },
    // After all sockets that have something were read: their batches share the flush. To wait longer, 1 ms where many spaces write, did not pay.
    { defer: (begin) => void setImmediate(begin), groupItemsMax: GROUP_SOURCES_MAX },
  );
  const append = (writes: readonly Write[]): Promise<void> =>
    new Promise((resolve, reject) => {
      const sources = writes.length === 0 ? [] : [() => writes];
      commit.append(sources, (error) => (error === null ? resolve() : reject(error)));
    });
  const renew = async (): Promise<Incarnation> => {
    incarnation = incarnationOf(Uint8Array.from(randomBytes(8)));
    await append([put(metaKey("incarnation"), text.encode(incarnation))]);
    return incarnation;
  };

  const kept = await store.get(metaKey("incarnation"));
  let incarnation = kept === null ? "" : utf8.decode(kept);
  const renewal = kept === null ? "new" : isCopy ? "copy" : null;
  if (renewal !== null) await renew();
  const counter = await store.get(metaKey("space-count"));
  let spaceCount = counter === null ? 0 : Number(utf8.decode(counter));

  return {
    get incarnation() {
      return incarnation;
    },
    renewal,
    renew,
    store,
    numberOf: async (space) => {
      const value = await store.get(nameKey(space));
      return value === null ? null : Number(utf8.decode(value));
    },
    allot: (space) => {
      spaceCount += 1;
      const number = text.encode(String(spaceCount));
      return {
        number: spaceCount,
        writes: [put(nameKey(space), number), put(metaKey("space-count"), number)],
      };
    },
    unsettledWrites: (number, space, isUnsettled) => {
      const key = numberKey(tags.unsettled, number);
      return [isUnsettled ? put(key, text.encode(space)) : { kind: "delete", key }];
    },
    unsettledSpaces: () => unsettledSpaces(store),
    markAll: () => markAll(store, append),
    peerIncarnation: async (peer) => {
      const value = await store.get(metaKey(`peer/${peer}`));
      return value === null ? null : utf8.decode(value);
    },
    setPeerIncarnation: (peer, peerIncarnation) =>
      append([put(metaKey(`peer/${peer}`), text.encode(peerIncarnation))]),
    append: (source, answer) => commit.append([source], answer),
    drained: () => append([]).catch(() => {}),
  };
};

/** Not by `flatMap`, which takes as long as what it calls. */
const writesOf = (sources: readonly WriteSource[]): readonly Write[] => {
  const writes: Write[] = [];
  for (const source of sources) for (const write of source()) writes.push(write);
  return writes;
};

/** The prefix of a space's records. */
export const recordsPrefix = (number: number): Uint8Array => numberKey(tags.records, number);

const put = (key: Uint8Array, value: Uint8Array): Write => ({ kind: "put", key, value });

const metaKey = (name: string): Uint8Array => Uint8Array.of(tags.meta, ...text.encode(name));

const nameKey = (space: string): Uint8Array => Uint8Array.of(tags.name, ...text.encode(space));

const numberKey = (tag: number, number: number): Uint8Array => {
  if (number > 0xffff_ffff) throw new SyncError("STORAGE_FAILED", "no more spaces fit");
  const key = new Uint8Array(5);
  key[0] = tag;
  new DataView(key.buffer).setUint32(1, number);
  return key;
};

/** Rows from a key on, page by page, up to the end of its tag. */
const rowsOf = async function* (
  store: Store,
  tag: number,
): AsyncGenerator<{ readonly key: Uint8Array; readonly value: Uint8Array }> {
  let fromKey = Uint8Array.of(tag);
  const toKey = Uint8Array.of(tag + 1);
  for (;;) {
    const rows = await store.range({ fromKey, toKey, rowsMax: PAGE_ROWS, bytesMax: PAGE_BYTES });
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined) return;
    fromKey = Uint8Array.of(...last.key, 0);
  }
};

const unsettledSpaces = async function* (store: Store): AsyncGenerator<string> {
  for await (const { value } of rowsOf(store, tags.unsettled)) yield utf8.decode(value);
};

const markAll = async (
  store: Store,
  append: (writes: readonly Write[]) => Promise<void>,
): Promise<number> => {
  let count = 0;
  let writes: Write[] = [];
  for await (const { key, value } of rowsOf(store, tags.name)) {
    const number = Number(utf8.decode(value));
    writes.push(put(numberKey(tags.unsettled, number), key.slice(1)));
    // The space's home knows of it, too: else it would never take the mark away, and the space would be woken at every link for ever.
    const record = writeOfRecord(recordsPrefix(number), { kind: "unsettled", isUnsettled: true });
    if (record.value !== null) writes.push(put(record.key, record.value));
    count += 1;
    if (writes.length < PAGE_ROWS) continue;
    await append(writes);
    writes = [];
  }
  if (writes.length > 0) await append(writes);
  return count;
};
