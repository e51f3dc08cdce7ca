/** Keeps a document that cannot be opened from taking the worker away from all others: clients come back every few seconds, and would ask again. */
import { SyncError } from "@syncline/machine";
import type { Documents } from "../documents.ts";

/** How long documents are left alone. */
export interface DocumentPauses {
  /** The service as the room of this space sees it: after a `TIMEOUT` its questions fail at once for a while. */
  documentsFor(space: string): Documents;
}

/** Spaces that are remembered; the one whose pause began first is forgotten. */
const PAUSES_MAX = 1000;

/** Pauses of `pauseMs` each, in front of one service. */
export const createDocumentPauses = (options: {
  readonly documents: Documents;
  readonly pauseMs: number;
  now(): number;
}): DocumentPauses => {
  const { documents, pauseMs } = options;
  const endMsBySpace = new Map<string, number>();

  const isPaused = (space: string): boolean => {
    const endMs = endMsBySpace.get(space);
    if (endMs === undefined || options.now() < endMs) return endMs !== undefined;
    endMsBySpace.delete(space);
    return false;
  };

  const pause = (space: string): void => {
    endMsBySpace.delete(space);
    endMsBySpace.set(space, options.now() + pauseMs);
    const [oldest] = endMsBySpace.keys();
    if (endMsBySpace.size > PAUSES_MAX && oldest !== undefined) endMsBySpace.delete(oldest);
  };

  const run = async <Result>(space: string, call: () => Promise<Result>): Promise<Result> => {
    if (isPaused(space)) throw new SyncError("TIMEOUT", "the document takes too long to open");
    try {
      return await call();
    } catch (error) {
      if (error instanceof SyncError && error.code === "TIMEOUT") pause(space);
      throw error;
    }
  };

  return {
    documentsFor: (space) => ({
      whyBad: (type, payload) => documents.whyBad(type, payload),
      whyRefused: (batch) => documents.whyRefused(batch),
      merge: (type, payloads) => run(space, () => documents.merge(type, payloads)),
      answer: (payloads, vector) => run(space, () => documents.answer(payloads, vector)),
      novelty: (payloads, payload) => run(space, () => documents.novelty(payloads, payload)),
      close: () => documents.close(),
    }),
  };
};
