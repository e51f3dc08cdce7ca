/** A home's disk: appends take time, one after the other; a loss of power keeps the first few of those under way, and never half of one. */
import {
  answerOfRow,
  type HomeQuery,
  type HomeRecord,
  type HomeRow,
  type KeyRange,
  rangeOfQuery,
  recordOfRow,
  recoveryRanges,
  writeOfRecord,
} from "@syncline/gossip";
import type { Random } from "@syncline/machine";
import type { VirtualTime } from "./virtual-time.ts";

/** The rows by key, as hexadecimal text, which sorts as the bytes do. */
export type Rows = ReadonlyMap<string, Row>;

interface Row {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

interface Append {
  readonly records: readonly HomeRecord[];
  readonly done: (error: Error | null) => void;
  isWritten: boolean;
}

/** A disk that outlives its process. */
export interface SimulatedDisk {
  readonly rows: Rows;
  append(records: readonly HomeRecord[], done: (error: Error | null) => void): void;
  load(query: HomeQuery, done: (error: Error | null, rows: readonly HomeRow[]) => void): void;
  /** What a home is given to recover. */
  recovery(): readonly HomeRecord[];
  /** Every entry, stub and state on the disk. */
  contents(): readonly HomeRow[];
  /** The process is gone: what was under way is lost, but for the first few appends, of which it was never told. */
  losePower(): void;
}

const prefix = Uint8Array.of(7, 7);
const hexOf = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** A disk with these rows; `written` hears of each append once it is there. */
export const createSimulatedDisk = (
  time: VirtualTime,
  random: Random,
  begin: Rows,
  written: (records: readonly HomeRecord[]) => void,
): SimulatedDisk => {
  const rows = new Map(begin);
  let underWay: Append[] = [];
  let life = 0;
  let isBusy = false;

  const write = (append: Append): void => {
    if (append.isWritten) return;
    append.isWritten = true;
    for (const record of append.records) {
      const { key, value } = writeOfRecord(prefix, record);
      if (value === null) rows.delete(hexOf(key));
      else rows.set(hexOf(key), { key, value });
    }
    written(append.records);
  };

  const writeNext = (): void => {
    if (isBusy || underWay.length === 0) return;
    const ofLife = life;
    isBusy = true;
    time.after(random.integer(1, random.chance(0.1) ? 60 : 6), () => {
      if (ofLife !== life) return;
      // One flush for all that has gathered, as a group commit does it; each is answered in its turn.
      const count = random.integer(1, underWay.length + 1);
      const group = underWay.slice(0, count);
      for (const append of group) write(append);
      for (const append of group) {
        if (ofLife !== life) return;
        underWay.shift();
        append.done(null);
      }
      isBusy = false;
      writeNext();
    });
  };

  const within = ({ fromKey, toKey }: KeyRange): readonly Row[] => {
    const [from, to] = [hexOf(fromKey), hexOf(toKey)];
    return [...rows.keys()]
      .filter((key) => key >= from && key < to)
      .sort()
      .map((key) => rows.get(key)!);
  };

  const answer = (query: HomeQuery): readonly HomeRow[] => {
    const bytesMax = query.kind === "log" ? query.bytesMax : Number.POSITIVE_INFINITY;
    const page: HomeRow[] = [];
    let bytes = 0;
    for (const { key, value } of within(rangeOfQuery(prefix, query))) {
      bytes += value.length;
      if (page.length > 0 && bytes > bytesMax) break;
      page.push(answerOfRow(prefix, key, value));
    }
    return page;
  };

  return {
    rows,
    append: (records, done) => {
      underWay.push({ records, done, isWritten: false });
      writeNext();
    },
    load: (query, done) => {
      const ofLife = life;
      // Read at some time between question and answer: a store may show more than what was there when it was asked.
      const isEarly = random.chance(0.5);
      const early = isEarly ? answer(query) : [];
      time.after(random.integer(0, 8), () => {
        if (ofLife === life) done(null, isEarly ? early : answer(query));
      });
    },
    recovery: () =>
      recoveryRanges(prefix).flatMap((range) =>
        within(range).map(({ key, value }) => recordOfRow(prefix, key, value)),
      ),
    contents: () =>
      [...rows.values()]
        .filter(({ key }) => key[prefix.length] === 0x65 || key[prefix.length] === 0x73)
        .map(({ key, value }) => answerOfRow(prefix, key, value)),
    losePower: () => {
      life += 1;
      for (const append of underWay.slice(0, random.integer(0, underWay.length + 1))) write(append);
      underWay = [];
      isBusy = false;
    },
  };
};
