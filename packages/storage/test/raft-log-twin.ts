/** What a log for consensus should hold: a plain twin, records that fit to it, and logs of them. */
import { readdir } from "node:fs/promises";
import type { Random } from "@syncline/machine";
import { BLOCK_BYTES } from "../src/raft-log/batch.ts";
import { openRaftLog, type RaftLog, type RaftLogOptions } from "../src/raft-log/raft-log.ts";
import type { EntryPlace, LogEntry, RaftLogRecord } from "../src/raft-log/records.ts";

/** What a log should hold. */
export interface Twin {
  readonly entries: LogEntry[];
  base: EntryPlace;
  readonly facts: Map<string, string>;
}

/** Seals nothing while a test looks. */
export const never: RaftLogOptions = { sealAfterMs: Number.POSITIVE_INFINITY };

export const createTwin = (): Twin => ({
  entries: [],
  base: { index: 0, term: 0 },
  facts: new Map(),
});

export const copyOf = ({ entries, base, facts }: Twin): Twin => ({
  entries: [...entries],
  base,
  facts: new Map(facts),
});

export const lastOf = ({ entries, base }: Twin): EntryPlace => {
  const { index, term } = entries.at(-1) ?? base;
  return { index, term };
};

export const apply = (twin: Twin, record: RaftLogRecord): void => {
  const cut = (fromIndex: number): void => {
    twin.entries.splice(Math.max(0, fromIndex - twin.base.index - 1));
  };
  if (record.kind === "entry") {
    cut(record.entry.index);
    twin.entries.push(record.entry);
  } else if (record.kind === "truncation") cut(record.fromIndex);
  else if (record.kind === "base") {
    twin.entries.splice(0, record.base.index - twin.base.index);
    twin.base = record.base;
  } else if (record.kind === "fact") {
    if (record.bytes === null) twin.facts.delete(record.name);
    else twin.facts.set(record.name, Buffer.from(record.bytes).toString());
  }
};

/** A few records that fit to the twin, which has them afterwards. */
export const drawRecords = (twin: Twin, random: Random, bytesMax = 60): RaftLogRecord[] => {
  const records: RaftLogRecord[] = [];
  const add = (record: RaftLogRecord): void => {
    records.push(record);
    apply(twin, record);
  };
  for (let left = random.integer(1, 5); left > 0; left -= 1) {
    const last = lastOf(twin);
    const kind = random.integer(0, 12);
    if (kind === 0) {
      const ballot = `${last.term + random.integer(0, 3)} for ${random.pick(["a", "b", "c"])}`;
      add({ kind: "fact", name: "ballot", bytes: Buffer.from(ballot) });
    } else if (kind === 1) {
      const bytes = random.chance(0.3) ? null : random.bytes(random.integer(0, 30));
      add({ kind: "fact", name: random.pick(["hole", "snapshot"]), bytes });
    } else if (kind === 2 && twin.entries.length > 0) {
      add({
        kind: "truncation",
        fromIndex: last.index - random.integer(0, Math.min(3, twin.entries.length)),
      });
    } else if (kind === 3 && twin.entries.length > 6) {
      const { index, term } = random.pick(twin.entries.slice(0, 6));
      add({ kind: "base", base: { index, term } });
    } else if (kind === 4 && random.chance(0.1)) {
      add({
        kind: "base",
        base: { index: last.index + random.integer(1, 9), term: last.term + 1 },
      });
    } else {
      // Sometimes in place of entries of an older term.
      const index = last.index + 1 - random.integer(0, Math.min(2, twin.entries.length + 1));
      const term = last.term + (index <= last.index || random.chance(0.1) ? 1 : 0);
      const type = random.integer(0, 256);
      const bytes = random.bytes(random.integer(0, bytesMax));
      add({ kind: "entry", entry: { index, term, type, bytes } });
    }
  }
  return records;
};

export const append = (log: RaftLog, records: readonly RaftLogRecord[]): Promise<void> =>
  new Promise((resolve, reject) => {
    log.append(records, (error) => (error === null ? resolve() : reject(error)));
  });

export const contentOf = (log: RaftLog): unknown => ({
  base: log.base,
  last: log.last,
  facts: new Map([...log.facts].map(([name, bytes]) => [name, Buffer.from(bytes).toString()])),
  entries: log
    .entries({ fromIndex: log.base.index + 1, bytesMax: 1e9 })
    .map((entry) => ({ ...entry, bytes: Buffer.from(entry.bytes).toString("hex") })),
});

export const twinContent = (twin: Twin): unknown => ({
  base: twin.base,
  last: lastOf(twin),
  facts: twin.facts,
  entries: twin.entries.map((entry) => ({
    ...entry,
    bytes: Buffer.from(entry.bytes).toString("hex"),
  })),
});

export const withLog = async <Result>(
  directory: string,
  use: (log: RaftLog) => Promise<Result> | Result,
  options = never,
): Promise<Result> => {
  const log = await openRaftLog(directory, options);
  try {
    return await use(log);
  } finally {
    await log.close();
  }
};

export const segmentsOf = async (directory: string): Promise<readonly string[]> =>
  (await readdir(directory)).filter((name) => name.startsWith("log-")).toSorted();

/** A log of some batches, each with what the twin had when it was acknowledged. */
export const makeLog = async (
  directory: string,
  random: Random,
  { batchCount, bytesMax = 60 }: { readonly batchCount: number; readonly bytesMax?: number },
): Promise<readonly Twin[]> => {
  const twin = createTwin();
  const twins = [copyOf(twin)];
  await withLog(directory, async (log) => {
    for (let count = 0; count < batchCount; count += 1) {
      await append(log, drawRecords(twin, random, bytesMax));
      twins.push(copyOf(twin));
    }
  });
  return twins;
};

/** Where in a file each batch begins, and where its content ends. The first was written when the directory was made. */
export const batchesIn = (
  file: Buffer,
): readonly { readonly at: number; readonly end: number }[] => {
  const batches: { at: number; end: number }[] = [];
  for (let at = 0; at < file.length && file.readUInt32LE(at) !== 0;) {
    const end = at + 72 + file.readUInt32LE(at + 4);
    batches.push({ at, end });
    at = Math.ceil(end / BLOCK_BYTES) * BLOCK_BYTES;
  }
  return batches.slice(1);
};
