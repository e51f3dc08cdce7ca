/** What every adapter has in common; the adapters are at `@syncline/storage/memory` and `@syncline/storage/lmdb`. */
export { KEY_BYTES_MAX, VALUE_BYTES_MAX } from "./limits.ts";
export type { RangeQuery, Store, StoreRow, Write } from "./store.ts";
