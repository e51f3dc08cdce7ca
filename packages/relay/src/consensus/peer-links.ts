/** The connections between the nodes of a cluster: one for each pair, which comes back by itself. */
import { timingSafeEqual } from "node:crypto";
import {
  atTurnEnd,
  type Connection,
  type ConnectionHandlers,
  openSocket,
} from "@syncline/websocket";
import {
  decodePeerFrame,
  encodeGreeting,
  encodeMessages,
  PEER_PROTOCOL,
  type PeerGreeting,
  peerHeartbeat,
} from "./peer-frames.ts";

/** Beyond this a link takes no more: a message that is lost is sent again by who needs it, one that waits in memory only gets older. */
const BUFFERED_BYTES_MAX = 4 * 1024 * 1024;
/** Messages of a turn leave in one frame, as far as they are not longer than this. */
const JOINED_BYTES_MAX = 1024 * 1024;
/** A peer that breaks the protocol; outside 4400–4499, since both go on trying. */
const BROKEN_CODE = 4200;

/** The links to all other nodes. */
export interface RaftLinks {
  /** Passes a message on, or drops it. */
  send(name: string, message: Uint8Array): void;
  /** Says again to everybody who this node is. */
  greet(): void;
  /** A node has dialled. */
  accept(connection: Connection): ConnectionHandlers;
  close(): void;
}

/** What links are told, and tell. */
export interface RaftLinkPorts {
  readonly name: string;
  readonly token: string;
  /** The other nodes' addresses. */
  readonly urlByPeer: ReadonlyMap<string, string>;
  greeting(): PeerGreeting;
  greeted(greeting: PeerGreeting): void;
  /** The messages of one frame. */
  received(name: string, messages: readonly Uint8Array[]): void;
}

interface Link {
  readonly peer: string;
  connection: Connection | null;
  waiting: Uint8Array[];
  waitingBytes: number;
  stopDialling: () => void;
}

/** Links to everybody. Of each pair the node with the smaller name dials. */
export const createRaftLinks = (ports: RaftLinkPorts): RaftLinks => {
  const links = new Map<string, Link>();
  for (const [peer, url] of ports.urlByPeer) {
    const link: Link = {
      peer,
      connection: null,
      waiting: [],
      waitingBytes: 0,
      stopDialling: () => {},
    };
    links.set(peer, link);
    if (ports.name < peer) dial(ports, link, url);
  }
  return {
    send: (name, message) => {
      const link = links.get(name);
      if (link !== undefined) send(link, message);
    },
    greet: () => {
      for (const { connection } of links.values()) {
        connection?.send(encodeGreeting(ports.greeting()));
      }
    },
    accept: (connection) => accept(ports, links, connection),
    close: () => {
      for (const link of links.values()) {
        link.stopDialling();
        link.connection?.close(1000, "the node ends");
      }
    },
  };
};

const send = (link: Link, message: Uint8Array): void => {
  const { connection } = link;
  if (connection === null || connection.bufferedBytes > BUFFERED_BYTES_MAX) return;
  if (link.waitingBytes + message.length > JOINED_BYTES_MAX) flush(link);
  link.waiting.push(message);
  link.waitingBytes += message.length;
  if (link.waiting.length === 1) atTurnEnd(() => flush(link));
};

const flush = (link: Link): void => {
  if (link.waiting.length > 0) link.connection?.send(encodeMessages(link.waiting));
  link.waiting = [];
  link.waitingBytes = 0;
};

const dial = (ports: RaftLinkPorts, link: Link, url: string): void => {
  let opened: Connection | null = null;
  const socket = openSocket({
    urls: [url],
    protocol: PEER_PROTOCOL,
    heartbeat: peerHeartbeat,
    baseMs: 50,
    capMs: 500,
    opened: (connection) => {
      opened = connection;
      connection.send(encodeGreeting(ports.greeting()));
    },
    frame: (bytes) => {
      if (opened !== null) take(ports, { link, connection: opened, bytes });
    },
    closed: () => {
      lose(link, opened);
      opened = null;
    },
    refused: () => setTimeout(() => socket.reconnect(), 1000).unref(),
  });
  link.stopDialling = () => socket.close();
};

const accept = (
  ports: RaftLinkPorts,
  links: ReadonlyMap<string, Link>,
  connection: Connection,
): ConnectionHandlers => {
  let link: Link | null = null;
  return {
    frame: (bytes) => {
      if (link === null) {
        const frame = decodePeerFrame(bytes);
        link = frame?.kind === "greeting" ? (links.get(frame.greeting.name) ?? null) : null;
        if (link === null) return connection.close(BROKEN_CODE, "not one of the nodes");
        connection.send(encodeGreeting(ports.greeting()));
      }
      take(ports, { link, connection, bytes });
    },
    closed: () => {
      if (link !== null) lose(link, connection);
    },
  };
};

const lose = (link: Link, connection: Connection | null): void => {
  if (connection !== null && link.connection === connection) link.connection = null;
};

interface Taken {
  readonly link: Link;
  readonly connection: Connection;
  readonly bytes: Uint8Array;
}

const take = (ports: RaftLinkPorts, { link, connection, bytes }: Taken): void => {
  const frame = decodePeerFrame(bytes);
  switch (frame?.kind) {
    case undefined:
      return connection.close(BROKEN_CODE, "BAD_FRAME");
    case "heartbeat":
      return;
    case "greeting": {
      const { greeting } = frame;
      if (greeting.name !== link.peer || !isToken(ports.token, greeting.token)) {
        return connection.close(BROKEN_CODE, "not the node that was expected");
      }
      if (link.connection !== connection) link.connection?.close(1000, "replaced by a newer link");
      link.connection = connection;
      return ports.greeted(greeting);
    }
    case "messages":
      // Before its greeting nobody is believed.
      if (link.connection === connection) ports.received(link.peer, frame.messages);
  }
};

const isToken = (ours: string, theirs: string): boolean => {
  const [one, other] = [Buffer.from(ours), Buffer.from(theirs)];
  return one.length === other.length && timingSafeEqual(one, other);
};
