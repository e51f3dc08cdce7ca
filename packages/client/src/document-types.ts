/** Which type each document of a space has: the first that was heard of. */
import { SyncError } from "@syncline/machine";

/** The types of a space's documents, by name. */
export interface DocumentTypes {
  readonly typeByName: ReadonlyMap<string, string>;
  /** Says that a document is of a type; throws `TYPE_MISMATCH` if it is of another. */
  claim(document: string, type: string): void;
  /** The same of what came from elsewhere: whether it is of the type. Tells of a mismatch once for each document. */
  accepts(document: string, type: string): boolean;
}

/** No documents yet. */
export const createDocumentTypes = (ports: {
  /** A document became known. */
  appeared(document: string, type: string): void;
  failed(error: SyncError): void;
}): DocumentTypes => {
  const typeByName = new Map<string, string>();
  const told = new Set<string>();

  const mismatchOf = (document: string, type: string): SyncError | null => {
    const known = typeByName.get(document);
    if (known === undefined) {
      typeByName.set(document, type);
      ports.appeared(document, type);
      return null;
    }
    if (known === type) return null;
    const text = `the document "${document}" is of type ${known}, not ${type}`;
    return new SyncError("TYPE_MISMATCH", text);
  };

  return {
    typeByName,
    claim: (document, type) => {
      const error = mismatchOf(document, type);
      if (error !== null) throw error;
    },
    accepts: (document, type) => {
      const error = mismatchOf(document, type);
      if (error !== null && !told.has(document)) {
        told.add(document);
        ports.failed(error);
      }
      return error === null;
    },
  };
};
