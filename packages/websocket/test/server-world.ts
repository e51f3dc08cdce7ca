/** A listening server and raw peers for its tests; whatever was opened is closed after each. */
import { get } from "node:http";
import { afterEach } from "vitest";
import {
  type Connection,
  type ConnectionHandlers,
  type ConnectionRequest,
  listen,
  type ListenOptions,
  type WebSocketServer,
} from "../src/server.ts";
import { createMailbox, type Mailbox } from "./mailbox.ts";
import { openRawPeer, type RawPeer } from "./raw-peer.ts";

/** A connection that the server took, with what came over it. */
export interface Accepted {
  readonly connection: Connection;
  readonly request: ConnectionRequest;
  readonly frames: Mailbox<Uint8Array>;
  readonly closed: Mailbox<string>;
}

/** What is undone after each test, last first. */
export const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

/** A server whose connections come out of a mailbox. */
export const serve = async (
  options: Partial<ListenOptions> = {},
  handlers: Partial<ConnectionHandlers> = {},
): Promise<{ server: WebSocketServer; accepted: Mailbox<Accepted> }> => {
  const accepted = createMailbox<Accepted>();
  const server = await listen({
    host: "127.0.0.1",
    port: 0,
    protocols: ["syncline.v1"],
    closeGraceMs: 200,
    accept: (connection, request) => {
      const frames = createMailbox<Uint8Array>();
      const closed = createMailbox<string>();
      accepted.put({ connection, request, frames, closed });
      return {
        frame: frames.put,
        closed: (code, reason) => closed.put(`${code} ${reason}`),
        ...handlers,
      };
    },
    ...options,
  });
  cleanups.push(() => server.close());
  return { server, accepted };
};

/** A peer that speaks TCP, ended after the test. */
export const rawPeerOf = async (port: number, headers?: readonly string[]): Promise<RawPeer> => {
  const peer = await openRawPeer(port, headers);
  cleanups.push(() => peer.socket.destroy());
  return peer;
};

/** The HTTP status of a request on the server's port. */
export const statusOf = (port: number, path = "/"): Promise<number> =>
  new Promise((resolve, reject) => {
    get({ port, path, host: "127.0.0.1", agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    }).on("error", reject);
  });
