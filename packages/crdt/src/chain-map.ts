/**
 * Half of all types in one: a map in which each key's entry only moves up a chain, and join takes the higher of two.
 *
 * Counters (a total for each replica), grow-only and two-phase sets (absent, added, removed), last-writer-wins registers and maps (by time), max and
 * min registers: a product of chains is a lattice, and its join-irreducible elements are single entries. (Almeida et al. 2018, Appendix B.)
 */
import { bytesOf, type HybridTime, readAll, refuse, writeUint } from "@syncline/clocks";
import type { Decoder } from "lib0/decoding";
import type { Encoder } from "lib0/encoding";
import type { Crdt, ReplicaId } from "./crdt.ts";
import type { Key } from "./plain-order.ts";
import { readLength } from "./text-encoding.ts";

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
  readonly folding?: "totals";
}

/** The type of this name that is a map of such chains. */
export const chainMap = <Entry, Value, M extends object>(
  name: string,
  chain: Chain<Entry>,
  rest: {
    readonly value: (state: ChainMap<Entry>) => Value;
    readonly mutators: M;
    readonly latestTime?: (state: ChainMap<Entry>) => HybridTime | null;
  },
): Crdt<ChainMap<Entry>, Value, M> => ({
  name,
  latestTime: () => null,
  ...rest,
  bottom: () => new Map(),
  isBottom: (state) => state.size === 0,
  join: (left, right) => {
    const joined = new Map(left);
    raise(chain, joined, right);
    return joined;
  },
  apply: (state, delta) => raise(chain, state, delta),
  leq: (left, right) => newsOf(chain, left, right).size === 0,
  delta: (state, known) => newsOf(chain, state, known),
  decompose: function* (state) {
    for (const [key, entry] of state) yield new Map([[key, entry]]);
  },
  encode: (state) => encodeEntries(chain, state),
  decode: (bytes) => readAll(bytes, (decoder) => readEntries(decoder, chain)),
  stats: (state) => ({
    actors: new Set([...state.values()].flatMap((entry) => chain.replicaOf?.(entry) ?? [])).size,
    dots: state.size,
    cloud: 0,
    bytes: encodeEntries(chain, state).length,
  }),
  folding: chain.folding ?? "none",
});

/** The entries that are higher than what is known of them. */
const newsOf = <Entry>(
  chain: Chain<Entry>,
  state: ChainMap<Entry>,
  known: ChainMap<Entry>,
): ChainMap<Entry> => {
  const news: ChainMap<Entry> = new Map();
  for (const [key, entry] of state) {
    const other = known.get(key);
    if (other === undefined || (other !== entry && chain.compare(entry, other) > 0)) {
      news.set(key, entry);
    }
  }
  return news;
};

const raise = <Entry>(
  chain: Chain<Entry>,
  state: ChainMap<Entry>,
  delta: ChainMap<Entry>,
): boolean => {
  const news = newsOf(chain, delta, state);
  for (const [key, entry] of news) state.set(key, entry);
  return news.size > 0;
};

const encodeEntries = <Entry>(chain: Chain<Entry>, state: ChainMap<Entry>): Uint8Array =>
  bytesOf((encoder) => {
    writeUint(encoder, state.size);
    let previous: Entry | null = null;
    for (const entry of [...state.values()].sort(chain.compareKeys)) {
      chain.write(encoder, entry, previous);
      previous = entry;
    }
  });

const readEntries = <Entry>(decoder: Decoder, chain: Chain<Entry>): ChainMap<Entry> => {
  const count = readLength(decoder);
  const state: ChainMap<Entry> = new Map();
  let previous: Entry | null = null;
  for (let index = 0; index < count; index += 1) {
    const entry = chain.read(decoder, previous);
    if (previous !== null && chain.compareKeys(previous, entry) >= 0) refuse();
    state.set(chain.keyOf(entry), entry);
    previous = entry;
  }
  return state;
};
