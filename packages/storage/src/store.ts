/** The port: what every adapter offers and every caller may rely on. The one conformance suite tests each sentence of it. */

/**
 * An ordered map of bytes to bytes in which writes are atomic and durable.
 *
 * Keys compare bytewise (unsigned, a prefix before what it is a prefix of). Keys and values may be empty.
 * Bytes are copied, on the way in before `write` resolves: until then the caller leaves them as they are. What is given out is the caller's.
 * A store has one owner. After `close` every call rejects with `CLOSED`.
 */
export interface Store {
  /**
   * Applies all writes in order, all or none, and resolves once they are on stable storage.
   *
   * Calls become durable in the order in which they were made, and resolve in that order; a call may be made while others are under way, and is
   * cheaper then, for they share a flush. An empty list resolves once every call before it has.
   * A key or value over its limit rejects with `TOO_LARGE` before anything is written, and does no harm otherwise.
   *
   * Any other rejection means that the disk refused (`STORAGE_FAILED`). The outcome of that call is unknown, nothing after it is written, and every
   * later call rejects with the same error: a failed flush is never tried again, because the system may have thrown the pages away and will
   * call the second try a success (Rebello et al., ATC 2020). Reads go on as far as the adapter can. Whoever wants to write again opens the store anew.
   */
  write(writes: readonly Write[]): Promise<void>;
  /** The value at the key, or null if there is none. Sees what `range` sees. */
  get(key: Uint8Array): Promise<Uint8Array | null>;
  /**
   * The rows of a range of keys, ascending.
   *
   * Sees one state between two writes, never half of one: everything of the calls to `write` that have resolved, and nothing that a crash could still take back.
   * A row whose bytes are not those that were written rejects with `STORAGE_CORRUPT`.
   */
  range(query: RangeQuery): Promise<readonly StoreRow[]>;
  /** Waits for the writes under way, then gives the store up. May be called again. */
  close(): Promise<void>;
}

/** Which rows, and how many of them at most. */
export interface RangeQuery {
  /** The first key that is in. */
  readonly fromKey: Uint8Array;
  /** The first key that is out. A range that ends before it begins is empty. */
  readonly toKey: Uint8Array;
  /** How many rows at most. */
  readonly rowsMax: number;
  /** The row whose key and value bring the sum to this many bytes is the last one; so there is always one row, however large. */
  readonly bytesMax: number;
}

/** A key with its value. */
export interface StoreRow {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** One change. A put replaces what was there; a delete of what is not there is no error. */
export type Write =
  | { readonly kind: "put"; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly kind: "delete"; readonly key: Uint8Array };
