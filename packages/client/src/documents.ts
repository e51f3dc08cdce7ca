/** The Yjs documents of a space: opened or not, changed here or elsewhere. */
import * as Y from "yjs";
import type { Batch } from "@syncline/gossip";
import { SyncError } from "@syncline/machine";
import { type Arrival, applyTogether, type LateChange, type Replica } from "./applying.ts";
import {
  createDocument,
  type Document,
  encodeDocument,
  keepPayload,
  openDocOf,
  watchEdits,
  yjsType,
} from "./document.ts";
import type { DocumentTypes } from "./document-types.ts";
import { isWorthTrying, vectorBefore } from "./holding-back.ts";

/** How long after a deletion it is seen whether what is held back fits again, in milliseconds. */
const retryDelayMs = 100;

/** What the documents of a space need of it. */
export interface DocumentsPorts {
  /** As whose doing changes from elsewhere appear in Y.Docs that the space made. */
  readonly origin: unknown;
  /** The Yjs client id of Y.Docs that the space makes. */
  readonly clientId: number;
  readonly batchBytesMax: number;
  readonly types: DocumentTypes;
  /** Sends an update, with what else is being gathered. */
  edited(document: string, update: Uint8Array): void;
  /** Forgets what is being gathered of this document. */
  dropGathered(document: string): void;
  /** Something is held back, or is not any more. */
  heldBackChanged(): void;
  failed(error: SyncError): void;
}

/** All Yjs documents of a space. */
export interface Documents {
  readonly names: readonly string[];
  /** The Y.Doc of this name, made if there is none; throws `TYPE_MISMATCH`. */
  open(name: string): Y.Doc;
  /** Lets a Y.Doc of the application's stand for a document; its content is an edit. Returns what ends it. */
  bind(name: string, replica: Replica): () => void;
  /** Applies what others wrote, all before anybody is told. They are batches of documents that are Yjs documents here. */
  show(batches: readonly Batch[]): void;
  /** Everything that is here, a batch for each document. */
  states(): readonly Batch[];
  /** A batch was not taken: it and what rests on it is held back. */
  refused(batch: Batch, error: SyncError): void;
  /** There is room in the outbox again. */
  retry(): void;
  /** Why edits of some document cannot be sent; null if all can. */
  readonly heldBackError: SyncError | null;
  readonly heldBackCount: number;
  close(): void;
}

interface State {
  readonly ports: DocumentsPorts;
  readonly documents: Map<string, Document>;
  readonly heldBack: Set<Document>;
  timer: ReturnType<typeof setTimeout> | null;
}

/** No documents yet. */
export const createDocuments = (ports: DocumentsPorts): Documents => {
  const state: State = { ports, documents: new Map(), heldBack: new Set(), timer: null };
  return {
    get names() {
      return [...state.documents.keys()];
    },
    open: (name) => {
      const document = documentOf(state, name);
      return openDocOf(document) ?? make(state, document);
    },
    bind: (name, replica) => bind(state, documentOf(state, name), replica),
    show: (batches) => {
      show(state, batches);
    },
    states: () => statesOf(state),
    refused: (batch, error) => {
      whenRefused(state, batch, error);
    },
    retry: () => {
      scheduleRetry(state);
    },
    get heldBackError() {
      const [first] = state.heldBack;
      return first?.heldBack?.error ?? null;
    },
    get heldBackCount() {
      return state.heldBack.size;
    },
    close: () => {
      if (state.timer !== null) clearTimeout(state.timer);
      for (const { replicas } of state.documents.values()) {
        for (const { stop } of replicas.values()) stop();
      }
    },
  };
};

/** Throws `TYPE_MISMATCH` for a document that is something else. */
const documentOf = (state: State, name: string): Document => {
  state.ports.types.claim(name, yjsType);
  const known = state.documents.get(name) ?? createDocument(name);
  state.documents.set(name, known);
  return known;
};

const make = (state: State, document: Document): Y.Doc => {
  const doc = new Y.Doc();
  doc.clientID = state.ports.clientId;
  bind(state, document, { doc, origin: state.ports.origin });
  return doc;
};

const bind = (state: State, document: Document, replica: Replica): (() => void) => {
  const { doc } = replica;
  const known = replica.doc.store.clients.size > 0 ? Y.encodeStateAsUpdate(doc) : null;
  const first = openDocOf(document);
  const payloads = first === null ? document.payloads : [Y.encodeStateAsUpdate(first)];
  apply(state, [{ document, replica, payloads }]);
  document.payloads = [];
  const stop = watchEdits(replica, (update, transaction) =>
    takeEdit(state, document, doc, { update, before: transaction.beforeState }, transaction),
  );
  document.replicas.set(doc, { replica, stop });
  if (known !== null) takeEdit(state, document, doc, { update: known, before: new Map() }, null);
  return () => {
    unbind(state, document, doc);
  };
};

const unbind = (state: State, document: Document, doc: Y.Doc): void => {
  const bound = document.replicas.get(doc);
  if (bound === undefined) return;
  bound.stop();
  if (document.replicas.size === 1) {
    document.payloads = [encodeDocument(document, malformedIn(state))];
  }
  document.replicas.delete(doc);
};

/** Takes a local change of one of the document's Y.Docs; returns why it cannot be sent, or null. */
const takeEdit = (
  state: State,
  document: Document,
  doc: Y.Doc,
  { update, before }: LateChange,
  transaction: Y.Transaction | null,
): SyncError | null => {
  const others = [...document.replicas.values()].filter((bound) => bound.replica.doc !== doc);
  apply(
    state,
    others.map(({ replica }) => ({ document, replica, payloads: [update] })),
  );
  const { batchBytesMax } = state.ports;
  if (update.length > batchBytesMax) {
    const text = `an edit of "${document.name}" has ${update.length} bytes; the limit is ${batchBytesMax}`;
    const error = new SyncError("TOO_LARGE", text);
    holdBack(state, document, {
      vector: before,
      error,
      isOwnLimit: true,
      refusedBytes: update.length,
    });
    return error;
  }
  if (document.heldBack === null) state.ports.edited(document.name, update);
  else if ((transaction?.deleteSet.clients.size ?? 1) > 0) scheduleRetry(state);
  return null;
};

const holdBack = (
  state: State,
  document: Document,
  heldBack: NonNullable<Document["heldBack"]>,
): void => {
  const vector = document.heldBack?.vector ?? heldBack.vector;
  document.heldBack = { ...heldBack, vector };
  state.heldBack.add(document);
  state.ports.failed(heldBack.error);
  state.ports.heldBackChanged();
};

const whenRefused = (state: State, batch: Batch, error: SyncError): void => {
  const document = state.documents.get(batch.document);
  if (document === undefined) return state.ports.failed(error);
  const doc = openDocOf(document);
  const all =
    document.heldBack?.vector ??
    Y.decodeStateVector(
      doc === null
        ? Y.encodeStateVectorFromUpdate(encodeDocument(document, malformedIn(state)))
        : Y.encodeStateVector(doc),
    );
  const vector = vectorBefore(batch.payload, all);
  state.ports.dropGathered(document.name);
  document.heldBack = null;
  const refusedBytes = batch.payload.length;
  holdBack(state, document, { vector, error, isOwnLimit: false, refusedBytes });
};

/** Not at every letter: to see how large the part is, all of it must be encoded. */
const scheduleRetry = (state: State): void => {
  if (state.heldBack.size === 0) return;
  state.timer ??= setTimeout(() => {
    state.timer = null;
    for (const document of Array.from(state.heldBack)) tryAgain(state, document);
  }, retryDelayMs);
};

const tryAgain = (state: State, document: Document): void => {
  const { heldBack } = document;
  if (heldBack === null) return;
  const update = encodeDocument(document, malformedIn(state), heldBack.vector);
  if (!isWorthTrying(heldBack, update.length, state.ports.batchBytesMax)) return;
  document.heldBack = null;
  state.heldBack.delete(document);
  state.ports.edited(document.name, update);
  state.ports.heldBackChanged();
};

const show = (state: State, batches: readonly Batch[]): void => {
  const payloadsByDocument = new Map<Document, Uint8Array[]>();
  for (const batch of batches) {
    const document = documentOf(state, batch.document);
    const payloads = payloadsByDocument.get(document) ?? [];
    payloads.push(batch.payload);
    payloadsByDocument.set(document, payloads);
  }
  const arrivals: DocumentArrival[] = [];
  for (const [document, payloads] of payloadsByDocument) {
    if (document.replicas.size === 0) {
      for (const payload of payloads) keepPayload(document, payload, malformedIn(state));
    }
    for (const { replica } of document.replicas.values()) {
      arrivals.push({ document, replica, payloads });
    }
  }
  apply(state, arrivals);
};

interface DocumentArrival extends Arrival {
  readonly document: Document;
}

const apply = (state: State, arrivals: readonly DocumentArrival[]): void => {
  const documentByArrival = new Map<Arrival, Document>(
    arrivals.map((arrival) => [arrival, arrival.document]),
  );
  applyTogether(arrivals, {
    malformed: (arrival, cause) => {
      const document = documentByArrival.get(arrival);
      if (document !== undefined) malformedIn(state)(document, cause);
    },
    edited: (arrival, change) => {
      const document = documentByArrival.get(arrival);
      if (document !== undefined) takeEdit(state, document, arrival.replica.doc, change, null);
    },
  });
};

const malformedIn =
  (state: State) =>
  (document: Document, cause: unknown): void => {
    const text = `a batch of the document "${document.name}" is no update of Yjs`;
    state.ports.failed(new SyncError("BAD_PAYLOAD", text, { cause }));
  };

const statesOf = (state: State): readonly Batch[] => {
  const batches: Batch[] = [];
  for (const document of state.documents.values()) {
    const payload = encodeDocument(document, malformedIn(state));
    const isSomething = payload.length > emptyUpdateBytes;
    if (isSomething && payload.length <= state.ports.batchBytesMax) {
      batches.push({ document: document.name, type: yjsType, payload });
    }
  }
  return batches;
};

/** An update without structs and deletions: two counts of 0. */
const emptyUpdateBytes = 2;
