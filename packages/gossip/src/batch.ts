/** What replicates: batches, their places in logs, and the merged states that stand for many of them. */
import type { Dot, VersionVector } from "@syncline/clocks";

/** The identity of an edge: drawn like an incarnation, eight random bytes as sixteen hexadecimal digits. A client that lost its state draws a new one. */
export type EdgeId = string;

/** The configured name of a home, such as `a`; the ring knows homes by it, whatever their incarnation. */
export type HomeId = string;

/** One or more merged updates of one document. The payload is opaque here; `type` says whose bytes they are. */
export interface Batch {
  readonly document: string;
  readonly type: string;
  readonly payload: Uint8Array;
}

/** An edge's own count of its batches, from 1: what makes sending again safe. */
export interface Author {
  readonly edge: EdgeId;
  readonly number: number;
}

/** A batch at its place in a log. */
export interface Entry extends Dot {
  readonly batch: Batch;
  /** Null for a batch that an edge carried here from another home. */
  readonly author: Author | null;
  /**
   * What its home knew of the other logs when it admitted the batch: whoever accepts the entry must cover this first, and of the entry's own
   * log all that comes before it. Entries admitted together share one vector.
   */
  readonly after: VersionVector;
}

/** All of a document up to some point, merged into one payload. */
export interface State {
  readonly document: string;
  readonly type: string;
  readonly payload: Uint8Array;
  /** For each log the last entry of this document that is in the payload. A state whose `last` covers another's contains it. */
  readonly last: VersionVector;
}

/** How far a home knows an edge's batches, and where the last of them stands. */
export interface AdmittedEdge extends Author {
  readonly dot: Dot;
}

/** The highest number of a log or an edge: what six bytes hold. At a million batches a second it is reached in nine years. */
export const NUMBER_MAX: number = 2 ** 48 - 1;

/** The bytes that an entry counts as against a limit: its payload and a generous allowance for what stands around it. */
export const sizeOf = (batch: Batch): number =>
  batch.payload.length + batch.document.length + batch.type.length + 64;

/** How many of the things, from the first on, have at most `bytesMax` together; one at least, if there is one. Reads no further. */
export const countWithin = <Item>(
  items: readonly Item[],
  batchOf: (item: Item) => Batch,
  bytesMax: number,
): number => {
  let count = 0;
  let bytes = 0;
  for (const item of items) {
    bytes += sizeOf(batchOf(item));
    if (bytes > bytesMax && count > 0) break;
    count += 1;
  }
  return count;
};

/** The entries in messages of at most `bytesMax`, or of one entry that is larger. */
export const pagesOf = (entries: readonly Entry[], bytesMax: number): readonly Entry[][] => {
  const pages: Entry[][] = [];
  let rest = entries;
  while (rest.length > 0) {
    const count = countWithin(rest, ({ batch }) => batch, bytesMax);
    pages.push(rest.slice(0, count));
    rest = rest.slice(count);
  }
  return pages;
};
