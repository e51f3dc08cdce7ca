/** What a provider may be told: the options of y-websocket's, and those of `connect`. */
import type { SocketLoss, WebSocketConstructor } from "@syncline/websocket";
import type { Awareness } from "y-protocols/awareness";
import type { ConnectOptions } from "./options.ts";

/** Options of a provider. Those of the connection count only if the provider makes its own client. */
export interface ProviderOptions extends ConnectOptions {
  /** Connect at once. Default: true. */
  readonly connect?: boolean;
  /** Who is here. Default: a new one on the Y.Doc, which the provider destroys with itself. */
  readonly awareness?: Awareness;
  /** Added to the addresses as their query. Read once. */
  readonly params?: Readonly<Record<string, string>>;
  /** y-websocket's name for `WebSocket`. */
  readonly WebSocketPolyfill?: WebSocketConstructor;
  /** y-websocket's name for `capMs`. */
  readonly maxBackoffTime?: number;
  /** Taken and not used: the subprotocol is Syncline's. */
  readonly protocols?: readonly string[];
  /** Taken and not used: what was missed is found by version vectors at each connection. */
  readonly resyncInterval?: number;
  /** Taken and not used: tabs meet at the relay. */
  readonly disableBc?: boolean;
}

/** How a connection ended: what y-websocket passes on of a `CloseEvent`. */
export type ConnectionLoss = Pick<SocketLoss, "code" | "reason" | "wasOpen">;

/** The options of the client that the provider makes. */
export const connectOptionsOf = (options: ProviderOptions): ConnectOptions => {
  const {
    connect: _connect,
    awareness: _awareness,
    params: _params,
    WebSocketPolyfill,
    maxBackoffTime,
    protocols: _protocols,
    resyncInterval: _resyncInterval,
    disableBc: _disableBc,
    ...rest
  } = options;
  return {
    ...(WebSocketPolyfill === undefined ? {} : { WebSocket: WebSocketPolyfill }),
    ...(maxBackoffTime === undefined ? {} : { capMs: maxBackoffTime }),
    ...rest,
  };
};

/** The address with the parameters in its query. */
export const withParams = (url: string, params: Readonly<Record<string, string>>): string => {
  const query = Object.entries(params)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join("&");
  if (query === "") return url;
  return `${url}${url.includes("?") ? "&" : "?"}${query}`;
};
