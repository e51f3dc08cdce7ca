/** Where one space's home keeps its records: rows of the directory under a number of the space's own. */
import {
  answerOfRow,
  type HomeQuery,
  type HomeRecord,
  type HomeRow,
  rangeOfQuery,
  recordOfRow,
  recoveryRanges,
  writeOfRecord,
} from "@syncline/gossip";
import type { Write } from "@syncline/storage";
import { type Directory, recordsPrefix } from "./directory.ts";

/** The ports of a home's runtime that touch the disk. */
export interface SpaceJournal {
  /** What a home must know to recover; nothing for a space that was never written to. */
  readonly records: readonly HomeRecord[];
  append(records: readonly HomeRecord[], reply: Reply): void;
  load(query: HomeQuery, reply: (error: Error | null, rows: readonly HomeRow[]) => void): void;
}

type Reply = (error: Error | null) => void;

/** Appends that are written together. */
interface Group {
  readonly records: HomeRecord[];
  readonly replies: Reply[];
}

const PAGE_ROWS = 4096;
const RECOVERY_BYTES = 1024 * 1024;

/**
 * Opens the journal of a space and reads what its home needs at once. A space that is only looked at leaves nothing in the directory.
 *
 * The appends that share a write are answered within `together`.
 */
export const openSpaceJournal = async (
  directory: Directory,
  space: string,
  together: (answers: () => void) => void,
): Promise<SpaceJournal> => {
  // The space may have been open until a moment ago: what it wrote then is on the disk before anything is read. Read sooner, the same numbers of
  // the log would be given out twice.
  await directory.drained();
  let number = await directory.numberOf(space);
  let prefix = number === null ? null : recordsPrefix(number);
  const records = prefix === null ? [] : await recover(directory, prefix);
  /** Waits for its turn; null while nothing does. */
  let waiting: Group | null = null;
  /** Groups that were not answered yet, the one that waits included. */
  let groupCount = 0;

  const writesOf = (items: readonly HomeRecord[]): readonly Write[] => {
    const writes: Write[] = [];
    if (number === null || prefix === null) {
      const allotted = directory.allot(space);
      number = allotted.number;
      prefix = recordsPrefix(number);
      writes.push(...allotted.writes);
    }
    for (const record of newestOf(items)) {
      const { key, value } = writeOfRecord(prefix, record);
      writes.push(value === null ? { kind: "delete", key } : { kind: "put", key, value });
      if (record.kind !== "unsettled") continue;
      writes.push(...directory.unsettledWrites(number, space, record.isUnsettled));
    }
    return writes;
  };

  const begin = (): Group => {
    const group: Group = { records: [], replies: [] };
    waiting = group;
    groupCount += 1;
    const source = (): readonly Write[] => {
      waiting = null;
      return writesOf(group.records);
    };
    directory.append(source, (error) => {
      groupCount -= 1;
      if (waiting === group) waiting = null;
      together(() => {
        for (const reply of group.replies) reply(error);
      });
    });
    return group;
  };

  return {
    records,
    append: (items, reply) => {
      // An append of nothing is a barrier: it is answered when all before it is on disk.
      if (items.length === 0 && groupCount === 0) return reply(null);
      const group = waiting ?? begin();
      group.records.push(...items);
      group.replies.push(reply);
    },
    load: (query, reply) => {
      if (prefix === null) return reply(null, []);
      answer(directory, prefix, query).then(
        (rows) => reply(null, rows),
        (error: unknown) => reply(error instanceof Error ? error : new Error(String(error)), []),
      );
    },
  };
};

/** The records without those that a later one stands in the place of. */
const newestOf = (records: readonly HomeRecord[]): readonly HomeRecord[] => {
  if (records.length <= 1) return records;
  const newest: HomeRecord[] = [];
  const places: Places = {
    hasHead: false,
    hasUnsettled: false,
    edges: new Set(),
    documents: new Set(),
  };
  for (let index = records.length - 1; index >= 0; index -= 1) {
    const record = records[index];
    if (record !== undefined && !isOvertaken(record, places)) newest.push(record);
  }
  return newest.reverse();
};

/** Names of what later records stand for. */
interface Places {
  hasHead: boolean;
  hasUnsettled: boolean;
  readonly edges: Set<string>;
  readonly documents: Set<string>;
}

/** Whether a later record stands in the place of this one; if not, it is noted. What is written once is never overtaken. */
const isOvertaken = (record: HomeRecord, places: Places): boolean => {
  switch (record.kind) {
    case "head": {
      const { hasHead } = places;
      places.hasHead = true;
      return hasHead;
    }
    case "unsettled": {
      const { hasUnsettled } = places;
      places.hasUnsettled = true;
      return hasUnsettled;
    }
    case "edge":
      return isIn(places.edges, record.edge.edge);
    case "no-edge":
      return isIn(places.edges, record.edge);
    case "document":
      return isIn(places.documents, record.head.document);
    case "entry":
    case "stub":
    case "no-entry":
    case "state":
    case "no-state":
      return false;
  }
};

/** Whether it was in the set; now it is. */
const isIn = (set: Set<string>, name: string): boolean => {
  const countBefore = set.size;
  return set.add(name).size === countBefore;
};

const recover = async (
  directory: Directory,
  prefix: Uint8Array,
): Promise<readonly HomeRecord[]> => {
  const records: HomeRecord[] = [];
  for (const { fromKey, toKey } of recoveryRanges(prefix)) {
    let nextKey = fromKey;
    for (;;) {
      const rows = await directory.store.range({
        fromKey: nextKey,
        toKey,
        rowsMax: PAGE_ROWS,
        bytesMax: RECOVERY_BYTES,
      });
      for (const { key, value } of rows) records.push(recordOfRow(prefix, key, value));
      const last = rows.at(-1);
      if (last === undefined) break;
      nextKey = Uint8Array.of(...last.key, 0);
    }
  }
  return records;
};

/** A page of the answer; states are few and are read whole, whatever their size. */
const answer = async (
  directory: Directory,
  prefix: Uint8Array,
  query: HomeQuery,
): Promise<readonly HomeRow[]> => {
  const bytesMax = query.kind === "log" ? query.bytesMax : Number.MAX_SAFE_INTEGER;
  const range = rangeOfQuery(prefix, query);
  const rows = await directory.store.range({ ...range, rowsMax: PAGE_ROWS, bytesMax });
  return rows.map(({ key, value }) => answerOfRow(prefix, key, value));
};
