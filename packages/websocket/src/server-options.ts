/** What a server may be told, with the defaults. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Connection, ConnectionHandlers } from "./connection.ts";
import { requireBelow, requirePositive, requireWhole } from "./settings.ts";

/** How a peer asked for its connection. All of it is the peer's claim, except the address. */
export interface ConnectionRequest {
  /** The subprotocol agreed on; "" if the peer offered none, or none of the server's. */
  readonly protocol: string;
  /** Path and query as they came, not decoded. */
  readonly url: string;
  /** The IP address of the socket's other end: the last proxy's, where there is one. */
  readonly address: string;
  /** The page that a browser connects from; null outside browsers. */
  readonly origin: string | null;
}

/** How the server shows the peers of one protocol that it lives, and knows it of them. */
export interface Heartbeat {
  /** A frame that means nothing to such a peer but that this side lives. */
  readonly frame: Uint8Array;
  /** Such peers send heartbeats too, so that silence means gone. If false they are sent WebSocket pings instead. */
  readonly isMutual: boolean;
}

/** What `listen` needs and may be told. All times are in milliseconds. */
export interface ListenOptions {
  /** The address to bind, such as `127.0.0.1`, `::` or `0.0.0.0`. */
  readonly host: string;
  /** The port to bind; 0 for any that is free. */
  readonly port: number;
  /** The subprotocols that this server speaks. Of those that a peer offers, the first that is among them is agreed on. */
  readonly protocols: readonly string[];
  /**
   * A connection has opened. Returns who is told of it from now on; frames may be sent, and the connection closed, right here.
   * What it throws, or any of its handlers, goes to `failed`, and closes this one connection with 1011.
   */
  accept(connection: Connection, request: ConnectionRequest): ConnectionHandlers;
  /** An HTTP request that is no WebSocket's. Default: 426, Upgrade Required. */
  request?(request: IncomingMessage, response: ServerResponse): void;
  /** An exception out of a handler, or an error of the listening socket. Default: nothing. */
  failed?(error: unknown): void;
  /** By protocol ("" included). Peers of a protocol that is not in it get no heartbeat, only pings. Default: empty. */
  readonly heartbeatByProtocol?: ReadonlyMap<string, Heartbeat>;
  /** Send the heartbeat after having sent nothing for this long. Default: 15,000. */
  readonly heartbeatMs?: number;
  /** Drop a peer with mutual heartbeats after having received nothing for this long. Default: 40,000. */
  readonly silenceMs?: number;
  /** Ping other peers after having received nothing for this long, and drop them after as long again. Default: 30,000. */
  readonly pingMs?: number;
  /** Longest frame that a peer may send; a longer one closes the connection with 1009. Default: 16 MiB. */
  readonly maxPayloadBytes?: number;
  /** `congested` above this many buffered bytes. Default: 1 MiB. */
  readonly highWaterBytes?: number;
  /** `drained` at this many buffered bytes or fewer. Default: 256 KiB. */
  readonly lowWaterBytes?: number;
  /** A frame sent while more than this many bytes wait behind the one under way closes the connection with 1013. Default: 8 MiB. */
  readonly stuckBytes?: number;
  /** A congested peer that takes less than 256 KiB in this time is closed with 1013. Default: 30,000. */
  readonly stuckMs?: number;
  /** More WebSockets than these are refused with HTTP status 503. Default: 20,000. */
  readonly connectionsMax?: number;
  /** How long a closing connection, and the closing server, wait for the other side. Default: 2,000. */
  readonly closeGraceMs?: number;
  /** A connection that has not sent a request's headers after this long is dropped with 408. Default: 10,000. */
  readonly headersTimeoutMs?: number;
  /** The same for the whole request. Default: 30,000. */
  readonly requestTimeoutMs?: number;
}

/** The options with nothing left open but the handlers. */
export type ListenSettings = ListenOptions & Required<Omit<ListenOptions, "request" | "failed">>;

/** The options completed with the defaults; throws `BAD_CONFIG` for what cannot work. */
export const settleListenOptions = (options: ListenOptions): ListenSettings => {
  const settings = { ...listenDefaults, heartbeatByProtocol: new Map(), ...options };
  const { heartbeatMs, silenceMs, pingMs, lowWaterBytes, highWaterBytes, stuckBytes } = settings;
  const { maxPayloadBytes, stuckMs, connectionsMax, closeGraceMs } = settings;
  const { headersTimeoutMs, requestTimeoutMs } = settings;
  requirePositive({ heartbeatMs, silenceMs, pingMs, lowWaterBytes, highWaterBytes, stuckBytes });
  requirePositive({ maxPayloadBytes, stuckMs, connectionsMax, closeGraceMs });
  requireWhole({ headersTimeoutMs, requestTimeoutMs });
  requireBelow({ heartbeatMs, silenceMs });
  requireBelow({ lowWaterBytes, highWaterBytes });
  requireBelow({ headersTimeoutMs, requestTimeoutMs });
  if (settings.port !== 0) requireWhole({ port: settings.port }, 65_535);
  return settings;
};

const listenDefaults = {
  heartbeatMs: 15_000,
  silenceMs: 40_000,
  pingMs: 30_000,
  maxPayloadBytes: 16 * 1024 * 1024,
  highWaterBytes: 1024 * 1024,
  lowWaterBytes: 256 * 1024,
  stuckBytes: 8 * 1024 * 1024,
  stuckMs: 30_000,
  connectionsMax: 20_000,
  closeGraceMs: 2000,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
} as const;
