/** What a log for consensus holds, and appends that fit to it as those of a node do: within one term an index is filled once. */
import type { Random } from "@syncline/machine";
import type { EntryPlace, LogEntry, RaftLog, RaftLogRecord } from "@syncline/storage/raft-log";

/** What a log holds: entries behind the base, facts, and the snapshot that a fact names. */
export interface LogContent {
  readonly base: EntryPlace;
  readonly entries: readonly LogEntry[];
  readonly facts: ReadonlyMap<string, string>;
  /** The latest term that anything had; no place is filled twice in one. */
  readonly termMax: number;
}

type Draft = { -readonly [Field in keyof LogContent]: LogContent[Field] } & {
  entries: LogEntry[];
  facts: Map<string, string>;
};

/** The fact that says which snapshot holds, and how many bytes it has: `name:bytes`. */
const HELD = "held";
const CHUNK_BYTES = 700;

/** Nothing. */
export const emptyContent = (): LogContent => ({
  base: { index: 0, term: 0 },
  entries: [],
  facts: new Map(),
  termMax: 0,
});

/** The same, of its own. */
export const copyOf = (content: LogContent): Draft => ({
  ...content,
  entries: [...content.entries],
  facts: new Map(content.facts),
});

/** As text, to be compared. */
export const describeContent = ({ base, entries, facts }: LogContent): string => {
  const lines = entries.map(
    ({ index, term, type, bytes }) =>
      `${index} ${term} ${type} ${Buffer.from(bytes).toString("hex")}`,
  );
  const known = [...facts].map(([name, value]) => `${name}=${value}`).sort();
  return [`${base.index} ${base.term}`, ...known, ...lines].join("\n");
};

/** What a log holds. Rejects if the snapshot that its facts name is not there as a whole. */
export const contentOf = async (log: RaftLog): Promise<LogContent> => {
  const facts = new Map([...log.facts].map(([name, bytes]) => [name, textOf(bytes)]));
  const [snapshot, byteCount] = (facts.get(HELD) ?? "").split(":");
  if (snapshot !== undefined && byteCount !== undefined) {
    const wholeBytes = await log.snapshots.wholeBytesOf(snapshot);
    if (wholeBytes < Number(byteCount)) throw new Error("a snapshot is named that is not there");
  }
  const entries = log.entries({ fromIndex: log.base.index + 1, bytesMax: 1e9 });
  const termMax = Math.max(log.last.term, Number(facts.get("ballot")?.split(" ")[0] ?? 0));
  return { base: log.base, entries: entries.map(copyOfEntry), facts, termMax };
};

const copyOfEntry = (entry: LogEntry): LogEntry => ({
  ...entry,
  bytes: Uint8Array.from(entry.bytes),
});

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

/** An append of a few records, and what the log holds after it. */
export const drawAppend = (
  before: LogContent,
  random: Random,
): { readonly records: readonly RaftLogRecord[]; readonly after: LogContent } => {
  const after = copyOf(before);
  const records: RaftLogRecord[] = [];
  for (let left = random.integer(1, 4); left > 0; left -= 1) {
    records.push(...drawRecords(after, random));
  }
  return { records, after };
};

const drawRecords = (draft: Draft, random: Random): readonly RaftLogRecord[] => {
  const kind = random.integer(0, 16);
  if (kind < 3) return [drawBallot(draft, random)];
  if (kind === 3 && draft.entries.length > 0) return [drawTruncation(draft, random)];
  if (kind === 4 && draft.entries.length > 6) return [drawBase(draft, random)];
  if (kind === 5) return drawSnapshot(draft, random);
  return [drawEntry(draft, random)];
};

const fact = (draft: Draft, name: string, value: string): RaftLogRecord => {
  draft.facts.set(name, value);
  return { kind: "fact", name, bytes: Buffer.from(value) };
};

/** Term and vote, as one. */
const drawBallot = (draft: Draft, random: Random): RaftLogRecord => {
  draft.termMax += random.integer(0, 3);
  return fact(draft, "ballot", `${draft.termMax} ${random.pick(["a", "b", "c"])}`);
};

const drawTruncation = (draft: Draft, random: Random): RaftLogRecord => {
  const keptCount = random.integer(Math.max(0, draft.entries.length - 4), draft.entries.length);
  draft.entries = draft.entries.slice(0, keptCount);
  draft.termMax += 1;
  return { kind: "truncation", fromIndex: draft.base.index + keptCount + 1 };
};

const drawBase = (draft: Draft, random: Random): RaftLogRecord => {
  const count = random.integer(1, draft.entries.length);
  const [base, ...rest] = draft.entries.slice(count - 1);
  if (base !== undefined) draft.base = { index: base.index, term: base.term };
  draft.entries = rest;
  return { kind: "base", base: draft.base };
};

/** A snapshot takes the place of another within one append, as far as its caller can see. */
const drawSnapshot = (draft: Draft, random: Random): readonly RaftLogRecord[] => {
  const [old = ""] = (draft.facts.get(HELD) ?? "").split(":");
  const snapshot = `s${random.integer(0, 1_000_000)}`;
  const chunks: RaftLogRecord[] = [];
  for (let left = random.integer(1, 4), offset = 0; left > 0; left -= 1) {
    chunks.push({ kind: "chunk", snapshot, offset, bytes: random.bytes(CHUNK_BYTES) });
    offset += CHUNK_BYTES;
  }
  const named = fact(draft, HELD, `${snapshot}:${chunks.length * CHUNK_BYTES}`);
  if (old === "" || old === snapshot) return [...chunks, named];
  return [...chunks, named, { kind: "no-chunks", snapshot: old }];
};

/** Behind the last, or in place of some of an earlier leader. */
const drawEntry = (draft: Draft, random: Random): RaftLogRecord => {
  const isOver = draft.entries.length > 0 && random.chance(0.15);
  if (isOver || random.chance(0.1)) draft.termMax += 1;
  const keptCount = isOver
    ? random.integer(Math.max(0, draft.entries.length - 3), draft.entries.length)
    : draft.entries.length;
  const entry: LogEntry = {
    index: draft.base.index + keptCount + 1,
    term: Math.max(1, draft.termMax),
    type: random.integer(0, 256),
    bytes: random.bytes(random.chance(0.1) ? random.integer(0, 9000) : random.integer(0, 60)),
  };
  draft.termMax = entry.term;
  draft.entries = [...draft.entries.slice(0, keptCount), entry];
  return { kind: "entry", entry };
};
