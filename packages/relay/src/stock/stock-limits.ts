/** Every limit of the y-websocket wire, with what happens at it. Sizes are in bytes, times in milliseconds. */
import { defaultEdgeLimits } from "@syncline/gossip";
import { presencePause } from "../pace.ts";

/** Limits of stock rooms. */
export interface StockLimits {
  /** Rooms that are open at once; a connection for a further one is closed with 1013. */
  readonly roomsMax: number;
  /** How long a new room waits for its home before it tells clients what it has, and so what to upload. */
  readonly syncWaitMs: number;
  /** How long a room stays for changes that are not at a quorum yet, after its last client has left. */
  readonly lingerMs: number;
  /** A client hears something at least this often; y-websocket gives up after 30 s of silence. */
  readonly keepAliveMs: number;
  /** Full answers that a client gets at once; each further one takes its turn. */
  readonly answersMax: number;
  /** In how much time the client may have as many again. */
  readonly answersPerMs: number;
  /** What one of these answers may hold; a larger one counts as several. */
  readonly answerBytes: number;
  /** Changes of one client that wait to be looked at; beyond it the connection is closed with 1013. */
  readonly inboxBytesMax: number;
  /** The same as a number of changes. */
  readonly inboxCountMax: number;
  /** A change that no home can store; the connection is closed with 4413. */
  readonly batchBytesMax: number;
  /** Changes of a room that are not at a quorum; beyond it the connection is closed with 1013. */
  readonly outboxBytesMax: number;
  /** Presence of one client; larger ones are dropped. */
  readonly presenceBytesMax: number;
  /** Presences in one room; further ones are dropped. */
  readonly presenceCountMax: number;
  /** How long a room waits, after its home is back, for presences to be said again before it ends them. */
  readonly presenceGraceMs: number;
  /**
   * How long a room waits after a change before it tells its clients the next, for each of them: what comes meanwhile goes along, in one message. Below a
   * millisecond it does not wait.
   */
  readonly changePauseMsPerClient: number;
  /** The longest such wait. */
  readonly changePauseMsMax: number;
  /** The same for presences. */
  readonly presencePauseMsPerClient: number;
  /** The longest such wait. */
  readonly presencePauseMsMax: number;
  /** How long a document is left alone that the worker could not open in time; clients that need it are closed with 1013 meanwhile. */
  readonly openPauseMs: number;
  /** How often rooms are looked at: one that nobody has asked, and in which nothing was changed, from one look to the next lets go of its document. */
  readonly lookMs: number;
  /** How long the home may say nothing while the document is read again; clients that need it are closed with 1013 then. */
  readonly readSilenceMs: number;
  /** Payloads of a room after which they are merged. */
  readonly tailCountMax: number;
  /** Bytes of a room's payloads after which they are merged, or as many as the merged state has if those are more. */
  readonly tailBytesMax: number;
}

/** The defaults of `StockLimits`. */
export const defaultStockLimits: StockLimits = {
  roomsMax: 10_000,
  syncWaitMs: 2000,
  lingerMs: 10_000,
  keepAliveMs: 15_000,
  answersMax: 4,
  answersPerMs: 10_000,
  // With four answers in 10 s this makes 64 MiB a minute.
  answerBytes: Math.floor((64 * 1024 * 1024) / 24),
  inboxBytesMax: 32 * 1024 * 1024,
  inboxCountMax: 10_000,
  batchBytesMax: defaultEdgeLimits.batchBytesMax,
  outboxBytesMax: 64 * 1024 * 1024,
  presenceBytesMax: 16 * 1024,
  presenceCountMax: 1000,
  presenceGraceMs: 5000,
  changePauseMsPerClient: 0.02,
  changePauseMsMax: 2,
  presencePauseMsPerClient: presencePause.msPerReceiver,
  presencePauseMsMax: presencePause.msMax,
  openPauseMs: 60_000,
  lookMs: 3000,
  readSilenceMs: 30_000,
  tailCountMax: 500,
  tailBytesMax: 1024 * 1024,
};
