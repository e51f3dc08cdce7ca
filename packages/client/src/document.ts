/** One Yjs document of a space: the Y.Docs that stand for it here, or the payloads it consists of while there is none. */
import * as Y from "yjs";
import type { SyncError } from "@syncline/machine";
import { applyTogether, type Replica } from "./applying.ts";
import type { HeldBack } from "./holding-back.ts";

/** The type of Yjs documents. */
export const yjsType = "yjs";

/** Payloads that lie side by side before they are merged; after that, as soon as the new ones are as many bytes as the merged one. */
const payloadCountMax = 64;

/** A document as it is kept. */
export interface Document {
  readonly name: string;
  /** What was shown while no Y.Doc stood for it: a merged one first, then what came since. */
  payloads: Uint8Array[];
  /** The Y.Docs, the first opened first, each with what ends its watching. */
  readonly replicas: Map<Y.Doc, { readonly replica: Replica; readonly stop: () => void }>;
  /** Edits that cannot be sent; null if all were. */
  heldBack: HeldBack | null;
}

/** A document of which nothing is known. */
export const createDocument = (name: string): Document => ({
  name,
  payloads: [],
  replicas: new Map(),
  heldBack: null,
});

/** The Y.Doc that was opened first, or null. */
export const openDocOf = (document: Document): Y.Doc | null => {
  const [first] = document.replicas.keys();
  return first ?? null;
};

/** Who is told of a payload that is no update. */
export type Malformed = (document: Document, cause: unknown) => void;

/** Keeps a payload of a document that no Y.Doc stands for. Constant time, taken over all of them. */
export const keepPayload = (
  document: Document,
  payload: Uint8Array,
  malformed: Malformed,
): void => {
  document.payloads.push(payload);
  if (document.payloads.length <= payloadCountMax) return;
  const [merged, ...news] = document.payloads;
  const newBytes = news.reduce((sum, one) => sum + one.length, 0);
  if (newBytes < (merged?.length ?? 0) && news.length < 16 * payloadCountMax) return;
  document.payloads = [encodeDocument(document, malformed)];
};

/** All of the document as one update, also while nobody has it open; with a vector, all that it does not cover. Cost: the document's size. */
export const encodeDocument = (
  document: Document,
  malformed: Malformed,
  vector: ReadonlyMap<number, number> = new Map(),
): Uint8Array => {
  const isAll = vector.size === 0;
  const [only, second] = document.payloads;
  const open = openDocOf(document);
  if (open === null && isAll && only !== undefined && second === undefined) return only;
  const doc = open ?? docOf(document, malformed);
  return isAll
    ? Y.encodeStateAsUpdate(doc)
    : Y.encodeStateAsUpdate(doc, Y.encodeStateVector(new Map(vector)));
};

const docOf = (document: Document, malformed: Malformed): Y.Doc => {
  const doc = new Y.Doc();
  applyTogether([{ replica: { doc, origin: null }, payloads: document.payloads }], {
    malformed: (_arrival, cause) => {
      malformed(document, cause);
    },
    edited: () => {},
  });
  return doc;
};

/** Takes a local change; returns why it cannot be sent, or null. */
export type TakeEdit = (update: Uint8Array, transaction: Y.Transaction) => SyncError | null;

/**
 * Watches the edits of a Y.Doc, and throws what `take` returns out of the edit. Returns what ends it.
 *
 * Not out of the `update` event itself: Yjs would never finish that transaction, nor emit an `update` for any later one. After
 * `afterAllTransactions` it has nothing left to do, and the exception comes out of `text.insert(…)`, or of the outermost `transact`.
 */
export const watchEdits = ({ doc, origin }: Replica, take: TakeEdit): (() => void) => {
  let refusal: SyncError | null = null;
  const whenUpdated = (
    update: Uint8Array,
    by: unknown,
    _doc: Y.Doc,
    transaction: Y.Transaction,
  ): void => {
    if (by === origin) return;
    refusal = take(update, transaction) ?? refusal;
  };
  const whenOver = (): void => {
    const error = refusal;
    refusal = null;
    if (error !== null) throw error;
  };
  doc.on("update", whenUpdated);
  doc.on("afterAllTransactions", whenOver);
  return () => {
    doc.off("update", whenUpdated);
    doc.off("afterAllTransactions", whenOver);
  };
};
