/** Keeping a connection: one node dials another, again and again, with growing pauses, for as long as it is told to. */
import type { PeerId } from "@syncline/machine";
import { type Connection, openConnection } from "./connections.ts";
import type { Network } from "./network.ts";
import type { AnyNode } from "./node-setup.ts";

/** A node's wish to be connected. */
export interface Dialler<Message> {
  readonly from: AnyNode<Message>;
  /** Whom it dials, or null while it stays offline. */
  readonly to: AnyNode<Message> | null;
  /** The newest connection, or null if there was none. */
  readonly connection: Connection<Message> | null;
  /** Dials somebody else from now on, or nobody; a connection to anybody else ends. */
  point(to: AnyNode<Message> | null): void;
}

/** How the two machines know each other. */
export interface DialNames {
  /** The name of the dialled at the dialler: its own by default. */
  readonly atDialler?: (to: string) => PeerId;
  /** The name of the dialler at the dialled: its own by default. `attempt` counts this dialler's connections, where each needs a name of its own. */
  readonly atDialled?: (from: string, attempt: number) => PeerId;
}

/** Pauses between attempts: the first, and the longest. */
const PAUSE_MS = [100, 2000] as const;
/** How often one who is connected looks whether it still is. */
const CONNECTED_PAUSE_MS = 500;
/** How long an attempt over a line that is cut takes to fail. */
const ATTEMPT_MS = 1000;

interface Dialling<Message> {
  readonly network: Network;
  readonly from: AnyNode<Message>;
  readonly names: DialNames;
  readonly nextNumber: () => number;
  to: AnyNode<Message> | null;
  connection: Connection<Message> | null;
  process: number;
  attemptCount: number;
  failureCount: number;
  connectionCount: number;
}

/** Begins to dial as soon as it is pointed at somebody. */
export const createDialler = <Message>(
  network: Network,
  from: AnyNode<Message>,
  nextNumber: () => number,
  names: DialNames = {},
): Dialler<Message> => {
  const state: Dialling<Message> = {
    network,
    from,
    names,
    nextNumber,
    to: null,
    connection: null,
    process: 0,
    attemptCount: 0,
    failureCount: 0,
    connectionCount: 0,
  };
  return {
    from,
    get to() {
      return state.to;
    },
    get connection() {
      return state.connection;
    },
    point: (to) => {
      if (to === state.to) return;
      state.connection?.cut(null);
      state.to = to;
      state.failureCount = 0;
      look(state);
    },
  };
};

/** Looks now and then: one timer for each dialler, however often it is pointed elsewhere. */
const look = <Message>(state: Dialling<Message>): void => {
  state.attemptCount += 1;
  const attempt = state.attemptCount;
  const { schedule } = state.network;
  const [firstMs, longestMs] = PAUSE_MS;
  const isConnected = state.connection?.isAlive === true;
  const pauseMs = isConnected
    ? CONNECTED_PAUSE_MS
    : Math.min(longestMs, firstMs * 2 ** Math.min(state.failureCount, 8));
  const share = state.network.draw("connection", state.from.index, -1, attempt);
  schedule.at(schedule.nowMs + Math.floor(pauseMs * (0.5 + share / 2)), () => {
    if (attempt !== state.attemptCount || state.to === null) return;
    dial(state, state.to);
    look(state);
  });
};

const dial = <Message>(state: Dialling<Message>, to: AnyNode<Message>): void => {
  const { from, network, names } = state;
  if (from.phase !== "running") return;
  if (from.life.process !== state.process) {
    state.process = from.life.process;
    state.failureCount = 0;
  }
  const peer = names.atDialler?.(to.name) ?? to.name;
  if (from.connections.has(peer)) return;
  const { schedule } = network;
  const isCut = network.isCut(from.index, to.index) || network.isCut(to.index, from.index);
  if (isCut || to.phase === "down") {
    state.failureCount += 1;
    const tell = (): void => {
      if (!from.connections.has(peer)) from.tellUnreachable(peer);
    };
    if (isCut) schedule.at(schedule.nowMs + ATTEMPT_MS, tell);
    else tell();
    return;
  }
  state.failureCount = 0;
  connect(state, to, peer);
};

const connect = <Message>(state: Dialling<Message>, to: AnyNode<Message>, peer: PeerId): void => {
  const { from, network, names, nextNumber } = state;
  state.connectionCount += 1;
  const atDialled = names.atDialled?.(from.name, state.connectionCount) ?? from.name;
  // The other end may not know yet that the connection before is gone; the new one takes its place.
  const old = to.connections.get(atDialled);
  if (old !== undefined) {
    old.connection.cut(null);
    return;
  }
  const connection: Connection<Message> = openConnection(
    network,
    nextNumber(),
    [from.index, to.index],
    [from.endFor(peer, () => connection), to.endFor(atDialled, () => connection)],
  );
  state.connection = connection;
  from.attach(peer, connection, 0);
  to.attach(atDialled, connection, 1);
};
