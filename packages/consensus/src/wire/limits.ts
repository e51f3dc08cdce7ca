/** What a peer may make us hold, and what we never send. */

/** The longest frame, in bytes: 1 MiB. A longer one is dropped unread. */
export const FRAME_BYTES_MAX: number = 2 ** 20;
