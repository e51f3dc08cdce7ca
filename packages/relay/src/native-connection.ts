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
import type { Refusal } from "./value-shape.ts";

/** Spaces that a client may have open on one connection. */
const SPACES_MAX = 1000;
/** As long as for the headers of a request: a hundred that come at once on a busy machine take their time. */
const GREETING_MS = 10_000;
/** What may wait in a session while a large batch is read at the side. */
const LATE_BYTES_MAX = 32 * 1024 * 1024;
/** What a message without batches counts as, and what stands around a batch. */
const MESSAGE_BYTES = 16 * 1024;
const BATCH_BYTES = 1024;

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
type Carry = Extract<EdgeMessage, { kind: "carry" }>;

interface Session {
  readonly link: SpaceLink;
  readonly writer: SpaceWriter;
  /** What came while batches before it are read at the side; null while none are. */
  late: EdgeMessage[] | null;
  lateBytes: number;
}

/** Why each of a message's batches is not taken, or null. */
type Verdicts = readonly (Refusal | null)[];

interface Client {
  readonly context: RelayContext;
  readonly ports: NativePorts;
  readonly connection: Connection;
  readonly queue: FrameQueue;
  readonly reader: LinkReader;
  readonly writer: LinkWriter;
  readonly sessions: Map<string, Session>;
  /** Ends a connection that does not greet; null once it has. */
  patience: ReturnType<typeof setTimeout> | null;
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
  const client: Client = {
    context,
    ports,
    connection,
    queue: createFrameQueue(connection),
    reader: createLinkReader(SPACES_MAX),
    writer: createLinkWriter(),
    sessions: new Map(),
    patience: greetingTimer(connection),
    isGreeted: false,
    isCongested: false,
    peer: null,
  };
  return {
    frame: (bytes) => takeFrame(client, bytes),
    closed: (code, reason) => {
      if (client.patience !== null) clearTimeout(client.patience);
      for (const session of client.sessions.values()) session.link.close();
      client.sessions.clear();
      client.peer?.closed(code, reason);
    },
    congested: () => {
      client.isCongested = true;
      for (const session of client.sessions.values()) session.link.congested();
      client.peer?.congested?.();
    },
    drained: () => {
      client.isCongested = false;
      for (const session of client.sessions.values()) session.link.drained();
      client.peer?.drained?.();
    },
  };
};

const greetingTimer = (connection: Connection): ReturnType<typeof setTimeout> => {
  const reason = "BAD_FRAME: no greeting";
  const timer = setTimeout(() => connection.close(nativeCloseCodes.badFrame, reason), GREETING_MS);
  timer.unref();
  return timer;
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
  if (client.patience !== null) clearTimeout(client.patience);
  client.patience = null;
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
    client.sessions.get(space)?.link.close();
    // A channel can be named anew without having been closed, so the reader's limit is none for sessions.
    if (client.sessions.size >= SPACES_MAX && !client.sessions.has(space)) {
      return "BAD_FRAME: too many spaces";
    }
    client.sessions.set(space, openSession(client, space));
  }
  const session = client.sessions.get(space);
  if (session !== undefined) inOrder(client, session, message);
  return null;
};

/** Passes a message on, after those before it. */
const inOrder = (client: Client, session: Session, message: EdgeMessage): void => {
  if (session.late !== null) return wait(client, session, message);
  if (message.kind !== "submit" && message.kind !== "carry") return session.link.send(message);
  const verdicts = verdictsOf(client, message);
  if (!(verdicts instanceof Promise)) return passJudged(client, session, message, verdicts);
  session.late = [];
  void verdicts.then((known) => {
    if (client.sessions.get(session.writer.space) !== session) return;
    passJudged(client, session, message, known);
    const late = session.late ?? [];
    session.late = null;
    session.lateBytes = 0;
    for (const one of late) inOrder(client, session, one);
  });
};

const batchesOf = (message: Submit | Carry): readonly Batch[] =>
  message.kind === "submit" ? message.batches : message.batches.map(({ batch }) => batch);

const wait = (client: Client, session: Session, message: EdgeMessage): void => {
  session.late?.push(message);
  if (message.kind === "submit" || message.kind === "carry") {
    for (const batch of batchesOf(message)) session.lateBytes += batch.payload.length + BATCH_BYTES;
  } else session.lateBytes += MESSAGE_BYTES;
  if (session.lateBytes > LATE_BYTES_MAX) {
    client.connection.close(1013, "BUSY: too much waits to be checked");
  }
};

const verdictsOf = ({ context }: Client, message: Submit | Carry): Verdicts | Promise<Verdicts> => {
  const known: (Refusal | null)[] = [];
  const asked: Promise<void>[] = [];
  batchesOf(message).forEach((batch, index) => {
    const verdict = context.documents.whyRefused(batch);
    known.push(null);
    if (verdict instanceof Promise) {
      asked.push(verdict.then((refusal) => void (known[index] = refusal)));
    } else known[index] = verdict;
  });
  return asked.length === 0 ? known : Promise.all(asked).then(() => known);
};

const passJudged = (
  client: Client,
  session: Session,
  message: Submit | Carry,
  verdicts: Verdicts,
): void => {
  if (message.kind === "submit") return submit(client, session, message, verdicts);
  const batches = message.batches.filter((_, index) => verdicts[index] === null);
  session.link.send({ kind: "carry", batches });
};

/** Passes on what is well formed; a batch that is not is refused alone, so that one odd update does not take a client's other spaces away. */
const submit = (client: Client, session: Session, message: Submit, verdicts: Verdicts): void => {
  const { ports, queue, writer } = client;
  let run: Batch[] = [];
  const pass = (endNumber: number): void => {
    const firstNumber = endNumber - run.length;
    if (run.length > 0) session.link.send({ kind: "submit", firstNumber, batches: run });
    run = [];
  };
  message.batches.forEach((batch, index) => {
    const number = message.firstNumber + index;
    const refusal = verdicts[index] ?? whyCloned(client, session, batch);
    if (refusal === null) {
      run.push(batch);
      return;
    }
    pass(number);
    ports.refused(`${refusal.code}: ${refusal.reason}`);
    queue.send(writer.message(session.writer, { kind: "refused", number, ...refusal }));
  });
  pass(message.firstNumber + message.batches.length);
};

const whyCloned = ({ context }: Client, { writer }: Session, batch: Batch): Refusal | null =>
  context.chains.isCloned(writer.space, batch)
    ? { code: "CLONED_REPLICA", reason: "is of a second device under one replica id" }
    : null;

const openSession = (client: Client, space: string): Session => {
  // A space that is joined again keeps its channel, which was not closed.
  const writer = client.sessions.get(space)?.writer ?? client.ports.writerOf(space);
  /** The first message, a welcome, opens the channel. */
  let isChannelOpen = false;
  const link = client.ports.port.open(space, {
    message: (message) => {
      isChannelOpen = true;
      client.queue.send(client.writer.message(writer, message));
    },
    frames: (other, frames) => {
      if (other !== writer || !isChannelOpen) return false;
      for (const frame of frames) client.queue.send(frame);
      return true;
    },
    closed: () => {
      client.sessions.delete(space);
      // Its vector would no longer agree with what it was shown; a new connection begins from what it has.
      client.queue.flush();
      client.connection.close(1012, "the space's home is gone");
    },
  });
  if (client.isCongested) link.congested();
  return { link, writer, late: null, lateBytes: 0 };
};

const closeSession = (client: Client, space: string): void => {
  const session = client.sessions.get(space);
  if (session === undefined) return;
  session.link.close();
  client.sessions.delete(space);
  client.queue.send(client.writer.close(session.writer));
};

const isEdgeMessage = (message: SpaceMessage): message is EdgeMessage =>
  message.kind === "join" ||
  message.kind === "submit" ||
  message.kind === "carry" ||
  message.kind === "presence";
