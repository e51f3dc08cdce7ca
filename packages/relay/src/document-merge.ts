/** What is done with a document's payloads, through a `Y.Doc`: pure functions, for the worker and for where there is none. */
import * as Y from "yjs";

/** A merged document, its state vector, and what somebody lacks of it. */
export interface DocumentAnswer {
  readonly state: Uint8Array;
  readonly stateVector: Uint8Array;
  readonly difference: Uint8Array;
}

/** How many payloads that Yjs throws at are left out of an answer before it is given up. */
const BAD_PAYLOADS_MAX = 8;

/**
 * All payloads merged into one. Throws what Yjs throws.
 *
 * Structs and deletes that wait for what they rest on are part of it: `encodeStateAsUpdate` adds them.
 */
export const mergePayloads = (payloads: readonly Uint8Array[]): Uint8Array =>
  Y.encodeStateAsUpdate(open(payloads));

/** How many payloads are joined before they are applied; joining takes time with the square of their number. */
const JOINED_MAX = 64;
/** Less than this is not worth it. */
const JOINED_BYTES_MIN = 256 * 1024;

/** A document with all payloads; throws what Yjs throws. */
const open = (payloads: readonly Uint8Array[]): Y.Doc => {
  const doc = new Y.Doc();
  // One transaction for all: its end (garbage, merging of neighbours) then costs once, not 20,000 times.
  doc.transact(() => {
    for (const payload of joined(payloads)) Y.applyUpdate(doc, payload);
  });
  return doc;
};

/**
 * A few large payloads as one.
 *
 * Joined, they are applied client by client in the order of Yjs' own encoder; one by one, each of many authors who began at the same place is put
 * behind all that others had put there. Forty sections of 96 kB take a third of the time so, and a third less memory.
 */
const joined = (payloads: readonly Uint8Array[]): readonly Uint8Array[] => {
  const byteCount = payloads.reduce((sum, { length }) => sum + length, 0);
  const isWorthIt = payloads.length <= JOINED_MAX && byteCount >= JOINED_BYTES_MIN;
  return isWorthIt && payloads.length > 1 ? [Y.mergeUpdates([...payloads])] : payloads;
};

/** The merged state, and what a holder of the state vector lacks (all of it for null). Payloads that Yjs throws at are left out. */
export const answerVector = (
  payloads: readonly Uint8Array[],
  stateVector: Uint8Array | null,
): DocumentAnswer => {
  const doc = openGood(payloads);
  const state = Y.encodeStateAsUpdate(doc);
  return {
    state,
    stateVector: Y.encodeStateVector(doc),
    difference: stateVector === null ? state : Y.encodeStateAsUpdate(doc, stateVector),
  };
};

/** What of `payload` is not in `payloads` yet, or null if nothing is. */
export const noveltyOf = (
  payloads: readonly Uint8Array[],
  payload: Uint8Array,
): Uint8Array | null => {
  const doc = openGood(payloads);
  const before = pendingOf(doc);
  let novelty: Uint8Array | null = null;
  doc.on("update", (update: Uint8Array) => {
    novelty = update;
  });
  Y.applyUpdate(doc, payload);
  // What waits for something that is not here is no event of the document, but must be kept all the same.
  return equalPending(before, pendingOf(doc)) ? novelty : payload;
};

type Pending = readonly (Uint8Array | null)[];

const pendingOf = (doc: Y.Doc): Pending => [
  doc.store.pendingStructs?.update ?? null,
  doc.store.pendingDs,
];

const equalPending = (left: Pending, right: Pending): boolean =>
  left.every((bytes, index) => equalBytes(bytes, right[index] ?? null));

const equalBytes = (left: Uint8Array | null, right: Uint8Array | null): boolean => {
  if (left === null || right === null) return left === right;
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
};

const openGood = (payloads: readonly Uint8Array[]): Y.Doc => {
  try {
    return open(payloads);
  } catch {
    return openWithout(payloads);
  }
};

/** A document that Yjs threw at is half changed; it is begun again without the payload, until none throws. */
const openWithout = (payloads: readonly Uint8Array[]): Y.Doc => {
  const bad = new Set<Uint8Array>();
  for (;;) {
    const doc = new Y.Doc();
    const culprit = payloads.find((payload) => !bad.has(payload) && !isApplied(doc, payload));
    if (culprit === undefined) return doc;
    if (bad.size === BAD_PAYLOADS_MAX) throw new Error("too many payloads cannot be applied");
    bad.add(culprit);
  }
};

const isApplied = (doc: Y.Doc, payload: Uint8Array): boolean => {
  try {
    Y.applyUpdate(doc, payload);
    return true;
  } catch {
    return false;
  }
};
