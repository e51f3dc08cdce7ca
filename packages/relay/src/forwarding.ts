/** Sessions at spaces whose home is another relay: passed on, message by message, over a connection of their own. */
import {
  createLinkReader,
  createLinkWriter,
  createSpaceWriter,
  greetFrame,
  heartbeatFrame,
  type HomeMessage,
  type SpaceMessage,
  SUBPROTOCOL,
  WIRE_VERSION,
} from "@syncline/gossip";
import { openSocket } from "@syncline/websocket";
import type { RelayContext } from "./relay-context.ts";
import type { EdgeHandlers, SpaceLink } from "./space-port.ts";

/**
 * Opens a session at one of the space's homes, the first that answers.
 *
 * A connection for each session, so that back-pressure and the end of one are its own. What is sent before the connection is open waits, up to
 * `WAITING_MAX` messages; beyond it the session ends.
 */
export const openForwarded = (
  context: RelayContext,
  space: string,
  urls: readonly string[],
  handlers: EdgeHandlers,
): SpaceLink => {
  const writer = createSpaceWriter(space, 1);
  const linkWriter = createLinkWriter();
  const reader = createLinkReader(4);
  let waiting: SpaceMessage[] | null = [];
  let isClosed = false;
  let attemptCount = 0;

  const end = (): void => {
    if (isClosed) return;
    isClosed = true;
    socket.close();
    handlers.closed();
  };

  const send = (message: SpaceMessage): void => {
    if (isClosed) return;
    if (waiting === null) socket.send(linkWriter.message(writer, message));
    else if (waiting.push(message) > WAITING_MAX) end();
  };

  const socket = openSocket({
    urls,
    protocol: SUBPROTOCOL,
    heartbeat: heartbeatFrame,
    baseMs: 50,
    capMs: 200,
    opened: (connection) => {
      connection.send(
        greetFrame({ version: WIRE_VERSION, role: "edge", home: "", incarnation: null, token: "" }),
      );
      const messages = waiting ?? [];
      waiting = null;
      for (const message of messages) connection.send(linkWriter.message(writer, message));
    },
    frame: (bytes) => {
      const items = reader.read(bytes);
      if (items === null) return queueMicrotask(end);
      for (const item of items) {
        // The home refused the space, or ended the session: nothing more would come.
        if (item.kind === "error" || item.kind === "close") queueMicrotask(end);
        if (item.kind === "space" && item.space === space && !isClosed) {
          handlers.message(item.message as HomeMessage);
        }
      }
    },
    closed: ({ wasOpen, reason }) => {
      attemptCount += 1;
      if (!wasOpen && attemptCount < urls.length && waiting !== null) return;
      context.log.debug({ space, reason }, "a forwarded session ended");
      queueMicrotask(end);
    },
  });

  return {
    send,
    // Not passed on: a connection cannot be paused. A client that does not keep up is cut at the server's limit and joins again.
    congested: () => {},
    drained: () => {},
    close: () => {
      isClosed = true;
      socket.close();
    },
  };
};

const WAITING_MAX = 1000;
