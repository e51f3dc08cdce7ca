/** What a client may be told, with the defaults. */
import { defaultEdgeLimits, type EdgeLimits } from "@syncline/gossip";
import { SyncError } from "@syncline/machine";
import type { SocketOptions } from "@syncline/websocket";
import { pageReplicas } from "./page-replicas.ts";
import type { ReplicaStore } from "./replica-ids.ts";

export type { EdgeLimits } from "@syncline/gossip";
export type { Level } from "@syncline/quorum";

/** The options of the socket that are passed on as they are; see `@syncline/websocket`. */
export type PassedOptions = Pick<
  SocketOptions,
  | "WebSocket"
  | "random"
  | "baseMs"
  | "capMs"
  | "stableMs"
  | "connectTimeoutMs"
  | "heartbeatMs"
  | "silenceMs"
>;

/** What shows a relay who the client is: a text of at most 8 KiB, or what gives one anew for each connection. */
export type Token = string | (() => string | Promise<string>);

/** What `connect` may be told. */
export interface ConnectOptions extends PassedOptions {
  /** Shown to the relay at each connection. Default: none. */
  readonly token?: Token;
  /** How long edits gather into one batch, in milliseconds; presence waits with them. Default: 5. More saves relays work and costs latency. */
  readonly batchDelayMs?: number;
  /** Limits of each space, in bytes. Default: batches to 16 MiB − 16 KiB, an outbox of 256 MiB. */
  readonly limits?: Partial<EdgeLimits>;
  /** Where identities come from; must be as good as random. Default: `crypto.getRandomValues`. */
  readonly randomBytes?: (byteCount: number) => Uint8Array;
  /**
   * Where the ids are kept under which values are changed. Default: in a page, its `localStorage`, with a lock for each tab; elsewhere nowhere, and each
   * client has new ones. Null asks for that anywhere. An id costs some bytes in each value that was changed under it, so a process that comes and goes
   * should keep its own.
   */
  readonly replicas?: ReplicaStore | null;
  /** The wall clock of `space.now()`, in milliseconds since 1970. Default: `Date.now`. */
  readonly now?: () => number;
}

/** The options with nothing left open. */
export interface Settings {
  readonly urls: readonly string[];
  readonly token: Token;
  readonly batchDelayMs: number;
  readonly limits: EdgeLimits;
  readonly randomBytes: (byteCount: number) => Uint8Array;
  readonly replicas: ReplicaStore | null;
  readonly now: () => number;
  readonly socket: PassedOptions;
}

/** The options completed with the defaults; throws `BAD_CONFIG` for what cannot work. */
export const settleOptions = (
  urls: string | readonly string[],
  options: ConnectOptions,
): Settings => {
  const {
    token = "",
    batchDelayMs = 5,
    limits = {},
    randomBytes = cryptoBytes,
    replicas = pageReplicas(),
    now = Date.now,
    ...socket
  } = options;
  if (!(batchDelayMs >= 0 && batchDelayMs <= 60_000)) {
    throw new SyncError("BAD_CONFIG", `batchDelayMs must be from 0 to 60000, not ${batchDelayMs}`);
  }
  const allLimits = { ...defaultEdgeLimits, ...limits };
  for (const [name, value] of Object.entries(allLimits)) {
    if (!(value > 0)) throw new SyncError("BAD_CONFIG", `${name} must be above 0, not ${value}`);
  }
  const list = typeof urls === "string" ? [urls] : [...urls];
  return { urls: list, token, batchDelayMs, limits: allLimits, randomBytes, replicas, now, socket };
};

const cryptoBytes = (byteCount: number): Uint8Array =>
  globalThis.crypto.getRandomValues(new Uint8Array(byteCount));
