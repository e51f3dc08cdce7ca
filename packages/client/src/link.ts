/** The one connection of a client: frames in and out, for all of its spaces. */
import {
  createLinkReader,
  createLinkWriter,
  greetFrame,
  heartbeatFrame,
  type LinkItem,
  type LinkReader,
  type LinkWriter,
  type SpaceMessage,
  type SpaceWriter,
  SUBPROTOCOL,
  WIRE_VERSION,
} from "@syncline/gossip";
import { errorCodes, SyncError } from "@syncline/machine";
import {
  closeCode,
  type Connection,
  openSocket,
  type ReconnectingSocket,
  type SocketLoss,
} from "@syncline/websocket";
import type { Settings } from "./options.ts";

/** Spaces that a relay may have open on one connection; beyond it the frame is malformed. */
const channelsMax = 65_536;

/** A space, as the connection sees it. */
export interface LinkedSpace {
  readonly writer: SpaceWriter;
  /** Messages can be sent from now on. */
  connected(): void;
  /** They cannot any more. */
  disconnected(): void;
  received(message: SpaceMessage): void;
  /** The relay does not serve the space any more, or not yet: with an error if it said why. */
  turnedAway(error: SyncError | null): void;
}

/** What the client is told of its connection. */
export interface LinkHandlers {
  opened(url: string): void;
  /** An attempt failed or a connection was lost. */
  lost(loss: SocketLoss): void;
  /** The relay will not have this client: nothing more is tried by itself. */
  refused(error: SyncError): void;
  /** Something is wrong that the next connection may not have. */
  failed(error: SyncError): void;
}

/** The connection of a client, whatever socket it stands on at the moment. */
export interface Link {
  /** Connects, and stays connected as well as it can. Nothing if it does so already. */
  open(): void;
  /** Ends the connection; `open` begins a new one. */
  shut(): void;
  /** Lets a space take part; it is told at once if the connection stands. */
  attach(space: LinkedSpace): void;
  /** Ends that, and tells the relay. */
  detach(space: LinkedSpace): void;
  /** Sends a message of a space, or drops it if there is no connection. */
  send(space: LinkedSpace, message: SpaceMessage): void;
  /** The relay broke the protocol: begins a new connection, at the next address. */
  restart(reason: string): void;
  /** Whether messages can be sent. */
  readonly isReady: boolean;
  /** The address in use, or to be tried next. */
  readonly url: string;
}

interface Session {
  readonly connection: Connection;
  readonly reader: LinkReader;
  readonly writer: LinkWriter;
  /** The relay has greeted. */
  isGreeted: boolean;
  /** This side has. */
  isReady: boolean;
  /** The spaces that the relay has a session for, as far as this side knows. */
  readonly joined: Set<string>;
  /** The spaces that the relay was told of that they are closed, and has not answered. */
  readonly closing: Set<string>;
}

interface State {
  readonly settings: Settings;
  readonly handlers: LinkHandlers;
  readonly spaces: Map<string, LinkedSpace>;
  socket: ReconnectingSocket | null;
  session: Session | null;
  /** What the relay said of the connection before it closed it. */
  lastError: SyncError | null;
}

/** A link that is not open yet. */
export const createLink = (settings: Settings, handlers: LinkHandlers): Link => {
  const state: State = {
    settings,
    handlers,
    spaces: new Map(),
    socket: null,
    session: null,
    lastError: null,
  };
  return {
    open: () => {
      open(state);
    },
    shut: () => {
      const { socket } = state;
      state.socket = null;
      socket?.close();
    },
    attach: (space) => {
      const name = space.writer.space;
      state.spaces.set(name, space);
      if (state.session?.isReady === true && !state.session.closing.has(name)) space.connected();
    },
    detach: (space) => {
      detach(state, space);
    },
    send: ({ writer }, message) => {
      const { session } = state;
      if (session?.isReady !== true) return;
      if (message.kind === "join") session.joined.add(writer.space);
      session.connection.send(session.writer.message(writer, message));
    },
    restart: (reason) => {
      restart(state, new SyncError("BAD_FRAME", reason));
    },
    get isReady() {
      return state.session?.isReady === true;
    },
    get url() {
      return state.socket?.url ?? settings.urls[0] ?? "";
    },
  };
};

const open = (state: State): void => {
  if (state.socket !== null && state.socket.state !== "closed") return;
  state.lastError = null;
  state.socket = openSocket({
    ...state.settings.socket,
    urls: state.settings.urls,
    protocol: SUBPROTOCOL,
    heartbeat: heartbeatFrame,
    opened: (connection, url) => {
      begin(state, connection, url);
    },
    frame: (bytes) => {
      whenFrame(state, bytes);
    },
    closed: (loss) => {
      end(state, loss);
    },
    refused: (code, reason) => {
      state.handlers.refused(state.lastError ?? refusalOf(code, reason));
    },
  });
};

/** Relays begin the reason of a close with one of the codes. */
const refusalOf = (code: number, reason: string): SyncError => {
  const known = errorCodes.find((one) => reason.startsWith(one));
  const text = `the relay refused this client: ${reason === "" ? code : reason}`;
  return new SyncError(known ?? "FORBIDDEN", text);
};

const begin = (state: State, connection: Connection, url: string): void => {
  const session: Session = {
    connection,
    reader: createLinkReader(channelsMax),
    writer: createLinkWriter(),
    isGreeted: false,
    isReady: false,
    joined: new Set(),
    closing: new Set(),
  };
  state.session = session;
  state.handlers.opened(url);
  const { token } = state.settings;
  if (typeof token === "string") return greet(state, session, token);
  void askForToken(state, session, token);
};

const askForToken = async (
  state: State,
  session: Session,
  token: () => string | Promise<string>,
): Promise<void> => {
  try {
    const text = await token();
    if (state.session === session) greet(state, session, text);
  } catch (cause) {
    if (state.session !== session) return;
    restart(state, new SyncError("FORBIDDEN", "there is no token to show", { cause }));
  }
};

const greet = (state: State, session: Session, token: string): void => {
  session.connection.send(
    greetFrame({ version: WIRE_VERSION, role: "edge", home: "", incarnation: null, token }),
  );
  session.isReady = true;
  for (const space of Array.from(state.spaces.values())) {
    if (state.session === session) space.connected();
  }
};

const end = (state: State, loss: SocketLoss): void => {
  const wasReady = state.session?.isReady === true;
  state.session = null;
  if (wasReady) for (const space of Array.from(state.spaces.values())) space.disconnected();
  state.handlers.lost(loss);
};

/**
 * Ends a space's session. Until the relay has answered, what comes for a space of this name is not for the next one:
 *   1. a space joins, is closed before it is welcomed, and is opened again as another edge;
 *   2. the welcome of the first comes, and says that the home has batches 1 to 5 of that edge;
 *   3. were the second to take it, it would never send its own batches 1 to 5.
 */
const detach = (state: State, space: LinkedSpace): void => {
  const { writer } = space;
  const { session } = state;
  if (state.spaces.get(writer.space) !== space) return;
  state.spaces.delete(writer.space);
  if (session === null || !session.joined.delete(writer.space)) return;
  session.closing.add(writer.space);
  session.connection.send(session.writer.close(writer));
};

const restart = (state: State, error: SyncError): void => {
  const { session } = state;
  state.handlers.failed(error);
  session?.connection.close(closeCode.protocolError, error.message);
};

const whenFrame = (state: State, bytes: Uint8Array): void => {
  const { session } = state;
  const items = session?.reader.read(bytes) ?? null;
  if (items === null) {
    restart(state, new SyncError("BAD_FRAME", "the relay sent a frame that cannot be read"));
    return;
  }
  for (const item of items) {
    // What one item causes may end the connection, and what stands behind it in the frame with it.
    if (session === null || state.session !== session) return;
    whenItem(state, session, item);
  }
};

const whenItem = (state: State, session: Session, item: LinkItem): void => {
  if (item.kind === "heartbeat") return;
  if (item.kind === "greet") return whenGreeted(state, session, item.greeting.version);
  if (item.kind === "error") return whenError(state, session, item);
  if (!session.isGreeted) {
    restart(state, new SyncError("BAD_FRAME", "the relay speaks before it has greeted"));
    return;
  }
  if (item.kind === "close") return whenSessionEnded(state, session, item.space, null);
  if (!session.closing.has(item.space)) state.spaces.get(item.space)?.received(item.message);
};

/** The relay has no session for the space any more. */
const whenSessionEnded = (
  state: State,
  session: Session,
  name: string,
  error: SyncError | null,
): void => {
  session.joined.delete(name);
  const space = state.spaces.get(name);
  if (session.closing.delete(name)) space?.connected();
  else space?.turnedAway(error);
};

const whenGreeted = (state: State, session: Session, version: number): void => {
  session.isGreeted = true;
  if (version === WIRE_VERSION) return;
  const text = `the relay speaks version ${version} of the protocol, this client ${WIRE_VERSION}`;
  restart(state, new SyncError("UNSUPPORTED_VERSION", text));
};

const whenError = (
  state: State,
  session: Session,
  item: Extract<LinkItem, { kind: "error" }>,
): void => {
  const error = new SyncError(item.code, item.reason);
  if (item.space !== "") return whenSessionEnded(state, session, item.space, error);
  state.lastError = error;
  state.handlers.failed(error);
};
