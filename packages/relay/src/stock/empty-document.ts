/** What Yjs writes for a document with nothing in it. */

/** The update that changes nothing: no structs, no deletes. */
export const emptyUpdate: Uint8Array = Uint8Array.of(0, 0);

/** The state vector that names nobody. */
export const emptyVector: Uint8Array = Uint8Array.of(0);

/** Whether a state vector names nobody: whoever sends it has nothing, and wants everything. */
export const isEmptyVector = (stateVector: Uint8Array): boolean =>
  stateVector.length === 1 && stateVector[0] === 0;
