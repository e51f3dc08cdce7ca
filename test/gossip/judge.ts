/** Looks at every disk and every edge after every step, and says at once when a promise was broken. */
import { type Dot, type Incarnation, numberOf, type VersionVector } from "@syncline/clocks";
import type { Author, Entry, HomeRecord, HomeRow } from "@syncline/gossip";
import { createItemSet, type Item, itemsIn, type ItemSet, keyOf } from "./grow-only-set.ts";

/** What is known of one directory: of a home's disk between two wipes. */
export interface DiskView {
  readonly home: string;
  readonly items: ItemSet;
  /** Batches that have been on it as entries, by edge and number. */
  readonly authors: Set<string>;
  /** What the head on the disk says. */
  vector: Map<Incarnation, number>;
}

/** The judge of one world. Every method throws an `Error` that begins with the promise that was broken. */
export interface Judge {
  /** A view of a directory that is empty. */
  view(home: string): DiskView;
  /** These records are on the disk now; the process of this incarnation wrote them. */
  written(view: DiskView, incarnation: Incarnation, records: readonly HomeRecord[]): void;
  /** The directory holds just this now: it was recovered, or set back. */
  reread(view: DiskView, rows: readonly HomeRow[], records: readonly HomeRecord[]): void;
  /** A home says that this is on its disk, or another counts on it. */
  checkDurable(view: DiskView, durable: VersionVector): void;
  /** An edge was told this level for an item of its own. */
  checkLevel(level: "relay" | "quorum" | "all", key: string, homeCount: number): void;
  /** Somebody was shown these without what they rest on. */
  checkClosure(who: string, lacking: readonly string[]): void;
  /**
   * An edge offered whole documents in the place of batches that it had let go.
   *
   * Each document may hold the reply to a question in another; they travel together, but where one of them is carried on alone nobody can
   * tell. From here on causality is promised no more in this world.
   */
  noteWholeDocuments(): void;
  /** Items that somebody was told to be at `quorum`. */
  readonly settled: ReadonlySet<string>;
  /** On the disks of which homes an item has been. */
  readonly homesByItem: ReadonlyMap<string, ReadonlySet<string>>;
}

interface Known {
  readonly content: string;
  readonly items: readonly Item[];
}

const textOf = ({ incarnation, number }: Dot): string => `${incarnation}:${number}`;

/** A judge who has seen nothing. */
export const createJudge = (): Judge => {
  const byDot = new Map<string, Known>();
  const dotsByAuthor = new Map<string, Dot[]>();
  const homesByItem = new Map<string, Set<string>>();
  const settled = new Set<string>();
  let hasWholeDocuments = false;

  const checkClosure: Judge["checkClosure"] = (who, lacking) => {
    if (lacking.length === 0 || hasWholeDocuments) return;
    throw new Error(`a reply without its question: ${who} has ${lacking.join(", ")}`);
  };

  const noteEntry = (entry: Entry): void => {
    const { author, batch } = entry;
    const content = `${author?.edge} ${author?.number} ${batch.document} ${batch.payload.join()}`;
    const known = byDot.get(textOf(entry));
    if (known !== undefined && known.content !== content) {
      throw new Error(`a dot stands for two batches: ${textOf(entry)}`);
    }
    if (known !== undefined) return;
    byDot.set(textOf(entry), { content, items: itemsIn(entry.batch.payload) });
    if (author === null) return;
    dotsByAuthor.set(authorText(author), [...(dotsByAuthor.get(authorText(author)) ?? []), entry]);
  };

  /** Of a batch that came within a merged state a home may not know the number, and then it admits it again: twice in logs, once in effect. */
  const checkAdmission = (view: DiskView, entry: Entry): void => {
    if (entry.author === null) return;
    const isKnown = view.authors.has(authorText(entry.author));
    view.authors.add(authorText(entry.author));
    if (!isKnown) return;
    for (const dot of dotsByAuthor.get(authorText(entry.author)) ?? []) {
      const isOther = dot.incarnation !== entry.incarnation || dot.number !== entry.number;
      if (isOther && numberOf(view.vector, dot.incarnation) >= dot.number) {
        throw new Error(
          `a home admitted ${authorText(entry.author)} that it had at ${textOf(dot)}`,
        );
      }
    }
  };

  const addItems = (view: DiskView, items: readonly Item[]): void => {
    checkClosure(`the disk of ${view.home}`, view.items.add(items));
    for (const item of items) {
      const homes = homesByItem.get(keyOf(item)) ?? new Set();
      homesByItem.set(keyOf(item), homes.add(view.home));
    }
  };

  /** Everything below the head must be there, be it as an entry or within a state. */
  const checkHead = (view: DiskView, from: VersionVector, to: VersionVector): void => {
    for (const [incarnation, number] of to) {
      for (let one = numberOf(from, incarnation) + 1; one <= number; one += 1) {
        const known = byDot.get(textOf({ incarnation, number: one }));
        if (known === undefined) {
          throw new Error(`a head covers what never was: ${incarnation}:${one}`);
        }
        const lacking = known.items.find((item) => !view.items.items.has(keyOf(item)));
        if (lacking === undefined) continue;
        throw new Error(
          `a head covers what is not on the disk: ${view.home} ${incarnation}:${one}`,
        );
      }
    }
  };

  return {
    checkClosure,
    noteWholeDocuments: () => {
      hasWholeDocuments = true;
    },
    settled,
    homesByItem,
    view: emptyView,
    written: (view, incarnation, records) => {
      const items: Item[] = [];
      let head: VersionVector | null = null;
      for (const record of records) {
        if (record.kind === "entry") {
          if (record.entry.incarnation === incarnation) checkAdmission(view, record.entry);
          else if (record.entry.author !== null) view.authors.add(authorText(record.entry.author));
          noteEntry(record.entry);
          items.push(...itemsIn(record.entry.batch.payload));
        }
        if (record.kind === "state") items.push(...itemsIn(record.state.payload));
        if (record.kind === "head") head = record.vector;
      }
      addItems(view, items);
      if (head === null) return;
      for (const [log, number] of view.vector) {
        if (numberOf(head, log) < number) throw new Error(`a head went back: ${view.home} ${log}`);
      }
      checkHead(view, view.vector, head);
      view.vector = new Map(head);
    },
    reread: (view, rows, records) => {
      const fresh = emptyView(view.home);
      const items = rows.flatMap((row) => {
        if (row.kind === "entry" && row.entry.author !== null) {
          fresh.authors.add(authorText(row.entry.author));
        }
        if (row.kind === "entry") return itemsIn(row.entry.batch.payload);
        return row.kind === "state" ? itemsIn(row.state.payload) : [];
      });
      addItems(fresh, items);
      const head = records.find((record) => record.kind === "head")?.vector ?? new Map();
      checkHead(fresh, new Map(), head);
      Object.assign(view, fresh, { vector: new Map(head) });
    },
    checkDurable: (view, durable) => {
      for (const [log, number] of durable) {
        if (numberOf(view.vector, log) >= number) continue;
        throw new Error(`a home claims what is not on its disk: ${view.home} ${log}:${number}`);
      }
    },
    checkLevel: (level, key, homeCount) => {
      const count = homesByItem.get(key)?.size ?? 0;
      if (count < homeCount) throw new Error(`${key} is called ${level} on ${count} disks`);
      if (level === "quorum") settled.add(key);
    },
  };
};

const emptyView = (home: string): DiskView => ({
  home,
  items: createItemSet(),
  authors: new Set(),
  vector: new Map(),
});

const authorText = ({ edge, number }: Author): string => `${edge}#${number}`;
