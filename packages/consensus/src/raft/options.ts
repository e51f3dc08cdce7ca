/** What can be set. */
import type { NodeId } from "./node-id.ts";

/** How a node is set up. Times are in milliseconds, sizes in bytes. */
export interface RaftOptions {
  /** The incarnation of this data directory. */
  readonly self: NodeId;
  /** Randomized timeouts are drawn from it: another for each node and each process, whole, within 32 bits. */
  readonly seed: number;
  /**
   * The voters that a new cluster begins with, the same at each of them; null for a node that joins later. Only looked at when the disk is empty. A node
   * whose disk was lost must not have it: it is another incarnation, and joins.
   */
  readonly bootstrap: readonly NodeId[] | null;
  /** A follower that hears nothing for this long, and up to twice as long by chance, calls an election. 1000. Ten times `heartbeatMs` or more. */
  readonly electionTimeoutMs?: number;
  /** 100. Longer than a round trip and a flush. */
  readonly heartbeatMs?: number;
  /**
   * How long a follower with nothing on its way waits to hear of a commitment. 0: it is told at once, by a message of its own that it answers, which for a lone
   * client doubles the messages of a write. Later, it hears of it with what is sent next, or by a heartbeat after this long.
   */
  readonly commitDelayMs?: number;
  /** Whether an election is called only if it could be won. True: without it, a node that was cut off unseats the leader when it comes back. */
  readonly hasPreVote?: boolean;
  /**
   * Whether a leader that hears from no majority within an election timeout steps down, and followers that hear from a leader vote for nobody. True: without
   * it a leader that is cut off goes on taking proposals that come to nothing. Each of the two without the other can leave a cluster without a leader for
   * as long as some lines are cut, so they are switched off together or for an experiment.
   */
  readonly hasCheckQuorum?: boolean;
  /**
   * Answers reads without asking the followers, while the leader's lease lasts. Null: off. Then, and only then, safety depends on clocks: `clockDriftMax`
   * is how much faster one node's monotonic clock may run than another's, as a fraction (0.1: a tenth), and no clock may stand still while its process
   * runs. A process that is paused, or a machine that is suspended with a clock that then stands still, breaks it.
   */
  readonly leaseReads?: { readonly clockDriftMax: number } | null;
  /** Entries in one message, at most; a single one may be larger. 262,144. */
  readonly appendBytesMax?: number;
  /** Messages with entries on their way to one follower, at most. 64. */
  readonly inflightCountMax?: number;
  /** Their bytes, at most. 4 MiB. */
  readonly inflightBytesMax?: number;
  /** Beyond this the leader answers proposals with `busy`. 16 MiB. */
  readonly uncommittedBytesMax?: number;
  /** Beyond this a proposal is `too-large`. 512 KiB. */
  readonly commandBytesMax?: number;
  /** Beyond this many waiting reads more are `busy`. 10,000. */
  readonly readCountMax?: number;
  /** A snapshot is wanted when the log has so many bytes. 8 MiB. */
  readonly compactBytes?: number;
  /** So many entries are kept behind a snapshot for followers that are a little behind. 1000. */
  readonly keepEntryCount?: number;
  /** A piece of a snapshot, at most. 262,144. */
  readonly chunkBytesMax?: number;
  /** A learner can be promoted when it lacks no more than so many entries. 100. */
  readonly promotionLagMax?: number;
}

/** All of them. */
export type Settings = Required<RaftOptions>;

/** With every default filled in. Throws a `RangeError` for what cannot be. */
export const settingsOf = (options: RaftOptions): Settings => {
  const settings: Settings = {
    electionTimeoutMs: 1000,
    heartbeatMs: 100,
    commitDelayMs: 0,
    hasPreVote: true,
    hasCheckQuorum: true,
    leaseReads: null,
    appendBytesMax: 256 * 1024,
    inflightCountMax: 64,
    inflightBytesMax: 4 * 1024 * 1024,
    uncommittedBytesMax: 16 * 1024 * 1024,
    commandBytesMax: 512 * 1024,
    readCountMax: 10_000,
    compactBytes: 8 * 1024 * 1024,
    keepEntryCount: 1000,
    chunkBytesMax: 256 * 1024,
    promotionLagMax: 100,
    ...options,
  };
  const { electionTimeoutMs, heartbeatMs, leaseReads, hasCheckQuorum } = settings;
  if (!(heartbeatMs > 0 && electionTimeoutMs >= 2 * heartbeatMs)) {
    throw new RangeError("an election timeout must be at least two heartbeats");
  }
  if (leaseReads !== null && (!hasCheckQuorum || !(leaseReads.clockDriftMax >= 0))) {
    throw new RangeError("lease reads need check-quorum and a bound on the drift of clocks");
  }
  return settings;
};
