/** Every limit of the protocol, with what happens at it. Sizes are in bytes, times in milliseconds. */

/** Limits of a home for one space. */
export interface HomeLimits {
  /** The largest payload of a batch; a larger one is refused with `TOO_LARGE`. */
  readonly batchBytesMax: number;
  /** The largest document, as the sum of its parts; a batch that would make it larger is refused with `TOO_LARGE`. */
  readonly documentBytesMax: number;
  /** Entries of another home that wait for what they rest on; beyond it they are dropped and fetched again. */
  readonly waitingBytesMax: number;
  /** How much a page of catch-up holds before it is sent. */
  readonly pageBytesMax: number;
  /** How much of the newest entries is kept in memory, so that a receiver can go from catch-up to live. */
  readonly recentBytesMax: number;
  /** Entries after which the documents of a space are compacted. */
  readonly compactAfterEntries: number;
  /** Bytes of entries after which the documents of a space are compacted. */
  readonly compactAfterBytes: number;
  /** The entries that a document must have for its compaction to be worth it. */
  readonly compactEntriesMin: number;
  /** Presence of one client; larger ones are dropped. */
  readonly presenceBytesMax: number;
  /** Presences in one space; further ones are dropped. */
  readonly presenceCountMax: number;
  /** Edges whose last number is remembered; the one that was silent longest is forgotten, and a resend of its is admitted twice (with one effect). */
  readonly edgesMax: number;
  /** How long an opening or a quorum read waits for other homes. */
  readonly readWaitMs: number;
  /** How long a home waits for entries that must be under way before it asks for them. */
  readonly pullGraceMs: number;
  /** How long a pull may make no progress before another home is asked. */
  readonly pullTimeoutMs: number;
  /** How often edges with nothing unsettled hear how far logs are on other disks. */
  readonly durableIntervalMs: number;
  /** How soon an edge hears at the latest that its batches are on more disks than `quorum` asks for. */
  readonly awaitedIntervalMs: number;
  /** How soon another home hears at the latest how far logs that are not its own have come on this home's disk. */
  readonly storedIntervalMs: number;
}

/** The defaults of `HomeLimits`. */
export const defaultHomeLimits: HomeLimits = {
  batchBytesMax: 16 * 1024 * 1024 - 16 * 1024,
  documentBytesMax: 16 * 1024 * 1024,
  waitingBytesMax: 32 * 1024 * 1024,
  pageBytesMax: 256 * 1024,
  recentBytesMax: 256 * 1024,
  compactAfterEntries: 1000,
  compactAfterBytes: 1024 * 1024,
  compactEntriesMin: 16,
  presenceBytesMax: 16 * 1024,
  presenceCountMax: 1000,
  edgesMax: 10_000,
  readWaitMs: 2000,
  pullGraceMs: 150,
  pullTimeoutMs: 10_000,
  durableIntervalMs: 3000,
  awaitedIntervalMs: 500,
  storedIntervalMs: 500,
};

/** Limits of an edge for one space. */
export interface EdgeLimits {
  /** The largest payload of a batch; a larger one is refused with `TOO_LARGE` at the edit. */
  readonly batchBytesMax: number;
  /** Own batches that are not settled yet; beyond it an edit is refused with `OUTBOX_FULL`. */
  readonly outboxBytesMax: number;
  /** Others' batches kept in case their home dies; beyond it the oldest are forgotten, and whole documents are offered instead if it does. */
  readonly carriedBytesMax: number;
  /** How much is submitted in one message. */
  readonly submitBytesMax: number;
}

/** The defaults of `EdgeLimits`. */
export const defaultEdgeLimits: EdgeLimits = {
  batchBytesMax: 16 * 1024 * 1024 - 16 * 1024,
  outboxBytesMax: 256 * 1024 * 1024,
  carriedBytesMax: 8 * 1024 * 1024,
  submitBytesMax: 256 * 1024,
};
