/** A relay: a data directory, the homes of its spaces, links to its peers, and the server in front of them. */
import { heartbeatFrame, SUBPROTOCOL } from "@syncline/gossip";
import { homesOf } from "@syncline/quorum";
import { type LmdbStore, openLmdbStore } from "@syncline/storage/lmdb";
import { type Connection, type ConnectionHandlers } from "@syncline/websocket";
import { type ConnectionRequest, listen, type WebSocketServer } from "@syncline/websocket/server";
import type { Logger } from "pino";
import { createCompactionGate } from "./compaction-gate.ts";
import { type RelayConfig, type RelayOptions, settleConfig } from "./config.ts";
import { type Directory, openDirectory } from "./directory.ts";
import { createDocuments, type Documents } from "./documents.ts";
import { openForwarded } from "./forwarding.ts";
import { answerHttp, type HealthSource } from "./health.ts";
import { createLog } from "./log.ts";
import { acceptNative } from "./native-connection.ts";
import { createPageCache } from "./page-cache.ts";
import { createPeerLinks, type PeerLinks } from "./peer-links.ts";
import type { RelayContext } from "./relay-context.ts";
import { createSpaceHost, type SpaceHost } from "./space-host.ts";
import type { SpacePort } from "./space-port.ts";
import { createStockRooms, type StockRooms } from "./stock/stock-rooms.ts";
import { createValueChains } from "./value-chains.ts";
import { createWaking, type Waking } from "./waking.ts";

/** A relay that accepts connections. */
export interface Relay {
  /** Its address: `ws://HOST:PORT`, with the port that it really has. */
  readonly url: string;
  readonly id: string;
  /** Resolves if the relay had to stop serving: its disk failed, or a machine found itself in a state that must not be. It never resolves otherwise. */
  readonly failed: Promise<Error>;
  /** Accepts no more, tells every client to go elsewhere, lets what is on its way to the disk get there, and gives the directory back. Idempotent. */
  close(): Promise<void>;
}

/** The longest frame: a stock client sends a whole offline document in one. */
const MESSAGE_BYTES_MAX = 16 * 1024 * 1024;
/** Refusals of one connection that the log tells; the others are only counted. */
const REFUSED_LINES_MAX = 10;

/**
 * Starts a relay.
 *
 * @throws SyncError `BAD_CONFIG` for a wrong option, `STORAGE_IN_USE` or `STORAGE_FORMAT` for a directory that it may not have,
 * `PORT_IN_USE` for a taken port. Nothing is left behind then.
 */
export const startRelay = async (options: RelayOptions): Promise<Relay> => {
  const config = settleConfig(options);
  const log = createLog(config.logLevel, config.id);
  const store = await openLmdbStore(config.dataDirectory);
  try {
    const directory = await openDirectory(store, store.isCopy);
    if (directory.renewal === "copy") {
      log.warn(
        { incarnation: directory.incarnation },
        "the data directory is a copy: it has a new incarnation",
      );
    }
    const documents = createDocuments();
    return await serve(config, { directory, store }, documents, log);
  } catch (error) {
    await store.close();
    throw error;
  }
};

/** Everything of a running relay. */
interface Running {
  readonly context: RelayContext;
  readonly host: SpaceHost;
  readonly links: PeerLinks;
  readonly waking: Waking;
  readonly port: SpacePort;
  readonly rooms: StockRooms;
  readonly connections: Set<Connection>;
  refusedCount: number;
  failure: Error | null;
  isDraining: boolean;
  /** While the directory gets a new incarnation. */
  newLife: Promise<void> | null;
  tellFailed(error: Error): void;
}

/** What a relay has on its disk. */
interface Kept {
  readonly directory: Directory;
  readonly store: LmdbStore;
}

const serve = async (
  config: RelayConfig,
  { directory, store }: Kept,
  documents: Documents,
  log: Logger,
): Promise<Relay> => {
  const { failed, running } = assemble(config, directory, documents, log);
  const { host, links, waking, rooms, connections } = running;
  const source: HealthSource = {
    ...running,
    failure: () => running.failure,
    isDraining: () => running.isDraining,
    counters: () => ({
      connectionCount: connections.size,
      refusedCount: running.refusedCount + sum(rooms.rejectedCountByCode.values()),
      ...store.diskUse,
    }),
  };
  const end = async (): Promise<void> => {
    waking.close();
    links.close();
    await directory.drained();
    host.close();
    await documents.close();
  };
  const server: WebSocketServer = await listen({
    host: config.host,
    port: config.port,
    protocols: [SUBPROTOCOL],
    heartbeatByProtocol: new Map([[SUBPROTOCOL, { frame: heartbeatFrame, isMutual: true }]]),
    maxPayloadBytes: MESSAGE_BYTES_MAX,
    accept: (connection, request) => accept(running, connection, request),
    request: (request, response) => answerHttp(source, request, response),
    failed: (error) => log.error({ error: String(error) }, "a connection's handler failed"),
  }).catch(async (error: unknown) => {
    rooms.close();
    await end();
    throw error;
  });
  const close = async (): Promise<void> => {
    running.isDraining = true;
    rooms.close();
    await server.close();
    await end();
    await store.close();
  };
  let closing: Promise<void> | null = null;
  log.info({ port: server.port, incarnation: directory.incarnation }, "the relay is ready");
  const hostName = server.host.includes(":") ? `[${server.host}]` : server.host;
  return {
    url: `ws://${hostName}:${server.port}`,
    id: config.id,
    failed,
    close: () => (closing ??= close()),
  };
};

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((all, one) => all + one, 0);

/** Makes the parts and ties them together. */
const assemble = (
  config: RelayConfig,
  directory: Directory,
  documents: Documents,
  log: Logger,
): { readonly failed: Promise<Error>; readonly running: Running } => {
  const context = contextOf(config, directory, documents, log, async () => {
    await running.newLife;
  });
  const host = createSpaceHost(context, {
    links: () => running.links,
    failed: (error) => fail(running, error),
    rolledBack: (space, home) => {
      log.error({ space, home }, "the data directory is an old copy: it gets a new incarnation");
      beginNewLife(running).catch((error: unknown) => fail(running, asError(error)));
    },
    closedSpace: (writer) => running.links.closeSpace(writer),
  });
  const waking = createWaking(context, {
    host,
    failed: (error) => fail(running, asError(error)),
  });
  const links = createPeerLinks(context, {
    connected: (home, { incarnation }) => {
      host.tellPeer(home, { kind: "connected", home });
      waking.begin(home, incarnation ?? "");
    },
    lost: (home) => {
      waking.end(home);
      host.tellPeer(home, { kind: "unreachable", home });
    },
    received: (home, space, message) => {
      const isServed = running.failure === null && running.newLife === null;
      const isHome = context.homesOf(space).includes(config.id);
      if (isServed && isHome) host.receivedFromPeer(home, space, message);
    },
    congested: (home) => host.tellPeer(home, { kind: "congested", peer: home }),
    drained: (home) => host.tellPeer(home, { kind: "drained", peer: home }),
  });
  const port = portOf(context, host);
  let tellFailed: (error: Error) => void = () => {};
  const failed = new Promise<Error>((resolve) => {
    tellFailed = resolve;
  });
  const running: Running = {
    context,
    host,
    links,
    waking,
    port,
    rooms: createStockRooms({
      port,
      documents,
      now: context.now,
      mayRest: config.urlByPeer.size === 0,
      log,
    }),
    connections: new Set(),
    refusedCount: 0,
    failure: null,
    isDraining: false,
    newLife: null,
    tellFailed,
  };
  return { failed, running };
};

const asError = (error: unknown): Error =>
  error instanceof Error ? error : new Error(String(error));

const contextOf = (
  config: RelayConfig,
  directory: Directory,
  documents: Documents,
  log: Logger,
  ready: () => Promise<void>,
): RelayContext => {
  const relays = [config.id, ...config.urlByPeer.keys()];
  const { homeCount, writeQuorum, readQuorum } = config.quorums;
  const ring = (space: string): readonly string[] => homesOf(space, relays, homeCount);
  const now = (): number => performance.now();
  return {
    config,
    directory,
    documents,
    chains: createValueChains(),
    pages: createPageCache(now),
    compactions: createCompactionGate(),
    log,
    ready,
    now,
    homesOf: ring,
    homeConfigOf: (space) => ({
      home: config.id,
      incarnation: directory.incarnation,
      others: ring(space).filter((home) => home !== config.id),
      writeQuorum,
      readQuorum,
    }),
  };
};

const portOf = (context: RelayContext, host: SpaceHost): SpacePort => ({
  open: (space, handlers) => {
    const { id, urlByPeer } = context.config;
    const homes = context.homesOf(space);
    if (homes.includes(id)) return host.attach(space, handlers);
    const urls = homes.flatMap((home) => urlByPeer.get(home) ?? []);
    return openForwarded(context, space, urls, handlers);
  },
});

/** Fail-stop: whatever is in memory may run ahead of a disk of which nobody knows what it holds. Nothing leaves any more. */
const fail = (running: Running, error: Error): void => {
  if (running.failure !== null || running.isDraining) return;
  running.failure = error;
  const facts = { error: error.message, cause: String(error.cause ?? "") };
  running.context.log.fatal(facts, "the relay stops serving");
  running.host.close();
  running.waking.close();
  for (const connection of running.connections) connection.close(1011, "the relay failed");
  running.links.close();
  running.tellFailed(error);
};

/** All homes stop, so that nothing more is admitted under the old name; everybody comes back to homes of the new one. */
const beginNewLife = (running: Running): Promise<void> => {
  const { context, host, links, connections } = running;
  const begin = async (): Promise<void> => {
    const reason = "the relay begins a new incarnation";
    host.stop();
    await context.directory.drained();
    await context.directory.renew();
    running.newLife = null;
    for (const connection of connections) connection.close(1012, reason);
    for (const home of context.config.urlByPeer.keys()) links.reset(home, reason);
  };
  // Not before `newLife` stands: a space that is opened while the others stop must wait for it.
  running.newLife ??= Promise.resolve().then(begin);
  return running.newLife;
};

const accept = (
  running: Running,
  connection: Connection,
  { protocol, url, address }: ConnectionRequest,
): ConnectionHandlers => {
  const { context, port, links, host, rooms, connections } = running;
  if (running.failure !== null || running.isDraining || running.newLife !== null) {
    connection.close(1012, "the relay is not serving now");
    return { frame: () => {}, closed: () => {} };
  }
  connections.add(connection);
  let refusedCount = 0;
  const refused = (reason: string): void => {
    running.refusedCount += 1;
    refusedCount += 1;
    // A frame can hold a million batches that are refused one by one, and a line of the log stops everything until it is written.
    if (refusedCount > REFUSED_LINES_MAX) return;
    context.log.warn({ address, reason }, "a client was refused");
  };
  const handlers =
    protocol === SUBPROTOCOL
      ? acceptNative(context, connection, { port, links, writerOf: host.writerOf, refused })
      : rooms.accept(connection, url);
  return {
    ...handlers,
    closed: (code, reason) => {
      connections.delete(connection);
      handlers.closed(code, reason);
    },
  };
};
