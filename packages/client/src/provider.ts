/** A provider with the members of y-websocket's, for applications and editor bindings that were written for that one. */
import type { SyncError } from "@syncline/machine";
import type { Level } from "@syncline/quorum";
import type { SocketLoss } from "@syncline/websocket";
import { ObservableV2 } from "lib0/observable";
import { Awareness } from "y-protocols/awareness";
import type * as Y from "yjs";
import { type Client, connect } from "./client.ts";
import {
  type ConnectionLoss,
  connectOptionsOf,
  type ProviderOptions,
  withParams,
} from "./provider-options.ts";
import { spaceOfRoom } from "./room.ts";
import type { Space } from "./space.ts";
import type { WaitOptions } from "./waiting.ts";

/** What a provider tells: y-websocket's events, and `error`. */
export type ProviderEvents = {
  /** Everything that the home had when the connection began is in the Y.Doc, or the connection was lost. */
  sync: (isSynced: boolean) => void;
  /** The same as `sync`. */
  synced: (isSynced: boolean) => void;
  status: (event: { readonly status: "connecting" | "connected" | "disconnected" }) => void;
  /** An attempt to connect failed. */
  "connection-error": (loss: ConnectionLoss, provider: Provider) => void;
  /** A connection was lost, or an attempt failed; null after `disconnect`. */
  "connection-close": (loss: ConnectionLoss | null, provider: Provider) => void;
  /** The relay will not have this client. */
  closed: (loss: { readonly code: string; readonly reason: string }, provider: Provider) => void;
  /** Something went wrong that y-websocket has no event for: an edit that is too large, a relay that refuses. */
  error: (error: SyncError, provider: Provider) => void;
};

/** The use of a space by providers. */
interface Usage {
  readonly providers: Set<Provider>;
  /** Whether the space was opened for a provider, and ends with the last. */
  readonly isTheirs: boolean;
}

const usageBySpace = new WeakMap<Space, Usage>();

/** Binds a Y.Doc to a room: the one document `default` of a space. */
export class Provider extends ObservableV2<ProviderEvents> {
  /** The Y.Doc as it was given. */
  readonly doc: Y.Doc;
  /** The room as it was given. */
  readonly roomname: string;
  /** Who is here; `awareness.doc` is `doc` unless another was given. */
  readonly awareness: Awareness;
  /** The space of the room; its status says how safe the edits are. */
  readonly space: Space;
  /** The client whose connection is used. */
  readonly client: Client;
  /** Whether a connection is wanted. */
  shouldConnect: boolean;

  readonly #ownsClient: boolean;
  readonly #ownsAwareness: boolean;
  readonly #usage: Usage;
  readonly #stops: (() => void)[] = [];
  #isSynced = false;
  #isDestroyed = false;

  /**
   * Connects to the first relay that can be reached, or shares the connection of a client.
   * @throws SyncError `BAD_NAME` for a room that no space can have, `BAD_CONFIG` for addresses or options that cannot work.
   */
  constructor(
    server: string | readonly string[] | Client,
    room: string,
    doc: Y.Doc,
    options: ProviderOptions = {},
  ) {
    super();
    const isShared = typeof server === "object" && "space" in server;
    this.doc = doc;
    this.roomname = room;
    this.shouldConnect = options.connect ?? true;
    this.client = isShared ? server : ownClient(server, options);
    this.#ownsClient = !isShared;
    const name = spaceOfRoom(this.client.urls[0] ?? "", room);
    const isTheirs = !this.client.spaces.has(name);
    this.space = openOrClose(this.client, name, this.#ownsClient);
    this.#usage = usageBySpace.get(this.space) ?? { providers: new Set(), isTheirs };
    usageBySpace.set(this.space, this.#usage);
    this.awareness = options.awareness ?? new Awareness(doc);
    this.#ownsAwareness = options.awareness === undefined;
    this.#begin();
  }

  /** The address of the room at the relay in use, as y-websocket would have it. */
  get url(): string {
    const [base = "", query] = this.client.url.split("?");
    const room = `${base.replace(/\/+$/u, "")}/${this.roomname}`;
    return query === undefined ? room : `${room}?${query}`;
  }

  /** Whether everything that the home had when the connection began is in the Y.Doc. */
  get synced(): boolean {
    return this.#isSynced;
  }

  /** Whether there is a connection. */
  get wsconnected(): boolean {
    return this.shouldConnect && this.client.status === "connected";
  }

  /** Whether one is being made, or will be tried again. */
  get wsconnecting(): boolean {
    const isGivenUp = this.client.error !== null;
    return this.shouldConnect && !isGivenUp && this.client.status !== "connected";
  }

  /** See `Space.settled`. */
  settled(level?: Level, options?: WaitOptions): Promise<void> {
    return this.space.settled(level, options);
  }

  /** Ends `disconnect`; connects again after having been refused. */
  connect(): void {
    if (this.#isDestroyed) return;
    this.shouldConnect = true;
    this.space.connect();
    if (this.#ownsClient || this.client.error !== null) this.client.connect();
    if (!this.wsconnected) this.emit("status", [{ status: "connecting" }]);
  }

  /** Lets go of the relay: of the connection if it is the provider's own, else of the space, once no other provider uses it. */
  disconnect(): void {
    const wasConnected = this.wsconnected;
    this.shouldConnect = false;
    if (this.#isAlone()) this.space.disconnect();
    if (this.#ownsClient) this.client.disconnect();
    this.#setSynced(false);
    if (!wasConnected) return;
    this.emit("connection-close", [null, this]);
    this.emit("status", [{ status: "disconnected" }]);
  }

  /** Ends it. The Y.Doc stays as it is; an Awareness that was given too. */
  override destroy(): void {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    for (const stop of this.#stops) stop();
    const { providers, isTheirs } = this.#usage;
    providers.delete(this);
    if (isTheirs && providers.size === 0) this.space.close();
    if (this.#ownsClient) this.client.close();
    if (this.#ownsAwareness) this.awareness.destroy();
    this.shouldConnect = false;
    this.#setSynced(false);
    super.destroy();
  }

  #begin(): void {
    const { client, space } = this;
    this.#usage.providers.add(this);
    this.#stops.push(
      client.on("status", (status) => {
        if (status === "connected") this.emit("status", [{ status: "connected" }]);
      }),
      client.on("lost", (loss) => {
        this.#whenLost(loss);
      }),
      client.on("error", (error) => {
        this.#whenClientFailed(error);
      }),
      space.on("status", (status) => {
        this.#setSynced(status.synced);
      }),
      space.on("error", (error) => {
        this.emit("error", [error, this]);
      }),
      space.bind(this.doc, { origin: this }),
      space.share(this.awareness),
    );
    this.#isSynced = space.status.synced;
    if (!this.shouldConnect && this.#isAlone()) space.disconnect();
  }

  /** Whether no other provider wants the space's connection. */
  #isAlone(): boolean {
    const others = [...this.#usage.providers].filter((other) => other !== this);
    return others.every((other) => !other.shouldConnect);
  }

  #setSynced(isSynced: boolean): void {
    const isNews = this.#isSynced !== (isSynced && this.shouldConnect);
    if (!isNews) return;
    this.#isSynced = isSynced && this.shouldConnect;
    this.emit("synced", [this.#isSynced]);
    this.emit("sync", [this.#isSynced]);
  }

  #whenLost(loss: SocketLoss): void {
    if (!this.shouldConnect) return;
    if (!loss.wasOpen) this.emit("connection-error", [loss, this]);
    this.emit("connection-close", [loss, this]);
    this.#setSynced(false);
    if (loss.wasOpen) this.emit("status", [{ status: "disconnected" }]);
    if (loss.retryDelayMs !== null) this.emit("status", [{ status: "connecting" }]);
  }

  #whenClientFailed(error: SyncError): void {
    this.emit("error", [error, this]);
    if (this.client.error !== error) return;
    this.shouldConnect = false;
    this.emit("closed", [{ code: error.code, reason: error.message }, this]);
  }
}

const ownClient = (server: string | readonly string[], options: ProviderOptions): Client => {
  const urls = typeof server === "string" ? [server] : server;
  const params = options.params ?? {};
  const client = connect(
    urls.map((url) => withParams(url, params)),
    connectOptionsOf(options),
  );
  if (options.connect === false) client.disconnect();
  return client;
};

/** The space; if its name is bad, a connection that was made for it is closed. */
const openOrClose = (client: Client, name: string, isOwn: boolean): Space => {
  try {
    return client.space(name);
  } catch (error) {
    if (isOwn) client.close();
    throw error;
  }
};
