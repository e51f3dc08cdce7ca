/** Brings what others wrote into Y.Docs: into all of them before anybody who watches one is told. */
import * as Y from "yjs";
import { SyncError } from "@syncline/machine";
import { throwLater } from "./events.ts";

/** A Y.Doc that stands for a document, and as whose doing changes from elsewhere appear in it. */
export interface Replica {
  readonly doc: Y.Doc;
  readonly origin: unknown;
}

/** What is to be applied to one Y.Doc, in order. */
export interface Arrival {
  readonly replica: Replica;
  readonly payloads: readonly Uint8Array[];
}

/** What came out of applying. */
export interface ApplyReport {
  /** A payload is no update; the others are applied all the same. */
  malformed(arrival: Arrival, cause: unknown): void;
  /** While the transaction was still open, somebody who was told of another document changed this one. */
  edited(arrival: Arrival, change: LateChange): void;
}

/** A change that Yjs counts as part of what was being applied, and so tells nobody of as an edit. */
export interface LateChange {
  readonly update: Uint8Array;
  /** What the Y.Doc had before it. */
  readonly before: ReadonlyMap<number, number>;
}

/** How many Y.Docs are held open at once; each takes about a hundredth of the call stack at ten times this. */
const togetherMax = 256;

/**
 * Applies everything, then tells the observers of each Y.Doc.
 *
 * Yjs calls observers when a transaction ends. So one transaction is opened inside the other, and only in the innermost is anything applied: an
 * observer that sees an answer in one document finds the question in another. Among more than 256 Y.Docs that holds for each 256 of them.
 * Observers' exceptions are thrown again later, one by one.
 */
export const applyTogether = (arrivals: readonly Arrival[], report: ApplyReport): void => {
  for (let index = 0; index < arrivals.length; index += togetherMax) {
    // The first is the innermost: its observers are told first.
    applyInside(arrivals.slice(index, index + togetherMax).reverse(), 0, [], report);
  }
};

interface Opened {
  readonly arrival: Arrival;
  readonly transaction: Y.Transaction;
  /** The state vector right after everything was applied. */
  appliedVector: Uint8Array;
  appliedDeleteCount: number;
}

const applyInside = (
  arrivals: readonly Arrival[],
  index: number,
  opened: Opened[],
  report: ApplyReport,
): void => {
  const arrival = arrivals[index];
  if (arrival === undefined) return applyAll(opened, report);
  const { doc, origin } = arrival.replica;
  try {
    Y.transact(
      doc,
      (transaction) => {
        const one = {
          arrival,
          transaction,
          appliedVector: new Uint8Array(),
          appliedDeleteCount: 0,
        };
        opened.push(one);
        applyInside(arrivals, index + 1, opened, report);
        if (index + 1 < arrivals.length) checkLateChange(one, report);
      },
      origin,
      false,
    );
  } catch (error) {
    // What was refused of an edit that an observer made has been told already; nobody is there to catch it.
    if (!(error instanceof SyncError)) throwLater(error);
  }
};

const applyAll = (opened: readonly Opened[], report: ApplyReport): void => {
  for (const { arrival } of opened) {
    const { doc, origin } = arrival.replica;
    for (const payload of arrival.payloads) {
      try {
        Y.applyUpdate(doc, payload, origin);
      } catch (error) {
        report.malformed(arrival, error);
      }
    }
  }
  if (opened.length < 2) return;
  for (const one of opened) {
    one.appliedVector = Y.encodeStateVector(one.arrival.replica.doc);
    one.appliedDeleteCount = deleteCountOf(one.transaction);
  }
};

const deleteCountOf = (transaction: Y.Transaction): number => {
  let count = 0;
  for (const items of transaction.deleteSet.clients.values()) count += items.length;
  return count;
};

/**
 * Finds what observers of the Y.Docs further inside have written into this one, whose transaction is still open.
 *
 * Without this it would look like something from elsewhere: it would never be sent, and all later edits of this Y.Doc, which rest on it, would
 * wait for it at every other replica for ever.
 */
const checkLateChange = (one: Opened, report: ApplyReport): void => {
  const { arrival, transaction, appliedVector } = one;
  const { doc } = arrival.replica;
  const isSame =
    equalBytes(Y.encodeStateVector(doc), appliedVector) &&
    deleteCountOf(transaction) === one.appliedDeleteCount;
  if (isSame) return;
  // Yjs takes a change under the own client id in a remote transaction for somebody else's, and would change the id. Observers are to be told
  // of a remote transaction all the same, so it becomes a local one only when they have been.
  doc.once("afterTransaction", () => {
    transaction.local = true;
  });
  const update = Y.encodeStateAsUpdate(doc, appliedVector);
  report.edited(arrival, { update, before: Y.decodeStateVector(appliedVector) });
};

const equalBytes = (left: Uint8Array, right: Uint8Array): boolean =>
  left.length === right.length && left.every((byte, index) => byte === right[index]);
