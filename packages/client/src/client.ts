/** A client: one connection, any number of spaces. */
import { SyncError } from "@syncline/machine";
import type { SocketLoss } from "@syncline/websocket";
import { createEmitter, type Emitter, type Listening } from "./events.ts";
import { createLink, type Link } from "./link.ts";
import { openSpace, type OpenSpace } from "./open-space.ts";
import { type ConnectOptions, type Settings, settleOptions } from "./options.ts";
import { onPageEnd } from "./page-end.ts";
import { createReplicaIds, type ReplicaIds } from "./replica-ids.ts";
import type { Space } from "./space.ts";

/**
 * Where a client is: `connected` to a relay; `connecting`, before every address was tried; or `offline`, when none could be reached since
 * (it goes on trying), when it was refused for good, and after `disconnect` and `close`.
 */
export type ClientStatus = "connecting" | "connected" | "offline";

/** What a client tells, by name. */
export type ClientEvents = {
  readonly status: readonly [status: ClientStatus];
  /** Something went wrong with the connection. What concerns one space is told there. */
  readonly error: readonly [error: SyncError];
  /** A connection was lost, or an attempt to connect failed (`wasOpen` false). */
  readonly lost: readonly [loss: SocketLoss];
};

/** One connection to whichever of the relays can be reached, for any number of spaces. */
export interface Client extends Listening<ClientEvents> {
  /** The addresses that it was given. */
  readonly urls: readonly string[];
  /** The address of the relay in use, or of the one that is tried next. */
  readonly url: string;
  readonly status: ClientStatus;
  /** Why the relay will not have this client; null if none has said so since the last `connect`. */
  readonly error: SyncError | null;
  /** The open spaces, by name. */
  readonly spaces: ReadonlyMap<string, Space>;
  /** The space of this name, the same object until it is closed. Throws `BAD_NAME`, `BUSY` beyond 1,000 open spaces, `CLOSED` after `close`. */
  space(name: string): Space;
  /** Ends the connection, for now: spaces go on as when no relay can be reached. */
  disconnect(): void;
  /** Connects again, after `disconnect` or after having been refused. */
  connect(): void;
  /** Closes all spaces and the connection. */
  close(): void;
}

/** Spaces that a client may have open; a relay takes no more of them on one connection. */
const spacesMax = 1000;

interface State {
  readonly settings: Settings;
  readonly replicas: ReplicaIds;
  readonly emitter: Emitter<ClientEvents>;
  readonly openSpaces: Map<string, OpenSpace>;
  readonly spaces: Map<string, Space>;
  status: ClientStatus;
  error: SyncError | null;
  /** Attempts that failed since the last one that did not. */
  failureCount: number;
  lastChannel: number;
  isClosed: boolean;
}

/**
 * Connects to the first of the relays that can be reached, and when it is lost to the next.
 *
 * Returns at once; spaces can be opened and edited before there is a connection, and without one.
 * @throws SyncError `BAD_CONFIG` for addresses or options that cannot work.
 */
export const connect = (urls: string | readonly string[], options: ConnectOptions = {}): Client => {
  const settings = settleOptions(urls, options);
  const state: State = {
    settings,
    replicas: createReplicaIds(settings.replicas, settings.randomBytes),
    emitter: createEmitter(),
    openSpaces: new Map(),
    spaces: new Map(),
    status: "connecting",
    error: null,
    failureCount: 0,
    lastChannel: 0,
    isClosed: false,
  };
  const link = createLink(settings, {
    opened: () => {
      state.failureCount = 0;
      setStatus(state, "connected");
    },
    lost: (loss) => {
      whenLost(state, loss);
    },
    refused: (error) => {
      whenRefused(state, error);
    },
    failed: (error) => {
      state.emitter.emit("error", error);
    },
  });
  const stopWatching = onPageEnd(
    () => {
      for (const open of state.openSpaces.values()) open.left();
    },
    () => {
      for (const open of state.openSpaces.values()) open.returned();
    },
  );
  link.open();
  return faceOf(state, link, stopWatching);
};

const faceOf = (state: State, link: Link, stopWatching: () => void): Client => ({
  on: (name, listener) => state.emitter.on(name, listener),
  once: (name, listener) => state.emitter.once(name, listener),
  off: (name, listener) => {
    state.emitter.off(name, listener);
  },
  urls: state.settings.urls,
  get url() {
    return link.url;
  },
  get status() {
    return state.status;
  },
  get error() {
    return state.error;
  },
  get spaces() {
    return state.spaces;
  },
  space: (name) => state.spaces.get(name) ?? addSpace(state, link, name),
  disconnect: () => {
    link.shut();
    setStatus(state, "offline");
  },
  connect: () => {
    if (state.isClosed || state.status === "connected") return;
    setRefusal(state, null);
    state.failureCount = 0;
    setStatus(state, "connecting");
    link.open();
  },
  close: () => {
    if (state.isClosed) return;
    for (const space of Array.from(state.spaces.values())) space.close();
    state.isClosed = true;
    stopWatching();
    state.replicas.close();
    link.shut();
    setStatus(state, "offline");
    state.emitter.clear();
  },
});

const addSpace = (state: State, link: Link, name: string): Space => {
  if (state.isClosed) throw new SyncError("CLOSED", "the client is closed");
  if (state.spaces.size >= spacesMax) {
    throw new SyncError("BUSY", `a client has at most ${spacesMax} spaces open`);
  }
  state.lastChannel += 1;
  const open = openSpace(name, {
    settings: state.settings,
    link,
    replicas: state.replicas,
    channel: state.lastChannel,
    clientError: () => state.error,
    closed: () => {
      state.spaces.delete(name);
      state.openSpaces.delete(name);
    },
  });
  state.spaces.set(name, open.space);
  state.openSpaces.set(name, open);
  return open.space;
};

const setStatus = (state: State, status: ClientStatus): void => {
  if (state.status === status) return;
  state.status = status;
  state.emitter.emit("status", status);
};

const whenLost = (state: State, loss: SocketLoss): void => {
  state.failureCount += loss.wasOpen ? 0 : 1;
  const isGivenUp = loss.retryDelayMs === null;
  const isAllTried = state.failureCount >= state.settings.urls.length;
  setStatus(state, isGivenUp || isAllTried ? "offline" : "connecting");
  state.emitter.emit("lost", loss);
};

const whenRefused = (state: State, error: SyncError): void => {
  setRefusal(state, error);
  state.emitter.emit("error", error);
};

const setRefusal = (state: State, error: SyncError | null): void => {
  if (state.error === error) return;
  state.error = error;
  for (const open of state.openSpaces.values()) open.refused(error);
};
