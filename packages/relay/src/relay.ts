/** A relay: a data directory, the homes of its spaces, links to its peers, and the server in front of them. */
import { heartbeatFrame, SUBPROTOCOL } from "@syncline/gossip";
import { homesOf } from "@syncline/quorum";
import { openLmdbStore } from "@syncline/storage/lmdb";
import { type Connection, type ConnectionHandlers } from "@syncline/websocket";
import { type ConnectionRequest, listen, type WebSocketServer } from "@syncline/websocket/server";
import type { Logger } from "pino";
import { type RelayConfig, type RelayOptions, settleConfig } from "./config.ts";
import { type Directory, openDirectory } from "./directory.ts";
import { createDocuments, type Documents } from "./documents.ts";
import { openForwarded } from "./forwarding.ts";
import { answerHttp, type HealthSource } from "./health.ts";
import { createLog } from "./log.ts";
import { acceptNative } from "./native-connection.ts";
import { createPeerLinks, type PeerLinks } from "./peer-links.ts";
import type { RelayContext } from "./relay-context.ts";
import { createSpaceHost, type SpaceHost } from "./space-host.ts";
import type { SpacePort } from "./space-port.ts";
import { createStockRooms } from "./stock/stock-rooms.ts";

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

/** Spaces that are opened at once when a link comes up; the next ones follow as these are through. */
const WAKING_MAX = 64;

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
      log.warn({ incarnation: directory.incarnation }, "the data directory is a copy: it has a new incarnation");
    }
    const documents = createDocuments();
    return await serve(config, directory, documents, log);
  } catch (error) {
    await store.close();
    throw error;
  }
};

const serve = async (
  config: RelayConfig,
  directory: Directory,
  documents: Documents,
  log: Logger,
): Promise<Relay> => {
  const relays = [config.id, ...config.urlByPeer.keys()];
  const { homeCount, writeQuorum, readQuorum } = config.quorums;
  const ring = (space: string): readonly string[] => homesOf(space, relays, homeCount);
  const context: RelayContext = {
    config,
    directory,
    documents,
    log,
    ready: async () => {
      await newLife;
    },
    now: () => performance.now(),
    homesOf: ring,
    homeConfigOf: (space) => ({
      home: config.id,
      incarnation: directory.incarnation,
      others: ring(space).filter((home) => home !== config.id),
      writeQuorum,
      readQuorum,
    }),
  };

  let failure: Error | null = null;
  let isDraining = false;
  let refusedCount = 0;
  const connections = new Set<Connection>();
  let tellFailed: (error: Error) => void = () => {};
  const failed = new Promise<Error>((resolve) => {
    tellFailed = resolve;
  });

  // Fail-stop: whatever is in memory may run ahead of a disk of which nobody knows what it holds. Nothing leaves any more.
  const fail = (error: Error): void => {
    if (failure !== null || isDraining) return;
    failure = error;
    log.fatal({ error: error.message, cause: String(error.cause ?? "") }, "the relay stops serving");
    host.stop();
    for (const connection of connections) connection.close(1011, "the relay failed");
    tellFailed(error);
  };

  const host: SpaceHost = createSpaceHost(context, {
    links: () => links,
    failed: fail,
    rolledBack: (space, home) => {
      log.error({ space, home }, "the data directory is an old copy: it gets a new incarnation");
      beginNewLife().catch(fail);
    },
    closedSpace: (writer) => links.closeSpace(writer),
  });
  const links: PeerLinks = createPeerLinks(context, {
    connected: (home, greeting) => {
      host.tellPeer(home, { kind: "connected", home });
      wakeFor(context, host, home, greeting.incarnation ?? "").catch(fail);
    },
    lost: (home) => host.tellPeer(home, { kind: "unreachable", home }),
    received: (home, space, message) => {
      const isServed = failure === null && newLife === null && ring(space).includes(config.id);
      if (isServed) host.receivedFromPeer(home, space, message);
    },
    congested: (home) => host.tellPeer(home, { kind: "congested", peer: home }),
    drained: (home) => host.tellPeer(home, { kind: "drained", peer: home }),
  });

  let newLife: Promise<void> | null = null;
  // All homes stop, so that nothing more is admitted under the old name; everybody comes back to homes of the new one.
  const beginNewLife = (): Promise<void> =>
    (newLife ??= (async () => {
      host.stop();
      await directory.drained();
      await directory.renew();
      for (const connection of connections) connection.close(1012, "the relay begins a new incarnation");
      for (const home of config.urlByPeer.keys()) links.reset(home, "a new incarnation");
      newLife = null;
    })());

  const port: SpacePort = {
    open: (space, handlers) => {
      const homes = ring(space);
      if (homes.includes(config.id)) return host.attach(space, handlers);
      const urls = homes.flatMap((home) => config.urlByPeer.get(home) ?? []);
      return openForwarded(context, space, urls, handlers);
    },
  };
  const rooms = createStockRooms({ port, documents, now: context.now, log });
  const health: HealthSource = {
    context,
    host,
    links,
    failure: () => failure,
    isDraining: () => isDraining,
    counters: {
      get connectionCount() {
        return connections.size;
      },
      get refusedCount() {
        return refusedCount;
      },
    },
  };

  const accept = (connection: Connection, request: ConnectionRequest): ConnectionHandlers => {
    if (failure !== null || isDraining || newLife !== null) {
      connection.close(1012, "the relay is not serving now");
    }
    connections.add(connection);
    const handlers =
      request.protocol === SUBPROTOCOL
        ? acceptNative(context, connection, {
            port,
            links,
            writerOf: host.writerOf,
            refused: (reason) => {
              refusedCount += 1;
              log.warn({ address: request.address, reason }, "a client was refused");
            },
          })
        : rooms.accept(connection, request.url);
    return {
      ...handlers,
      closed: (code, reason) => {
        connections.delete(connection);
        handlers.closed(code, reason);
      },
    };
  };

  const server: WebSocketServer = await listen({
    host: config.host,
    port: config.port,
    protocols: [SUBPROTOCOL],
    heartbeatByProtocol: new Map([[SUBPROTOCOL, { frame: heartbeatFrame, isMutual: true }]]),
    maxPayloadBytes: 16 * 1024 * 1024,
    accept,
    request: (request, response) => answerHttp(health, request, response),
    failed: (error) => log.error({ error: String(error) }, "a connection's handler failed"),
  }).catch(async (error: unknown) => {
    links.close();
    host.close();
    rooms.close();
    await documents.close();
    throw error;
  });

  let closing: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    isDraining = true;
    rooms.close();
    await server.close();
    links.close();
    await directory.drained();
    host.close();
    await documents.close();
    await directory.store.close();
  };
  const hostName = server.host.includes(":") ? `[${server.host}]` : server.host;
  log.info({ port: server.port, incarnation: directory.incarnation }, "the relay is ready");
  return {
    url: `ws://${hostName}:${server.port}`,
    id: config.id,
    failed,
    close: () => (closing ??= close()),
  };
};

/**
 * Compares with a peer whose link has come up: the spaces of which it may lack something are opened, some at a time, and each compares itself.
 *
 * A peer with another incarnation than last time has lost its disk, or is new: then that is every space.
 */
const wakeFor = async (
  { directory, homesOf: ring, log }: RelayContext,
  host: SpaceHost,
  home: string,
  incarnation: string,
): Promise<void> => {
  if ((await directory.peerIncarnation(home)) !== incarnation) {
    const count = await directory.markAll();
    await directory.setPeerIncarnation(home, incarnation);
    log.info({ peer: home, incarnation, count }, "all spaces are compared with a peer that is new here");
  }
  let waking: string[] = [];
  for await (const space of directory.unsettledSpaces()) {
    if (!ring(space).includes(home)) continue;
    host.wake(space);
    waking.push(space);
    while (waking.length >= WAKING_MAX) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      waking = waking.filter((name) => host.find(name)?.isIdle === false);
    }
  }
};
