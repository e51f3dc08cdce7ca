/** Links between the relays of a cluster: one connection for each pair, for all the spaces that they share. */
import { timingSafeEqual } from "node:crypto";
import {
  createLinkReader,
  createLinkWriter,
  greetFrame,
  type Greeting,
  heartbeatFrame,
  type LinkItem,
  type LinkReader,
  type LinkWriter,
  type SpaceMessage,
  type SpaceWriter,
  SUBPROTOCOL,
  WIRE_VERSION,
} from "@syncline/gossip";
import { type Connection, type ConnectionHandlers, openSocket } from "@syncline/websocket";
import { createFrameQueue, type FrameQueue } from "./frame-queue.ts";
import type { RelayContext } from "./relay-context.ts";

/** Spaces that a peer may have open on a link. */
const SPACES_MAX = 1_000_000;

/** The links to all other relays. */
export interface PeerLinks {
  reachOf(home: string): "unknown" | "connected" | "unreachable";
  /** Passes a message on; dropped if the link is down. */
  send(home: string, writer: SpaceWriter, message: SpaceMessage): void;
  /** A space is open here no longer. */
  closeSpace(writer: SpaceWriter): void;
  /** Takes over a connection that began with a home's greeting. Returns null if it is not let in. */
  accept(connection: Connection, greeting: Greeting, reader: LinkReader): ConnectionHandlers | null;
  /** Ends a link, to begin it anew. */
  reset(home: string, reason: string): void;
  /** Ends all links for good. */
  close(): void;
}

/** What the links tell the relay. */
export interface PeerLinkPorts {
  connected(home: string, greeting: Greeting): void;
  lost(home: string): void;
  received(home: string, space: string, message: SpaceMessage): void;
  congested(home: string): void;
  drained(home: string): void;
}

interface Link {
  readonly home: string;
  reach: "unknown" | "connected" | "unreachable";
  live: { readonly connection: Connection; readonly queue: FrameQueue; readonly writer: LinkWriter; readonly channels: Set<number> } | null;
  stopDialling: () => void;
}

/**
 * Links to every peer. Of each pair the relay with the smaller name dials, so there is one connection and no race for it.
 */
export const createPeerLinks = (context: RelayContext, ports: PeerLinkPorts): PeerLinks => {
  const { config, log } = context;
  const links = new Map<string, Link>();

  const up = (link: Link, connection: Connection, greeting: Greeting): void => {
    link.live?.connection.close(1000, "replaced by a newer link");
    const queue = createFrameQueue(connection);
    link.live = { connection, queue, writer: createLinkWriter(), channels: new Set() };
    link.reach = "connected";
    log.info({ peer: link.home, incarnation: greeting.incarnation }, "a link is up");
    ports.connected(link.home, greeting);
  };

  const down = (link: Link, connection: Connection | null): void => {
    if (connection !== null && link.live?.connection !== connection) return;
    const wasConnected = link.reach === "connected";
    link.live = null;
    link.reach = "unreachable";
    if (wasConnected) log.warn({ peer: link.home }, "a link is down");
    ports.lost(link.home);
  };

  const take = (link: Link, items: readonly LinkItem[]): void => {
    for (const item of items) {
      if (item.kind === "space") ports.received(link.home, item.space, item.message);
      if (item.kind === "error") log.warn({ peer: link.home, ...item }, "a peer refused something");
    }
  };

  const greeting = (): Uint8Array =>
    greetFrame({
      version: WIRE_VERSION,
      role: "home",
      home: config.id,
      incarnation: context.directory.incarnation,
      token: config.clusterToken,
    });

  const dial = (link: Link, url: string): void => {
    let connection: Connection | null = null;
    let reader = createLinkReader(SPACES_MAX);
    const socket = openSocket({
      urls: [url],
      protocol: SUBPROTOCOL,
      heartbeat: heartbeatFrame,
      baseMs: 100,
      capMs: 1000,
      opened: (opened) => {
        connection = opened;
        reader = createLinkReader(SPACES_MAX);
        opened.send(greeting());
      },
      frame: (bytes) => {
        if (connection === null) return;
        const items = reader.read(bytes);
        if (items === null) return connection.close(4100, "BAD_FRAME");
        const [first] = items;
        if (first?.kind === "greet") {
          const why = whyRefused(context, first.greeting);
          if (why !== null || first.greeting.home !== link.home) {
            log.error({ peer: link.home, url, why: why ?? `it is "${first.greeting.home}"` }, "a peer is not let in");
            return connection.close(4100, "not the peer that was expected");
          }
          up(link, connection, first.greeting);
        }
        if (link.live?.connection === connection) take(link, items);
      },
      closed: ({ reason, wasOpen }) => {
        log.debug({ peer: link.home, url, reason, wasOpen }, "an attempt to link ended");
        const ended = connection;
        connection = null;
        if (ended === null || link.live === null) down(link, null);
        else down(link, ended);
      },
      // A peer that refuses may be told better by its administrator; a relay goes on trying.
      refused: () => setTimeout(() => socket.reconnect(), 1000).unref(),
      congested: () => ports.congested(link.home),
      drained: () => ports.drained(link.home),
    });
    link.stopDialling = () => socket.close();
  };

  for (const [home, url] of config.urlByPeer) {
    const link: Link = { home, reach: "unknown", live: null, stopDialling: () => {} };
    links.set(home, link);
    // The links come up after the caller has them.
    if (config.id < home) queueMicrotask(() => dial(link, url));
  }
  const patience = setTimeout(() => {
    for (const link of links.values()) if (link.reach === "unknown") down(link, null);
  }, 1500);
  patience.unref();

  return {
    reachOf: (home) => links.get(home)?.reach ?? "unreachable",
    send: (home, writer, message) => {
      const live = links.get(home)?.live;
      if (live == null) return;
      live.channels.add(writer.channel);
      live.queue.send(live.writer.message(writer, message));
    },
    closeSpace: (writer) => {
      for (const { live } of links.values()) {
        if (live?.channels.delete(writer.channel) === true) live.queue.send(live.writer.close(writer));
      }
    },
    accept: (connection, theirs, reader) => {
      const link = links.get(theirs.home);
      const why = link === undefined ? "not one of the peers" : whyRefused(context, theirs);
      if (link === undefined || why !== null) {
        log.error({ peer: theirs.home, why }, "a peer is not let in");
        return null;
      }
      connection.send(greeting());
      up(link, connection, theirs);
      return {
        frame: (bytes) => {
          const items = reader.read(bytes);
          if (items === null) connection.close(4100, "BAD_FRAME");
          else if (link.live?.connection === connection) take(link, items);
        },
        closed: () => down(link, connection),
        congested: () => ports.congested(link.home),
        drained: () => ports.drained(link.home),
      };
    },
    reset: (home, reason) => links.get(home)?.live?.connection.close(4100, reason),
    close: () => {
      clearTimeout(patience);
      for (const link of links.values()) {
        link.stopDialling();
        link.live?.connection.close(1000, "the relay ends");
      }
    },
  };
};

/** Why a peer is not let in, or null. */
const whyRefused = ({ config }: RelayContext, greeting: Greeting): string | null => {
  if (greeting.role !== "home" || greeting.incarnation === null) return "it is no home";
  if (greeting.version !== WIRE_VERSION) return `it speaks version ${greeting.version}`;
  const [theirs, ours] = [Buffer.from(greeting.token), Buffer.from(config.clusterToken)];
  const isSame = theirs.length === ours.length && timingSafeEqual(theirs, ours);
  return isSame ? null : "its cluster token is another";
};
