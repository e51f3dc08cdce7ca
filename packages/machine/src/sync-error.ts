/** The one class of errors that a user of Syncline can meet, with codes that stay the same. */

/** Every code, for those who read one from the wire. Codes are never renamed or reused: applications compare them. */
export const errorCodes = [
  "ABOVE_FENCE",
  "BAD_CONFIG",
  "BAD_FRAME",
  "BAD_NAME",
  "BAD_PAYLOAD",
  "BELOW_FENCE",
  "BUSY",
  "CLOCK_AHEAD",
  "CLONED_REPLICA",
  "CLOSED",
  "FORBIDDEN",
  "NO_RIGHTS",
  "OFFLINE",
  "OUTBOX_FULL",
  "PORT_IN_USE",
  "RETIRED",
  "ROLLED_BACK",
  "STORAGE_CORRUPT",
  "STORAGE_FAILED",
  "STORAGE_FORMAT",
  "STORAGE_IN_USE",
  "TIMEOUT",
  "TOO_LARGE",
  "TYPE_MISMATCH",
  "UNKNOWN_TYPE",
  "UNREACHABLE",
  "UNSUPPORTED_VERSION",
] as const;

/** What went wrong, for programs. The README of the repository lists each with what to do about it. */
export type ErrorCode = (typeof errorCodes)[number];

/** The world's trouble, told to a user: a stable `code` for programs, a sentence for people, and the `cause` where there is one. */
export class SyncError extends Error {
  override readonly name = "SyncError";
  /** Stable; the sentence in `message` may be improved at any time. */
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
