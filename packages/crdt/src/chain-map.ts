/**
 * Half of all types in one: a map in which each key's entry only moves up a chain, and join takes the higher of two.
 *
 * Counters (a total for each replica), grow-only and two-phase sets (absent, added, removed), last-writer-wins registers and maps (by time), max and
 * min registers: a product of chains is a lattice, and its join-irreducible elements are single entries. (Almeida et al. 2018, Appendix B.)
 */
import { compareTimes, type HybridTime } from "@syncline/clocks";
import type { Decoder } from "lib0/decoding";
import { type Encoder, writeVarUint } from "lib0/encoding";
import { refuse } from "./malformed.ts";
import type { Crdt, ReplicaId, Stats } from "./crdt.ts";
import { bytesOf, readAll } from "./encoding.ts";
import type { Key } from "./plain-order.ts";
import { readLength } from "./plain-encoding.ts";

/** A state: entries by key. Entries are immutable and may be in many states. */
export type ChainMap<Entry> = Map<Key, Entry>;

/** What makes a map of chains one type and not another. */
export interface Chain<Entry> {
  /** Which entries stand for the same thing. */
  readonly keyOf: (entry: Entry) => Key;
  /** The order of entries with different keys in the bytes. */
  readonly compareKeys: (left: Entry, right: Entry) => number;
  /** The order of the chain: of two entries with one key, which is higher. 0 only for the same. */
  readonly compare: (left: Entry, right: Entry) => number;
  /** Writes an entry, given the one written before it. */
  readonly write: (encoder: Encoder, entry: Entry, previous: Entry | null) => void;
  readonly read: (decoder: Decoder, previous: Entry | null) => Entry;
  readonly replicaOf?: (entry: Entry) => ReplicaId;
  readonly timeOf?: (entry: Entry) => HybridTime;
  readonly folding?: "totals";
}

/** The type of this name that is a map of such chains. */
export const chainMap = <Entry, Value, M extends object>(
  name: string,
  chain: Chain<Entry>,
  rest: { readonly value: (state: ChainMap<Entry>) => Value; readonly mutators: M },
): Crdt<ChainMap<Entry>, Value, M> => ({
  name,
  ...rest,
  bottom: () => new Map(),
  isBottom: (state) => state.size === 0,
  join: (left, right) => {
    const joined = new Map(left);
    raise(chain, joined, right);
    return joined;
  },
  apply: (state, delta) => raise(chain, state, delta),
  leq: (left, right) => {
    for (const [key, entry] of left) if (isNews(chain, entry, right.get(key))) return false;
    return true;
  },
  delta: (state, known) => {
    const news: ChainMap<Entry> = new Map();
    for (const [key, entry] of state) {
      if (isNews(chain, entry, known.get(key))) news.set(key, entry);
    }
    return news;
  },
  decompose: function* (state) {
    for (const [key, entry] of state) yield new Map([[key, entry]]);
  },
  encode: (state) => bytesOf((encoder) => writeEntries(encoder, chain, state)),
  decode: (bytes) => readAll(bytes, (decoder) => readEntries(decoder, chain)),
  stats: (state) => statsOf(chain, state),
  latestTime: (state) => latestOf(chain, state),
  folding: chain.folding ?? "none",
});

const isNews = <Entry>(chain: Chain<Entry>, entry: Entry, known: Entry | undefined): boolean =>
  known === undefined || (known !== entry && chain.compare(entry, known) > 0);

const raise = <Entry>(
  chain: Chain<Entry>,
  state: ChainMap<Entry>,
  delta: ChainMap<Entry>,
): boolean => {
  let isChanged = false;
  for (const [key, entry] of delta) {
    if (!isNews(chain, entry, state.get(key))) continue;
    state.set(key, entry);
    isChanged = true;
  }
  return isChanged;
};

const writeEntries = <Entry>(
  encoder: Encoder,
  chain: Chain<Entry>,
  state: ChainMap<Entry>,
): void => {
  writeVarUint(encoder, state.size);
  let previous: Entry | null = null;
  for (const entry of [...state.values()].sort(chain.compareKeys)) {
    chain.write(encoder, entry, previous);
    previous = entry;
  }
};

const readEntries = <Entry>(decoder: Decoder, chain: Chain<Entry>): ChainMap<Entry> => {
  const count = readLength(decoder);
  const state: ChainMap<Entry> = new Map();
  let previous: Entry | null = null;
  for (let index = 0; index < count; index += 1) {
    const entry = chain.read(decoder, previous);
    const isAfter = previous === null || chain.compareKeys(previous, entry) < 0;
    if (!isAfter) refuse();
    state.set(chain.keyOf(entry), entry);
    previous = entry;
  }
  return state;
};

const statsOf = <Entry>(chain: Chain<Entry>, state: ChainMap<Entry>): Stats => {
  const actors = new Set<ReplicaId>();
  if (chain.replicaOf !== undefined) {
    for (const entry of state.values()) actors.add(chain.replicaOf(entry));
  }
  const bytes = bytesOf((encoder) => writeEntries(encoder, chain, state)).length;
  return { actors: actors.size, dots: state.size, cloud: 0, bytes };
};

const latestOf = <Entry>(chain: Chain<Entry>, state: ChainMap<Entry>): HybridTime | null => {
  let latest: HybridTime | null = null;
  if (chain.timeOf === undefined) return null;
  for (const entry of state.values()) latest = laterOf(latest, chain.timeOf(entry));
  return latest;
};

/** The later of two times, either of which may be none. */
export const laterOf = (left: HybridTime | null, right: HybridTime | null): HybridTime | null => {
  if (left === null || right === null) return left ?? right;
  return compareTimes(left, right) < 0 ? right : left;
};
