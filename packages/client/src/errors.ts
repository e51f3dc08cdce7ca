/** The one class of errors that this package throws, rejects with and tells in `error` events. */
export { type ErrorCode, SyncError } from "@syncline/machine";
