/** Looks at every disk and every edge at every step, and says at once when a promise was broken. */
import {
  covers,
  type Dot,
  type Incarnation,
  mergeInto,
  numberOf,
  type VersionVector,
} from "@syncline/clocks";
import type { Author, Batch, EdgeId, Entry, HomeRecord, HomeRow } from "@syncline/gossip";
import { type Folds, joinFolds, noFolds } from "./folds.ts";
import { createItemSet, foldsIn, type Item, itemsIn, type ItemSet, nameOf } from "./items.ts";
import { isPresence } from "./presence.ts";

/** What is known of one home's disk. */
export interface DiskView {
  readonly home: string;
  /** The number of the home, from 0. */
  readonly index: number;
  incarnation: Incarnation;
  items: ItemSet;
  /** Batches that have been on it as entries, by edge and number. */
  authors: Map<EdgeId, Set<number>>;
  /** What the head on the disk says. */
  vector: Map<Incarnation, number>;
  /** What is on it about folds, by document. */
  folds: Map<string, Folds>;
}

/** The oracle of one world. Every method throws an `Error` that begins with the promise that was broken. */
export interface Oracle {
  /** These records are on the disk now. */
  written(view: DiskView, records: readonly HomeRecord[]): void;
  /** A process begins with this directory; it must hold what its head says. */
  reread(view: DiskView, rows: readonly HomeRow[], records: readonly HomeRecord[]): void;
  /** A home says that this is on its disk, or somebody counts on it. */
  checkDurable(who: string, view: DiskView, durable: VersionVector): void;
  /** An edge was told this level for an item of its own. */
  checkLevel(level: "relay" | "quorum" | "all", item: Item, homeCount: number): void;
  /** Somebody was shown these without what they rest on. */
  checkClosure(who: string, lacking: readonly string[]): void;
  /** An edge that came without a vector was shown all that its home had; before it came, this many items were settled. */
  checkFirstReading(who: string, replica: ItemSet, settledCount: number): void;
  /**
   * From here on causality is promised no more in this world: an edge offered whole documents in the place of batches that it had let go, or forgot
   * in a restart what its own batches rest on.
   */
  suspendCausality(): void;
  /** Some disk has been lost: what a first reading shows is promised no more. */
  noteLostDisk(): void;
  /** Items that somebody was told to be at `quorum`, in the order of the news. */
  readonly settled: readonly Item[];
  /** Whether an item has ever been on this many disks. */
  hasBeenOn(item: Item, homeCount: number): boolean;
}

interface Known {
  readonly entry: Entry;
  readonly items: readonly Item[];
}

const textOf = ({ incarnation, number }: Dot): string => `${incarnation}:${number}`;
const authorText = ({ edge, number }: Author): string => `${edge}#${number}`;

interface Knowledge {
  readonly byDot: Map<Incarnation, Known[]>;
  /** By edge, at their numbers. */
  readonly dotsByAuthor: Map<EdgeId, Dot[][]>;
  /** A bit for each home, by item. */
  readonly homesByItem: number[];
  readonly settled: Item[];
  readonly settledIds: Set<number>;
  /** What was folded at an epoch that somebody has performed, by document and epoch. */
  readonly foldedByEpoch: Map<string, number>;
  isCausal: boolean;
  hasLostDisk: boolean;
}

/** A view of a directory that is empty. */
export const emptyView = (home: string, index: number, incarnation: Incarnation): DiskView => ({
  home,
  index,
  incarnation,
  items: createItemSet(),
  authors: new Map(),
  vector: new Map(),
  folds: new Map(),
});

/** An oracle who has seen nothing. */
export const createOracle = (): Oracle => {
  const all: Knowledge = {
    byDot: new Map(),
    dotsByAuthor: new Map(),
    homesByItem: [],
    settled: [],
    settledIds: new Set(),
    foldedByEpoch: new Map(),
    isCausal: true,
    hasLostDisk: false,
  };
  return {
    written: (view, records) => written(all, view, records),
    reread: (view, rows, records) => reread(all, view, rows, records),
    checkDurable: (who, view, durable) => {
      for (const [log, number] of durable) {
        if (numberOf(view.vector, log) >= number) continue;
        throw new Error(
          `${who} counts on what is not on a disk: ${view.home} ${log}:${number} of ${numberOf(view.vector, log)}`,
        );
      }
    },
    checkLevel: (level, item, homeCount) => {
      const count = countOf(all.homesByItem[item.id] ?? 0);
      if (count < homeCount) {
        throw new Error(`${nameOf(item)} is called ${level} on ${count} disks`);
      }
      if (level !== "quorum" || all.settledIds.has(item.id)) return;
      all.settledIds.add(item.id);
      all.settled.push(item);
    },
    checkClosure: (who, lacking) => checkClosure(all, who, lacking),
    checkFirstReading: (who, replica, settledCount) => {
      if (all.hasLostDisk) return;
      for (const item of all.settled.slice(0, settledCount)) {
        if (replica.has(item.id)) continue;
        throw new Error(`a first reading misses what was settled: ${who} lacks ${nameOf(item)}`);
      }
    },
    suspendCausality: () => {
      all.isCausal = false;
    },
    noteLostDisk: () => {
      all.hasLostDisk = true;
    },
    settled: all.settled,
    hasBeenOn: (item, homeCount) => countOf(all.homesByItem[item.id] ?? 0) >= homeCount,
  };
};

const countOf = (bits: number): number => {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count += 1;
  return count;
};

const checkClosure = (all: Knowledge, who: string, lacking: readonly string[]): void => {
  if (lacking.length === 0 || !all.isCausal) return;
  throw new Error(`a reply without its question: ${who} has ${lacking.join(", ")}`);
};

const noteEntry = (all: Knowledge, entry: Entry): readonly Item[] => {
  const log = all.byDot.get(entry.incarnation) ?? [];
  if (log.length === 0) all.byDot.set(entry.incarnation, log);
  const known = log[entry.number];
  if (known !== undefined) {
    if (!isSame(known.entry, entry)) {
      throw new Error(`a dot stands for two batches: ${textOf(entry)}`);
    }
    return known.items;
  }
  const items = itemsIn(entry.batch.payload);
  log[entry.number] = { entry, items };
  if (entry.author === null) return items;
  const { edge, number } = entry.author;
  const dots = all.dotsByAuthor.get(edge) ?? [];
  if (dots.length === 0) all.dotsByAuthor.set(edge, dots);
  (dots[number] ??= []).push(entry);
  return items;
};

const isSame = (one: Entry, other: Entry): boolean => {
  if (one === other) return true;
  const isSameAuthor =
    one.author?.edge === other.author?.edge && one.author?.number === other.author?.number;
  if (!isSameAuthor || one.batch.document !== other.batch.document) return false;
  if (!covers(one.after, other.after) || !covers(other.after, one.after)) return false;
  const [left, right] = [one.batch.payload, other.batch.payload];
  return (
    left === right || (left.length === right.length && left.every((byte, at) => byte === right[at]))
  );
};

/** Of a batch that came within a merged state a home may not know the number, and then it admits it again: twice in logs, once in effect. */
const checkAdmission = (all: Knowledge, view: DiskView, entry: Entry): void => {
  if (entry.author === null) return;
  const isKnown = !noteAuthor(view, entry.author);
  if (!isKnown || entry.incarnation !== view.incarnation) return;
  const { edge, number } = entry.author;
  for (const dot of all.dotsByAuthor.get(edge)?.[number] ?? []) {
    const isOther = dot.incarnation !== entry.incarnation || dot.number !== entry.number;
    if (isOther && numberOf(view.vector, dot.incarnation) >= dot.number) {
      throw new Error(`a home admitted ${authorText(entry.author)} that it had at ${textOf(dot)}`);
    }
  }
};

/** Returns whether the disk did not know it. */
const noteAuthor = (view: DiskView, { edge, number }: Author): boolean => {
  const numbers = view.authors.get(edge) ?? new Set();
  if (numbers.size === 0) view.authors.set(edge, numbers);
  const before = numbers.size;
  return numbers.add(number).size > before;
};

const addItems = (all: Knowledge, view: DiskView, items: readonly Item[]): void => {
  checkClosure(all, `the disk of ${view.home}`, view.items.add(items));
  const bit = 1 << view.index;
  for (const { id } of items) all.homesByItem[id] = (all.homesByItem[id] ?? 0) | bit;
};

/** Everything below the head must be there, be it as an entry or within a state. */
const checkHead = (
  all: Knowledge,
  view: DiskView,
  from: VersionVector,
  to: VersionVector,
): void => {
  for (const [incarnation, number] of to) {
    for (let one = numberOf(from, incarnation) + 1; one <= number; one += 1) {
      const known = all.byDot.get(incarnation)?.[one];
      if (known === undefined) {
        throw new Error(`a head covers what never was: ${view.home} ${incarnation}:${one}`);
      }
      if (isOn(view, known.items)) continue;
      throw new Error(`a head covers what is not on the disk: ${view.home} ${incarnation}:${one}`);
    }
  }
};

const isOn = (view: DiskView, items: readonly Item[]): boolean => {
  for (const { id } of items) if (!view.items.has(id)) return false;
  return true;
};

/** A fold that somebody has performed is the same for everybody for ever, and on each disk that says that it is performed. */
const noteFolds = (all: Knowledge, view: DiskView, batches: readonly Batch[]): void => {
  const fenced = batches.filter(({ payload }) => foldsIn(payload) !== noFolds);
  if (fenced.length === 0) return;
  for (const { document, payload } of fenced) {
    const known = view.folds.get(document) ?? noFolds;
    view.folds.set(document, joinFolds([known, foldsIn(payload)]));
  }
  for (const document of new Set(fenced.map((batch) => batch.document))) {
    const { epoch, proposals } = view.folds.get(document) ?? noFolds;
    for (let begun = 1; begun <= epoch; begun += 1) {
      const key = `${document} ${begun}`;
      const folded = proposals.get(begun);
      if (folded === undefined || folded !== (all.foldedByEpoch.get(key) ?? folded)) {
        throw new Error(`an epoch is performed as another fold: ${view.home} ${key} ${folded}`);
      }
      all.foldedByEpoch.set(key, folded);
    }
  }
};

const written = (all: Knowledge, view: DiskView, records: readonly HomeRecord[]): void => {
  const items: Item[] = [];
  const batches: Batch[] = [];
  let head: VersionVector | null = null;
  for (const record of records) {
    if (record.kind === "entry") {
      const { entry } = record;
      if (isPresence(entry.batch.payload)) {
        throw new Error(`presence came to the disk of ${view.home}`);
      }
      checkAdmission(all, view, entry);
      checkPast(view, entry, records);
      for (const item of noteEntry(all, entry)) items.push(item);
      batches.push(entry.batch);
    }
    if (record.kind === "state") {
      items.push(...itemsIn(record.state.payload));
      batches.push(record.state);
    }
    if (record.kind === "head") head = record.vector;
  }
  addItems(all, view, items);
  noteFolds(all, view, batches);
  if (head === null) return;
  for (const [log, number] of view.vector) {
    if (numberOf(head, log) < number) throw new Error(`a head went back: ${view.home} ${log}`);
  }
  checkHead(all, view, view.vector, head);
  mergeInto(view.vector, head);
};

/** What an entry rests on must be covered by the head that is written with it. */
const checkPast = (view: DiskView, entry: Entry, records: readonly HomeRecord[]): void => {
  const head = records.findLast((record) => record.kind === "head")?.vector ?? view.vector;
  for (const [log, number] of entry.after) {
    if (numberOf(head, log) >= number) continue;
    throw new Error(
      `an entry came before its past: ${view.home} ${textOf(entry)} after ${log}:${number}`,
    );
  }
};

const reread = (
  all: Knowledge,
  view: DiskView,
  rows: readonly HomeRow[],
  records: readonly HomeRecord[],
): void => {
  view.items = createItemSet();
  view.authors = new Map();
  view.folds = new Map();
  noteFolds(
    all,
    view,
    rows.flatMap((row) =>
      row.kind === "stub" ? [] : row.kind === "entry" ? [row.entry.batch] : [row.state],
    ),
  );
  const items = rows.flatMap((row) => {
    if (row.kind === "entry" && row.entry.author !== null) {
      noteAuthor(view, row.entry.author);
    }
    if (row.kind === "entry") return itemsIn(row.entry.batch.payload);
    return row.kind === "state" ? itemsIn(row.state.payload) : [];
  });
  addItems(all, view, items);
  const head = records.find((record) => record.kind === "head")?.vector ?? new Map();
  checkHead(all, view, new Map(), head);
  view.vector = new Map(head);
};
