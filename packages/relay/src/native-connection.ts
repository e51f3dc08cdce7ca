/** The native wire: one connection of a client (many spaces) or of another relay. */
import {
  type Batch,
  createLinkReader,
  createLinkWriter,
  type EdgeMessage,
  greetFrame,
  type LinkItem,
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
export const nativeCloseCodes = { badFrame: 4400, forbidden: 4403, unsupportedVersion: 4426 } as const;

/** What a native connection needs of the relay. */
export interface NativePorts {
  readonly port: SpacePort;
  readonly links: PeerLinks;
  writerOf(space: string): SpaceWriter;
  /** A frame or payload was refused; for the counters. */
  refused(reason: string): void;
}

type Submit = Extract<EdgeMessage, { kind: "submit" }>;

interface Client {
  readonly connection: Connection;
  readonly queue: FrameQueue;
  readonly sessions: Map<string, SpaceLink>;
  readonly writer: ReturnType<typeof createLinkWriter>;
}

/** Serves a connection from its greeting on. */
export const acceptNative = (
  context: RelayContext,
  connection: Connection,
  ports: NativePorts,
): ConnectionHandlers => {
  const reader = createLinkReader(SPACES_MAX);
  const client: Client = {
    connection,
    queue: createFrameQueue(connection),
    sessions: new Map(),
    writer: createLinkWriter(),
  };
  let peer: ConnectionHandlers | null = null;
  let isGreeted = false;
  const patience = setTimeout(() => connection.close(nativeCloseCodes.badFrame, "BAD_FRAME: no greeting"), GREETING_MS);
  patience.unref();

  const refuse = (code: number, reason: string): void => {
    ports.refused(reason);
    client.queue.flush();
    connection.close(code, reason);
  };

  const greet = (item: LinkItem | undefined): boolean => {
    if (item?.kind !== "greet") {
      refuse(nativeCloseCodes.badFrame, "BAD_FRAME: the first item is no greeting");
      return false;
    }
    clearTimeout(patience);
    isGreeted = true;
    const { greeting } = item;
    if (greeting.version !== WIRE_VERSION) {
      refuse(nativeCloseCodes.unsupportedVersion, `UNSUPPORTED_VERSION: this relay speaks ${WIRE_VERSION}`);
      return false;
    }
    if (greeting.role === "home") {
      peer = ports.links.accept(connection, greeting, reader);
      if (peer === null) refuse(nativeCloseCodes.forbidden, "FORBIDDEN: not a peer of this relay");
      return peer !== null;
    }
    const { id: home } = context.config;
    const { incarnation } = context.directory;
    client.queue.send(greetFrame({ version: WIRE_VERSION, role: "home", home, incarnation, token: "" }));
    return true;
  };

  const frame = (bytes: Uint8Array): void => {
    if (peer !== null) return peer.frame(bytes);
    const items = reader.read(bytes);
    if (items === null) return refuse(nativeCloseCodes.badFrame, "BAD_FRAME");
    const rest = isGreeted ? items : items.slice(1);
    if (!isGreeted && !greet(items[0])) return;
    for (const item of rest) {
      const why = takeItem(context, client, ports, item);
      if (why !== null) return refuse(nativeCloseCodes.badFrame, why);
    }
  };

  return {
    frame,
    closed: (code, reason) => {
      clearTimeout(patience);
      for (const session of client.sessions.values()) session.close();
      client.sessions.clear();
      peer?.closed(code, reason);
    },
    congested: () => {
      for (const session of client.sessions.values()) session.congested();
      peer?.congested?.();
    },
    drained: () => {
      for (const session of client.sessions.values()) session.drained();
      peer?.drained?.();
    },
  };
};

/** Takes one item; returns why the connection must end, or null. */
const takeItem = (
  context: RelayContext,
  client: Client,
  ports: NativePorts,
  item: LinkItem,
): string | null => {
  switch (item.kind) {
    case "heartbeat":
    case "error":
      return null;
    case "greet":
      return "BAD_FRAME: a second greeting";
    case "close":
      closeSession(client, ports, item.space);
      return null;
    case "space":
      if (!isEdgeMessage(item.message)) return "BAD_FRAME: not an edge's message";
      return takeMessage(context, client, ports, item.space, item.message);
  }
};

const takeMessage = (
  context: RelayContext,
  client: Client,
  ports: NativePorts,
  space: string,
  message: EdgeMessage,
): string | null => {
  if (message.kind === "join") {
    const why = whyBadName(space);
    if (why !== null) {
      client.queue.send(client.writer.error(space.slice(0, 100), "BAD_NAME", `the space's name ${why}`));
      return null;
    }
    client.sessions.get(space)?.close();
    client.sessions.set(space, openSession(client, ports, space));
  }
  const session = client.sessions.get(space);
  if (session === undefined) return null;
  if (message.kind === "submit") return submit(context, client, ports, { space, session, message });
  if (message.kind === "carry") {
    const batches = message.batches.filter(({ batch }) => whyBad(context, batch) === null);
    session.send({ kind: "carry", batches });
    return null;
  }
  session.send(message);
  return null;
};

/** Passes on what is well formed; a batch that is not is refused alone, so that one odd update does not take a client's other spaces away. */
const submit = (
  context: RelayContext,
  client: Client,
  ports: NativePorts,
  { space, session, message }: { readonly space: string; readonly session: SpaceLink; readonly message: Submit },
): null => {
  let run: Batch[] = [];
  const pass = (endNumber: number): void => {
    if (run.length > 0) session.send({ kind: "submit", firstNumber: endNumber - run.length, batches: run });
    run = [];
  };
  message.batches.forEach((batch, index) => {
    const number = message.firstNumber + index;
    const reason = whyBad(context, batch);
    if (reason === null) {
      run.push(batch);
      return;
    }
    pass(number);
    ports.refused(`BAD_PAYLOAD: ${reason}`);
    const refusal = { kind: "refused", number, code: "BAD_PAYLOAD", reason } as const;
    client.queue.send(client.writer.message(ports.writerOf(space), refusal));
  });
  pass(message.firstNumber + message.batches.length);
  return null;
};

const whyBad = ({ documents }: RelayContext, batch: Batch): string | null =>
  documents.whyBad(batch.type, batch.payload);

const openSession = (client: Client, ports: NativePorts, space: string): SpaceLink =>
  ports.port.open(space, {
    message: (message) => client.queue.send(client.writer.message(ports.writerOf(space), message)),
    closed: () => {
      client.sessions.delete(space);
      // Its vector would no longer agree with what it was shown; a new connection begins from what it has.
      client.queue.flush();
      client.connection.close(1012, "the space's home is gone");
    },
  });

const closeSession = (client: Client, ports: NativePorts, space: string): void => {
  const session = client.sessions.get(space);
  if (session === undefined) return;
  session.close();
  client.sessions.delete(space);
  client.queue.send(client.writer.close(ports.writerOf(space)));
};

const isEdgeMessage = (message: SpaceMessage): message is EdgeMessage =>
  message.kind === "join" ||
  message.kind === "submit" ||
  message.kind === "carry" ||
  message.kind === "presence";
