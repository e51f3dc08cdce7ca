/** Yjs documents as one more type: merge, compaction through a document, and the delta against what somebody has. */
import {
  addRange,
  coversContext,
  createContext,
  type MutableCausalContext,
} from "@syncline/clocks";
import {
  applyUpdate,
  decodeUpdate,
  diffUpdate,
  Doc,
  encodeStateAsUpdate,
  encodeStateVectorFromUpdate,
  Skip,
} from "yjs";
import type { Crdt } from "./crdt.ts";

/** The type of `yjsDocument`: its states are documents, changed by Yjs's own methods, so it has no mutators. */
export type YjsDocument = Crdt<Doc, Doc, Readonly<Record<never, never>>>;

/**
 * A Yjs document, `yjs` by name. What differs from the other types:
 *
 * - The delta of a change is what the document's `update` event gives, or `delta(document, before)`.
 * - A state vector says nothing of deletions, which do not move it. So `leq` looks at the deletions, too, and `delta` sends all of them whenever
 *   anything is new: it is not the least, and `decompose` gives one part.
 * - One state may have several spellings in bytes, since Yjs may have split its runs differently; compare states by `leq` both ways.
 * - What rests on something that is missing waits in the document, and is in its bytes.
 * - `decode` lets Yjs read the bytes, which bounds neither time nor memory: check a stranger's bytes for their shape first, as the relay does.
 *
 * Joining goes through a document: `Y.mergeUpdates` takes time quadratic in the updates.
 */
export const yjsDocument: YjsDocument = {
  name: "yjs",
  mutators: {},
  bottom: () => documentOf([]),
  isBottom: (state) => knownOf(encodeStateAsUpdate(state)).size === 0,
  join: (left, right) => documentOf([encodeStateAsUpdate(left), encodeStateAsUpdate(right)]),
  apply: (state, delta) => {
    const update = encodeStateAsUpdate(delta);
    if (coversContext(knownOf(encodeStateAsUpdate(state)), knownOf(update))) return false;
    applyUpdate(state, update);
    return true;
  },
  leq: (left, right) =>
    coversContext(knownOf(encodeStateAsUpdate(right)), knownOf(encodeStateAsUpdate(left))),
  delta: (state, known) => {
    const update = encodeStateAsUpdate(state);
    const theirs = encodeStateAsUpdate(known);
    if (coversContext(knownOf(theirs), knownOf(update))) return documentOf([]);
    return documentOf([diffUpdate(update, encodeStateVectorFromUpdate(theirs))]);
  },
  decompose: function* (state) {
    const update = encodeStateAsUpdate(state);
    if (knownOf(update).size > 0) yield documentOf([update]);
  },
  value: (state) => state,
  encode: (state) => encodeStateAsUpdate(state),
  decode: (bytes) => {
    try {
      return documentOf([bytes]);
    } catch {
      return null;
    }
  },
  stats: (state) => {
    const update = encodeStateAsUpdate(state);
    const { structs } = decodeUpdate(update);
    const actors = new Set(structs.map(({ id }) => id.client)).size;
    return { actors, dots: structs.length, cloud: 0, bytes: update.length };
  },
  latestTime: () => null,
  folding: "none",
};

/** A document that nobody writes in, so its client id is never used. */
const documentOf = (updates: readonly Uint8Array[]): Doc => {
  const document = new Doc();
  document.clientID = 0;
  for (const update of updates) applyUpdate(document, update);
  return document;
};

/** What an update knows: which items there are, and which are deleted, each as a context of its own name. */
const knownOf = (update: Uint8Array): MutableCausalContext => {
  const { structs, ds } = decodeUpdate(update);
  const known = createContext();
  for (const struct of structs) {
    if (struct instanceof Skip) continue;
    addItems(known, `i${struct.id.client}`, struct.id.clock, struct.length);
  }
  for (const [client, deletions] of ds.clients) {
    for (const { clock, len } of deletions) addItems(known, `d${client}`, clock, len);
  }
  return known;
};

const addItems = (
  context: MutableCausalContext,
  incarnation: string,
  clock: number,
  length: number,
): void => {
  if (length > 0) {
    addRange(context, { incarnation, fromNumber: clock + 1, toNumber: clock + 1 + length });
  }
};
