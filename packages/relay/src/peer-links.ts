/** Links between the relays of a cluster: one connection for each pair, for all the spaces that they share. */
import { timingSafeEqual } from "node:crypto";
import {
  createLinkReader,
  createLinkWriter,
  greetFrame,
  type Greeting,
  heartbeatFrame,
  type LinkItem,
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
/** After this long a peer that has not answered counts as away. */
const PATIENCE_MS = 1500;
/** A link that breaks the protocol; outside 4400–4499, since a relay goes on trying. */
const BROKEN_CODE = 4200;

/** What is known of the way to a peer: nothing before the first attempt has ended. */
type Reach = "unknown" | "connected" | "unreachable";

/** The links to all other relays. */
export interface PeerLinks {
  reachOf(home: string): Reach;
  /** Whether the link to it is up and takes no more for now. */
  isCongested(home: string): boolean;
  /** Passes a message on; dropped if the link is down. */
  send(home: string, writer: SpaceWriter, message: SpaceMessage): void;
  /** A space is open here no longer. */
  closeSpace(writer: SpaceWriter): void;
  /** Takes over a connection that began with a home's greeting, from that first frame on. Returns null if it is not let in. */
  accept(connection: Connection, greeting: Greeting): ConnectionHandlers | null;
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

interface LiveLink {
  readonly connection: Connection;
  readonly queue: FrameQueue;
  readonly writer: LinkWriter;
  /** The spaces that were named on it. */
  readonly channels: Set<number>;
  isCongested: boolean;
}

interface Link {
  readonly home: string;
  reach: Reach;
  live: LiveLink | null;
  stopDialling: () => void;
}

interface Linking {
  readonly context: RelayContext;
  readonly ports: PeerLinkPorts;
  readonly links: ReadonlyMap<string, Link>;
}

/** Links to every peer. Of each pair the relay with the smaller name dials, so there is one connection and no race for it. */
export const createPeerLinks = (context: RelayContext, ports: PeerLinkPorts): PeerLinks => {
  const { urlByPeer, id } = context.config;
  const links = new Map<string, Link>();
  const linking: Linking = { context, ports, links };
  for (const [home, url] of urlByPeer) {
    const link: Link = { home, reach: "unknown", live: null, stopDialling: () => {} };
    links.set(home, link);
    // Links come up after the caller has them.
    if (id < home) queueMicrotask(() => dial(linking, link, url));
  }
  const patience = setTimeout(() => {
    for (const link of links.values()) if (link.reach === "unknown") lose(linking, link, null);
  }, PATIENCE_MS);
  patience.unref();

  return {
    reachOf: (home) => links.get(home)?.reach ?? "unreachable",
    isCongested: (home) => links.get(home)?.live?.isCongested ?? false,
    send: (home, writer, message) => {
      const live = links.get(home)?.live ?? null;
      if (live === null) return;
      live.channels.add(writer.channel);
      live.queue.send(live.writer.message(writer, message));
    },
    closeSpace: (writer) => {
      for (const { live } of links.values()) {
        if (live === null || !live.channels.delete(writer.channel)) continue;
        live.queue.send(live.writer.close(writer));
      }
    },
    accept: (connection, greeting) => accept(linking, connection, greeting),
    reset: (home, reason) => links.get(home)?.live?.connection.close(BROKEN_CODE, reason),
    close: () => {
      clearTimeout(patience);
      for (const link of links.values()) {
        link.stopDialling();
        link.live?.connection.close(1000, "the relay ends");
      }
    },
  };
};

/** Keeps a link to a peer up, from this side. */
const dial = (linking: Linking, link: Link, url: string): void => {
  const { context } = linking;
  let connection: Connection | null = null;
  let reader = createLinkReader(SPACES_MAX);

  const frame = (bytes: Uint8Array): void => {
    if (connection === null) return;
    const items = reader.read(bytes);
    const [first] = items ?? [];
    if (first?.kind === "greet") {
      const why = whyNotExpected(context, link, first.greeting);
      if (why !== null) {
        context.log.error({ peer: link.home, url, why }, "a peer is not let in");
        return connection.close(BROKEN_CODE, "not the peer that was expected");
      }
      gain(linking, link, connection, first.greeting);
    }
    takeItems(linking, link, connection, items);
  };

  const socket = openSocket({
    urls: [url],
    protocol: SUBPROTOCOL,
    heartbeat: heartbeatFrame,
    baseMs: 100,
    capMs: 1000,
    opened: (opened) => {
      connection = opened;
      reader = createLinkReader(SPACES_MAX);
      opened.send(greeting(context));
    },
    frame,
    closed: ({ reason, wasOpen }) => {
      context.log.debug({ peer: link.home, url, reason, wasOpen }, "an attempt to link ended");
      const ended = connection;
      connection = null;
      lose(linking, link, link.live === null ? null : ended);
    },
    // A peer that refuses may be told better by its administrator; a relay goes on trying.
    refused: () => setTimeout(() => socket.reconnect(), 1000).unref(),
    congested: () => setCongested(linking, link, connection, true),
    drained: () => setCongested(linking, link, connection, false),
  });
  link.stopDialling = () => socket.close();
};

const accept = (
  linking: Linking,
  connection: Connection,
  theirs: Greeting,
): ConnectionHandlers | null => {
  const { context, links } = linking;
  const link = links.get(theirs.home);
  const why = link === undefined ? "not one of the peers" : whyRefused(context, theirs);
  if (link === undefined || why !== null) {
    context.log.error({ peer: theirs.home, why }, "a peer is not let in");
    return null;
  }
  connection.send(greeting(context));
  gain(linking, link, connection, theirs);
  // Not the reader that a stranger's connection begins with, which lets only a client's few spaces in.
  const reader = createLinkReader(SPACES_MAX);
  return {
    frame: (bytes) => takeItems(linking, link, connection, reader.read(bytes)),
    closed: () => lose(linking, link, connection),
    congested: () => setCongested(linking, link, connection, true),
    drained: () => setCongested(linking, link, connection, false),
  };
};

/** Tells of the link's connection only; spaces that are opened later ask. */
const setCongested = (
  { ports }: Linking,
  { home, live }: Link,
  connection: Connection | null,
  isCongested: boolean,
): void => {
  if (live === null || live.connection !== connection) return;
  live.isCongested = isCongested;
  if (isCongested) ports.congested(home);
  else ports.drained(home);
};

const gain = (
  { context, ports }: Linking,
  link: Link,
  connection: Connection,
  theirs: Greeting,
): void => {
  link.live?.connection.close(1000, "replaced by a newer link");
  const queue = createFrameQueue(connection);
  const writer = createLinkWriter();
  link.live = { connection, queue, writer, channels: new Set(), isCongested: false };
  link.reach = "connected";
  context.log.info({ peer: link.home, incarnation: theirs.incarnation }, "a link is up");
  ports.connected(link.home, theirs);
};

/** The link is gone, or an attempt at it failed; the end of a connection that another has replaced means nothing. */
const lose = ({ context, ports }: Linking, link: Link, connection: Connection | null): void => {
  if (connection !== null && link.live?.connection !== connection) return;
  if (link.reach === "connected") context.log.warn({ peer: link.home }, "a link is down");
  link.live = null;
  link.reach = "unreachable";
  ports.lost(link.home);
};

const takeItems = (
  { context, ports }: Linking,
  link: Link,
  connection: Connection,
  items: readonly LinkItem[] | null,
): void => {
  if (items === null) return connection.close(BROKEN_CODE, "BAD_FRAME");
  if (link.live?.connection !== connection) return;
  for (const item of items) {
    if (item.kind === "space") ports.received(link.home, item.space, item.message);
    if (item.kind === "error") {
      context.log.warn({ peer: link.home, ...item }, "a peer refused something");
    }
  }
};

const greeting = ({ config, directory }: RelayContext): Uint8Array =>
  greetFrame({
    version: WIRE_VERSION,
    role: "home",
    home: config.id,
    incarnation: directory.incarnation,
    token: config.clusterToken,
  });

const whyNotExpected = (context: RelayContext, link: Link, theirs: Greeting): string | null =>
  whyRefused(context, theirs) ??
  (theirs.home === link.home ? null : `it is "${theirs.home}", not "${link.home}"`);

/** Why a peer is not let in, or null. */
const whyRefused = ({ config }: RelayContext, theirs: Greeting): string | null => {
  if (theirs.role !== "home" || theirs.incarnation === null) return "it is no home";
  if (theirs.version !== WIRE_VERSION) return `it speaks version ${theirs.version}`;
  const [token, ours] = [Buffer.from(theirs.token), Buffer.from(config.clusterToken)];
  const isSame = token.length === ours.length && timingSafeEqual(token, ours);
  return isSame ? null : "its cluster token is another";
};
