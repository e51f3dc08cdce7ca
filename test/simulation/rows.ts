/** A home's disk as the relay lays it out: sealed rows of bytes under sorted keys, by the shipped codec of records. */
import {
  answerOfRow,
  type HomeProtocol,
  type HomeRecord,
  type HomeRow,
  type KeyRange,
  rangeOfQuery,
  recordOfRow,
  recoveryRanges,
  writeOfRecord,
} from "@syncline/gossip";
import type { Keeping } from "@syncline/simulator";

/** How a value is guarded against bits that turn. */
export interface Seal {
  seal(key: Uint8Array, value: Uint8Array): Uint8Array;
  /** Null if the value is not the one that was sealed. */
  unseal(key: Uint8Array, sealed: Uint8Array): Uint8Array | null;
}

/** The content of a home's disk, which can also be read whole. */
export interface HomeRows extends Keeping<HomeProtocol> {
  /** Every entry, stub and state as it was written, damaged or not. */
  contents(): readonly HomeRow[];
  copy(): HomeRows;
}

interface Row {
  readonly key: Uint8Array;
  /** What was written, which only the oracle looks at. */
  value: Uint8Array;
  /** What is on the disk. */
  sealed: Uint8Array;
}

const prefix = Uint8Array.of(7, 7);

/** Text of characters up to 255 sorts as the bytes do. */
const textOf = (key: Uint8Array): string => {
  let text = "";
  for (let index = 0; index < key.length; index += 1) text += characters[key[index]!]!;
  return text;
};

const characters = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte));

/** Empty rows, or a copy of others. */
export const createHomeRows = (
  seal: Seal,
  rows = new Map<string, Row>(),
  order: string[] = [],
): HomeRows => {
  const indexOf = (text: string): number => {
    let from = 0;
    let to = order.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (order[middle]! < text) from = middle + 1;
      else to = middle;
    }
    return from;
  };

  const put = (key: Uint8Array, value: Uint8Array | null): void => {
    const text = textOf(key);
    if (value === null) {
      if (rows.delete(text)) order.splice(indexOf(text), 1);
      return;
    }
    const row = rows.get(text);
    const sealed = seal.seal(key, value);
    if (row !== undefined) {
      Object.assign(row, { value, sealed });
      return;
    }
    rows.set(text, { key, value, sealed });
    order.splice(indexOf(text), 0, text);
  };

  /** Records by the row that they will be: those that are replaced before anybody reads are never encoded. */
  let unread = new Map<string, HomeRecord>();

  const encode = (): void => {
    if (unread.size === 0) return;
    const records = unread;
    unread = new Map();
    for (const record of records.values()) {
      const { key, value } = writeOfRecord(prefix, record);
      put(key, value);
    }
  };

  const open = ({ key, sealed }: Row): readonly [key: Uint8Array, value: Uint8Array] => {
    const value = seal.unseal(key, sealed);
    if (value === null) throw new Error("a row is damaged");
    return [key, value];
  };

  const within = function* ({ fromKey, toKey }: KeyRange): Generator<Row> {
    const end = textOf(toKey);
    for (let index = indexOf(textOf(fromKey)); index < order.length; index += 1) {
      const text = order[index]!;
      if (text >= end) return;
      yield rows.get(text)!;
    }
  };

  return {
    write: (records) => {
      for (const record of records) unread.set(placeOf(record), record);
    },
    recover: () => {
      encode();
      return recoveryRanges(prefix).flatMap((range) =>
        [...within(range)].map((row) => recordOfRow(prefix, ...open(row))),
      );
    },
    read: (query) => {
      encode();
      const bytesMax = query.kind === "log" ? query.bytesMax : Number.POSITIVE_INFINITY;
      const page: HomeRow[] = [];
      let bytes = 0;
      for (const row of within(rangeOfQuery(prefix, query))) {
        const [key, value] = open(row);
        bytes += value.length;
        if (page.length > 0 && bytes > bytesMax) break;
        page.push(answerOfRow(prefix, key, value));
      }
      return page;
    },
    contents: () => {
      encode();
      return order
        .map((text) => rows.get(text)!)
        .filter(({ key }) => key[prefix.length] === 0x65 || key[prefix.length] === 0x73)
        .map(({ key, value }) => answerOfRow(prefix, key, value));
    },
    copy: () => {
      encode();
      const copies = new Map([...rows].map(([text, row]) => [text, { ...row }]));
      return createHomeRows(seal, copies, [...order]);
    },
    damage: (fraction) => {
      encode();
      if (order.length === 0) return false;
      const row = rows.get(order[Math.floor(fraction * order.length)]!)!;
      const sealed = Uint8Array.from(row.sealed);
      const index = Math.floor(((fraction * order.length) % 1) * sealed.length);
      sealed[index] = sealed[index]! ^ 4;
      row.sealed = sealed;
      return true;
    },
  };
};

/** The same for two records exactly if they are the same row. */
const placeOf = (record: HomeRecord): string => {
  switch (record.kind) {
    case "head":
    case "unsettled":
      return record.kind;
    case "document":
      return `d${record.head.document}`;
    case "edge":
      return `x${record.edge.edge}`;
    case "no-edge":
      return `x${record.edge}`;
    case "entry":
      return `e${record.entry.incarnation}${record.entry.number}`;
    case "stub":
    case "no-entry":
      return `e${record.incarnation}${record.number}`;
    case "state":
      return `s${record.part} ${record.state.document}`;
    case "no-state":
      return `s${record.part} ${record.document}`;
  }
};

/** A seal of four bytes that runs on every platform; where it can the simulation uses the one of `@syncline/storage`. */
export const plainSeal: Seal = {
  seal: (key, value) => {
    const sealed = new Uint8Array(value.length + 4);
    new DataView(sealed.buffer).setUint32(0, checksumOf(key, value));
    sealed.set(value, 4);
    return sealed;
  },
  unseal: (key, sealed) => {
    const value = sealed.subarray(4);
    const checksum = new DataView(sealed.buffer, sealed.byteOffset).getUint32(0);
    return checksum === checksumOf(key, value) ? value : null;
  },
};

const checksumOf = (key: Uint8Array, value: Uint8Array): number => {
  let hash = 0x811c9dc5;
  for (const byte of key) hash = Math.imul(hash ^ byte, 0x01000193);
  for (const byte of value) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
};
