/** Every limit of CASPaxos, with what happens at it. Sizes are in bytes, times in milliseconds. */
import type { SessionLimits } from "./register.ts";

/** The longest key, in bytes of UTF-8: 1,024. A longer one is rejected with `too-large`, and dropped by acceptors. */
export const REGISTER_KEY_BYTES_MAX = 1024;
/** The largest value, in bytes: 65,536. */
export const REGISTER_VALUE_BYTES_MAX = 65_536;
/** The largest result of an operation, in bytes, since registers remember it: 1,024. */
export const RESULT_BYTES_MAX = 1024;
/** The longest name of a client, of an acceptor, of an incarnation, in bytes of UTF-8. */
export const NAME_BYTES_MAX = 64;

/** Limits of a proposer. */
export interface ProposerLimits extends SessionLimits {
  /** Operations that wait for one key: 1,000; a further one is rejected with `busy`. */
  readonly queueMax: number;
  /** Operations that wait, of all keys together: 10,000; a further one is rejected with `busy`. */
  readonly operationsMax: number;
  /** Operations of one key that share a round: 64. More of them make a round larger, fewer make a hot key slower. */
  readonly batchMax: number;
  /** Keys whose last state is kept: 10,000, so that the next change takes one round trip; those that were not used longest are dropped. */
  readonly keysMax: number;
  /** How long an attempt waits for a quorum at first, in milliseconds: 1,000. A few round trips with their flushes; more where acceptors are far away. After failures in a row up to 32 times as long. */
  readonly attemptMs: number;
  /** When an operation is given up, in milliseconds after it was asked: 10,000; `unknown` if it may have been accepted somewhere, `no-quorum` if not. */
  readonly giveUpMs: number;
  /** How long a proposer waits at most after an attempt that failed, in milliseconds: 10 times two for each failure in a row. More where proposers meet often. */
  readonly backoffMs: number;
  /** The longest that it waits, in milliseconds: 2,000. */
  readonly backoffMaxMs: number;
}

/** The defaults of `ProposerLimits`. */
export const defaultProposerLimits: ProposerLimits = {
  clientsMax: 64,
  resultsMax: 4,
  queueMax: 1000,
  operationsMax: 10_000,
  batchMax: 64,
  keysMax: 10_000,
  attemptMs: 1000,
  giveUpMs: 10_000,
  backoffMs: 10,
  backoffMaxMs: 2000,
};

/** Limits of an acceptor. */
export interface AcceptorLimits {
  /** Registers that are kept in memory: 10,000; the others are read when they are asked for. */
  readonly registersMax: number;
  /** Requests that wait for a register to be read: 10,000; further ones are dropped, as if lost. */
  readonly waitingMax: number;
  /** How much a page holds that is copied to a new acceptor, in bytes: 256 KiB. With its last row it must fit into a frame. */
  readonly pageBytesMax: number;
  /** How long a new acceptor waits for others before it asks again, in milliseconds: 1,000. */
  readonly copyRetryMs: number;
}

/** The defaults of `AcceptorLimits`. */
export const defaultAcceptorLimits: AcceptorLimits = {
  registersMax: 10_000,
  waitingMax: 10_000,
  pageBytesMax: 256 * 1024,
  copyRetryMs: 1000,
};
