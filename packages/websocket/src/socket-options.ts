/** What a reconnecting socket may be told, with the defaults. */
import { SyncError } from "@syncline/machine";
import { platformWebSocket } from "#platform";
import type { Connection } from "./connection.ts";
import { requireBelow, requirePositive } from "./settings.ts";
import type { WebSocketConstructor } from "./web-socket.ts";

/** An attempt that failed, or a connection that was lost. */
export interface SocketLoss {
  /** The close code: this side's, or else the other's, or 1006. */
  readonly code: number;
  readonly reason: string;
  /** The address of the attempt. */
  readonly url: string;
  /** Whether `opened` had been called for it. */
  readonly wasOpen: boolean;
  /** When the next attempt begins, in milliseconds from now; null if there will be none. */
  readonly retryDelayMs: number | null;
}

/** What `openSocket` needs and may be told. All times are in milliseconds. */
export interface SocketOptions {
  /** `ws:` or `wss:` addresses, at least one. The first is tried first; each loss moves on to the next. */
  readonly urls: readonly string[];
  /** The subprotocol to ask for; "" for none. A server that does not agree is no server. */
  readonly protocol: string;
  /** A frame that means nothing to the other side but that this one lives. */
  readonly heartbeat: Uint8Array;
  /** A connection opened. Nothing that was sent before is sent again. */
  opened(connection: Connection, url: string): void;
  /** A binary frame arrived. */
  frame(bytes: Uint8Array): void;
  /** An attempt failed or a connection was lost. */
  closed(loss: SocketLoss): void;
  /** After `closed`: the code is within 4400–4499, so there is no further attempt unless `reconnect` is called. */
  refused?(code: number, reason: string): void;
  /** See `ConnectionHandlers`. */
  congested?(): void;
  /** See `ConnectionHandlers`. */
  drained?(): void;
  /** A text frame arrived. Without this handler, it ends the connection. */
  text?(): void;
  /** The class to use. Default: `ws` in Node, elsewhere the global one. */
  readonly WebSocket?: WebSocketConstructor;
  /** Numbers from 0 (in) to 1 (out). Default: `Math.random`. */
  readonly random?: () => number;
  /** Upper end of the first wait. Default: 500. */
  readonly baseMs?: number;
  /** Upper end of every wait. Default: 10,000. Raise it where very many clients share few relays. */
  readonly capMs?: number;
  /** A connection that was open this long lets the waits begin from `baseMs` again. Default: 10,000. */
  readonly stableMs?: number;
  /** An attempt that has not opened after this long has failed. Default: 5,000. */
  readonly connectTimeoutMs?: number;
  /** Send the heartbeat after having sent nothing for this long. Default: 15,000. */
  readonly heartbeatMs?: number;
  /** Give a connection up after having received nothing for this long. Default: 40,000. */
  readonly silenceMs?: number;
  /** `congested` above this many buffered bytes. Default: 1 MiB. */
  readonly highWaterBytes?: number;
  /** `drained` at this many buffered bytes or fewer. Default: 256 KiB. */
  readonly lowWaterBytes?: number;
  /** How often a congested socket's buffer is looked at; no browser tells of it. Default: 50. */
  readonly pollMs?: number;
}

/** The options with nothing left open. */
export type SocketSettings = SocketOptions & Required<Omit<SocketOptions, OptionalHandler>>;

type OptionalHandler = "refused" | "congested" | "drained" | "text";

/** The options completed with the defaults; throws `BAD_CONFIG` for what cannot work. */
export const settleSocketOptions = (options: SocketOptions): SocketSettings => {
  const WebSocket = options.WebSocket ?? platformWebSocket();
  if (WebSocket === null) {
    throw new SyncError("BAD_CONFIG", "this runtime has no WebSocket: pass one as an option");
  }
  const settings = { ...socketDefaults, random: Math.random, ...options, WebSocket };
  checkUrls(settings.urls);
  const { heartbeatMs, silenceMs, lowWaterBytes, highWaterBytes } = settings;
  const { baseMs, capMs, stableMs, connectTimeoutMs, pollMs } = settings;
  requirePositive({ heartbeatMs, silenceMs, lowWaterBytes, highWaterBytes });
  requirePositive({ baseMs, capMs, stableMs, connectTimeoutMs, pollMs });
  requireBelow({ heartbeatMs, silenceMs });
  requireBelow({ lowWaterBytes, highWaterBytes });
  return settings;
};

const socketDefaults = {
  baseMs: 500,
  capMs: 10_000,
  stableMs: 10_000,
  connectTimeoutMs: 5000,
  heartbeatMs: 15_000,
  silenceMs: 40_000,
  highWaterBytes: 1024 * 1024,
  lowWaterBytes: 256 * 1024,
  pollMs: 50,
} as const;

const checkUrls = (urls: readonly string[]): void => {
  if (urls.length === 0) throw new SyncError("BAD_CONFIG", "a socket needs at least one address");
  for (const url of urls) {
    const parsed = parseUrl(url);
    const isUsable = parsed?.protocol === "ws:" || parsed?.protocol === "wss:";
    if (!isUsable) throw new SyncError("BAD_CONFIG", `not a ws: or wss: address: ${url}`);
    if (url.includes("#")) throw new SyncError("BAD_CONFIG", `an address has no fragment: ${url}`);
  }
};

const parseUrl = (url: string): URL | null => {
  try {
    return new URL(url);
  } catch {
    return null;
  }
};
