/** The disk of a node in the world: what records come to, what a recovery is given, how it rots. */
import type {
  EntryId,
  Entry,
  Hole,
  RaftProtocol,
  RaftQuery,
  RaftRecord,
  RaftRow,
  Receiving,
  SnapshotMeta,
} from "@syncline/consensus/raft";
import type { Keeping } from "@syncline/simulator";

/** What is on a disk, as the oracle sees it. */
export interface DiskView {
  term: number;
  vote: string | null;
  base: EntryId;
  snapshot: SnapshotMeta | null;
  receiving: Receiving | null;
  hole: Hole | null;
  /** By index; behind `base` and without a gap. */
  readonly entries: Map<number, Entry>;
  readonly chunks: Map<string, Uint8Array>;
  /** The terms of entries that rotted away, which may have been acknowledged before; until the disk is whole again. */
  readonly lost: Map<number, number>;
  isWritten: boolean;
  isRotten: boolean;
}

/** A disk with a view. */
export interface RaftDisk extends Keeping<RaftProtocol> {
  readonly view: DiskView;
  /** Entries from somewhere on are lost, which the store notices. Returns whether there were any. */
  rot(fraction: number): boolean;
}

/** The index of the last entry that is there. */
export const lastOnDisk = ({ base, entries }: DiskView): number => base.index + entries.size;

/** Whether the disk has this very entry, by itself or in a snapshot, or has had it and knows that it must not vote without it. */
export const hasOnDisk = (view: DiskView, { index, term }: EntryId): boolean =>
  index <= (view.snapshot?.last.index ?? 0) ||
  view.entries.get(index)?.term === term ||
  view.lost.get(index) === term;

/** An empty disk. */
export const createRaftDisk = (from: DiskView | null = null): RaftDisk => {
  const view: DiskView =
    from === null
      ? {
          term: 0,
          vote: null,
          base: { index: 0, term: 0 },
          snapshot: null,
          receiving: null,
          hole: null,
          entries: new Map(),
          chunks: new Map(),
          lost: new Map(),
          isWritten: false,
          isRotten: false,
        }
      : {
          ...from,
          entries: new Map(from.entries),
          chunks: new Map(from.chunks),
          lost: new Map(from.lost),
        };
  return {
    view,
    write: (records) => {
      for (const record of records) write(view, record);
    },
    recover: () => {
      if (view.isRotten) throw new Error("the head is damaged");
      return headOf(view);
    },
    read: (query) => read(view, query),
    copy: () => createRaftDisk(view),
    damage: () => {
      if (!view.isWritten) return false;
      view.isRotten = true;
      return true;
    },
    rot: (fraction) => {
      const { base, entries } = view;
      if (entries.size === 0) return false;
      const fromIndex = base.index + 1 + Math.floor(fraction * entries.size);
      for (const [index, { term }] of entries) if (index >= fromIndex) view.lost.set(index, term);
      cut(view, fromIndex);
      view.hole = { fromIndex };
      return true;
    },
  };
};

const headOf = (view: DiskView): readonly RaftRecord[] => {
  if (!view.isWritten) return [];
  const { term, vote, base, snapshot, receiving, hole } = view;
  return [
    { kind: "ballot", term, vote },
    { kind: "base", base },
    ...(snapshot === null ? [] : [{ kind: "snapshot", snapshot, isWhole: false } as const]),
    { kind: "receiving", receiving },
    { kind: "hole", hole },
  ];
};

const cut = (view: DiskView, fromIndex: number): void => {
  for (let index = lastOnDisk(view); index >= fromIndex; index -= 1) view.entries.delete(index);
};

const write = (view: DiskView, record: RaftRecord): void => {
  view.isWritten = true;
  switch (record.kind) {
    case "ballot":
      if (record.term < view.term) throw new Error("a term went back on disk");
      if (record.term === view.term && view.vote !== null && view.vote !== record.vote) {
        throw new Error("a vote changed on disk");
      }
      view.term = record.term;
      view.vote = record.vote;
      return;
    case "entry":
      cut(view, record.entry.index);
      if (record.entry.index !== lastOnDisk(view) + 1) throw new Error("a gap on disk");
      view.entries.set(record.entry.index, record.entry);
      return;
    case "base":
      return moveBase(view, record.base);
    case "snapshot":
      view.snapshot = record.snapshot;
      if (record.isWhole) view.entries.clear();
      return;
    case "chunk":
      view.chunks.set(`${record.snapshot} ${record.offset}`, record.bytes);
      return;
    case "receiving":
      view.receiving = record.receiving;
      return;
    case "no-chunks":
      for (const key of view.chunks.keys()) {
        if (key.startsWith(`${record.snapshot} `)) view.chunks.delete(key);
      }
      return;
    case "hole":
      view.hole = record.hole;
      if (record.hole === null) view.lost.clear();
  }
};

const moveBase = (view: DiskView, base: EntryId): void => {
  for (let index = view.base.index + 1; index <= base.index; index += 1) view.entries.delete(index);
  view.base = base;
};

const read = (view: DiskView, query: RaftQuery): readonly RaftRow[] => {
  if (query.kind === "chunk") {
    const bytes = view.chunks.get(`${query.snapshot} ${query.offset}`);
    return bytes === undefined ? [] : [{ kind: "chunk", offset: query.offset, bytes }];
  }
  const rows: RaftRow[] = [];
  for (let index = query.fromIndex; rows.length < 7; index += 1) {
    const entry = view.entries.get(index);
    if (entry === undefined) break;
    rows.push({ kind: "entry", entry });
  }
  return rows;
};
