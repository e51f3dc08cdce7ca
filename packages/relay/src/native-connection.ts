/** The native wire: one connection of a client (many spaces) or of another relay. */
import {
  type Batch,
  createLinkReader,
  createLinkWriter,
  type EdgeMessage,
  greetFrame,
  type LinkItem,
  type LinkReader,
  type LinkWriter,
  type SpaceMessage,
  type SpaceWriter,
  whyBadName,
  WIRE_VERSION,
} from "@syncline/gossip";
import type { Connection, ConnectionHandlers } from "@syncline/websocket";
import { createFrameQueue, type FrameQueue } from "./frame-queue.ts";
import type { PeerLinks } from "./peer-links.ts";
import type { RelayContext } from "./relay-context.ts";
import type { SpaceLink, SpacePort } from "./space-port.ts";

/** Spaces that a client may have open on one connection. */
const SPACES_MAX = 1000;
const GREETING_MS = 5000;

/** Close codes of the native wire within 4400–4499: the client does not try again, since the answer would be the same. */
const nativeCloseCodes = {
  badFrame: 4400,
  forbidden: 4403,
  unsupportedVersion: 4426,
} as const;

/** What a native connection needs of the relay. */
export interface NativePorts {
  readonly port: SpacePort;
  readonly links: PeerLinks;
  writerOf(space: string): SpaceWriter;
  /** A frame or payload was refused; for the counters. */
  refused(reason: string): void;
}

type Submit = Extract<EdgeMessage, { kind: "submit" }>;

interface Session extends SpaceLink {
  readonly writer: SpaceWriter;
}

interface Client {
  readonly context: RelayContext;
  readonly ports: NativePorts;
  readonly connection: Connection;
  readonly queue: FrameQueue;
  readonly reader: LinkReader;
  readonly writer: LinkWriter;
  readonly sessions: Map<string, Session>;
  readonly patience: ReturnType<typeof setTimeout>;
  isGreeted: boolean;
  /** Sessions that begin meanwhile are told, too. */
  isCongested: boolean;
  /** Who goes on with the connection, if it is another relay's. */
  peer: ConnectionHandlers | null;
}

/** Serves a connection from its greeting on. */
export const acceptNative = (
  context: RelayContext,
  connection: Connection,
  ports: NativePorts,
): ConnectionHandlers => {
  const noGreeting = "BAD_FRAME: no greeting";
  const patience = setTimeout(
    () => connection.close(nativeCloseCodes.badFrame, noGreeting),
    GREETING_MS,
  );
  patience.unref();
  const client: Client = {
    context,
    ports,
    connection,
    queue: createFrameQueue(connection),
    reader: createLinkReader(SPACES_MAX),
    writer: createLinkWriter(),
    sessions: new Map(),
    patience,
    isGreeted: false,
    isCongested: false,
    peer: null,
  };
  return {
    frame: (bytes) => takeFrame(client, bytes),
    closed: (code, reason) => {
      clearTimeout(patience);
      for (const session of client.sessions.values()) session.close();
      client.sessions.clear();
      client.peer?.closed(code, reason);
    },
    congested: () => {
      client.isCongested = true;
      for (const session of client.sessions.values()) session.congested();
      client.peer?.congested?.();
    },
    drained: () => {
      client.isCongested = false;
      for (const session of client.sessions.values()) session.drained();
      client.peer?.drained?.();
    },
  };
};

const takeFrame = (client: Client, bytes: Uint8Array): void => {
  if (client.peer !== null) return client.peer.frame(bytes);
  const items = client.reader.read(bytes);
  if (items === null) return refuse(client, nativeCloseCodes.badFrame, "BAD_FRAME");
  const rest = client.isGreeted ? items : items.slice(1);
  if (!client.isGreeted && !greet(client, items[0], bytes)) return;
  for (const item of rest) {
    const why = takeItem(client, item);
    if (why !== null) return refuse(client, nativeCloseCodes.badFrame, why);
  }
};

const refuse = ({ ports, queue, connection }: Client, code: number, reason: string): void => {
  ports.refused(reason);
  queue.flush();
  connection.close(code, reason);
};

/** Takes the first item of the first frame, and returns whether an edge's items follow. */
const greet = (client: Client, item: LinkItem | undefined, frame: Uint8Array): boolean => {
  const { context, ports, connection, queue } = client;
  if (item?.kind !== "greet") {
    refuse(client, nativeCloseCodes.badFrame, "BAD_FRAME: the first item is no greeting");
    return false;
  }
  clearTimeout(client.patience);
  client.isGreeted = true;
  const { greeting } = item;
  if (greeting.version !== WIRE_VERSION) {
    const reason = `UNSUPPORTED_VERSION: this relay speaks ${WIRE_VERSION}`;
    refuse(client, nativeCloseCodes.unsupportedVersion, reason);
    return false;
  }
  if (greeting.role === "home") {
    client.peer = ports.links.accept(connection, greeting);
    // What else is in the frame is a relay's: from its first frame on it has a reader of its own.
    if (client.peer !== null) client.peer.frame(frame);
    else refuse(client, nativeCloseCodes.forbidden, "FORBIDDEN: not a peer of this relay");
    return false;
  }
  const { id: home } = context.config;
  const { incarnation } = context.directory;
  queue.send(greetFrame({ version: WIRE_VERSION, role: "home", home, incarnation, token: "" }));
  return true;
};

/** Takes one item; returns why the connection must end, or null. */
const takeItem = (client: Client, item: LinkItem): string | null => {
  switch (item.kind) {
    case "heartbeat":
    case "error":
      return null;
    case "greet":
      return "BAD_FRAME: a second greeting";
    case "close":
      closeSession(client, item.space);
      return null;
    case "space":
      if (!isEdgeMessage(item.message)) return "BAD_FRAME: not an edge's message";
      return takeMessage(client, item.space, item.message);
  }
};

const takeMessage = (client: Client, space: string, message: EdgeMessage): string | null => {
  if (message.kind === "join") {
    const why = whyBadName(space);
    if (why !== null) {
      client.queue.send(
        client.writer.error(space.slice(0, 100), "BAD_NAME", `the space's name ${why}`),
      );
      return null;
    }
    client.sessions.get(space)?.close();
    // A channel can be named anew without having been closed, so the reader's limit is none for sessions.
    if (client.sessions.size >= SPACES_MAX && !client.sessions.has(space)) {
      return "BAD_FRAME: too many spaces";
    }
    client.sessions.set(space, openSession(client, space));
  }
  const session = client.sessions.get(space);
  if (session === undefined) return null;
  if (message.kind === "submit") return submit(client, session, message);
  if (message.kind === "carry") {
    const batches = message.batches.filter(({ batch }) => whyBad(client, batch) === null);
    session.send({ kind: "carry", batches });
    return null;
  }
  session.send(message);
  return null;
};

/** Passes on what is well formed; a batch that is not is refused alone, so that one odd update does not take a client's other spaces away. */
const submit = (client: Client, session: Session, message: Submit): null => {
  const { ports, queue, writer } = client;
  let run: Batch[] = [];
  const pass = (endNumber: number): void => {
    const firstNumber = endNumber - run.length;
    if (run.length > 0) session.send({ kind: "submit", firstNumber, batches: run });
    run = [];
  };
  message.batches.forEach((batch, index) => {
    const number = message.firstNumber + index;
    const reason = whyBad(client, batch);
    if (reason === null) {
      run.push(batch);
      return;
    }
    pass(number);
    ports.refused(`BAD_PAYLOAD: ${reason}`);
    const refusal = { kind: "refused", number, code: "BAD_PAYLOAD", reason } as const;
    queue.send(writer.message(session.writer, refusal));
  });
  pass(message.firstNumber + message.batches.length);
  return null;
};

const whyBad = ({ context }: Client, batch: Batch): string | null =>
  context.documents.whyBad(batch.type, batch.payload);

const openSession = (client: Client, space: string): Session => {
  // A space that is joined again keeps its channel, which was not closed.
  const writer = client.sessions.get(space)?.writer ?? client.ports.writerOf(space);
  const link = client.ports.port.open(space, {
    message: (message) => client.queue.send(client.writer.message(writer, message)),
    closed: () => {
      client.sessions.delete(space);
      // Its vector would no longer agree with what it was shown; a new connection begins from what it has.
      client.queue.flush();
      client.connection.close(1012, "the space's home is gone");
    },
  });
  if (client.isCongested) link.congested();
  return { ...link, writer };
};

const closeSession = (client: Client, space: string): void => {
  const session = client.sessions.get(space);
  if (session === undefined) return;
  session.close();
  client.sessions.delete(space);
  client.queue.send(client.writer.close(session.writer));
};

const isEdgeMessage = (message: SpaceMessage): message is EdgeMessage =>
  message.kind === "join" ||
  message.kind === "submit" ||
  message.kind === "carry" ||
  message.kind === "presence";
