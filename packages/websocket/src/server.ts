/** A server for WebSockets and a few HTTP requests on one port, with a limit on everything that a peer can make grow. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { SyncError } from "@syncline/machine";
import { type WebSocket, WebSocketServer as UpgradeServer } from "ws";
import { takeCharge } from "./accepted.ts";
import { closeCode } from "./close-codes.ts";
import type { Connection } from "./connection.ts";
import { createFrameJoiner, type FrameJoiner } from "./server-frames.ts";
import { type ListenOptions, type ListenSettings, settleListenOptions } from "./server-options.ts";

export type { Connection, ConnectionHandlers } from "./connection.ts";
export type { ConnectionRequest, Heartbeat, ListenOptions } from "./server-options.ts";

/** A server that accepts connections. */
export interface WebSocketServer {
  readonly host: string;
  /** The port that it really has, also where 0 was asked for. */
  readonly port: number;
  /** WebSockets that are open or closing now. */
  readonly connectionCount: number;
  /**
   * Accepts no more, closes every connection with 1012 (restart), and resolves when all are gone and their owners know: after `closeGraceMs` they are cut. Idempotent.
   */
  close(): Promise<void>;
}

interface Service {
  readonly settings: ListenSettings;
  readonly http: Server;
  readonly upgrades: UpgradeServer;
  readonly joiner: FrameJoiner;
  readonly connections: Set<Connection>;
  /** Every network socket, whatever it is used for. */
  readonly sockets: Set<Socket>;
}

/**
 * Binds the address and serves until `close`.
 *
 * @throws SyncError `PORT_IN_USE` if another process has the port, `BAD_CONFIG` if the address cannot be bound or an option makes no sense.
 */
export const listen = async (options: ListenOptions): Promise<WebSocketServer> => {
  const settings = settleListenOptions(options);
  const service: Service = {
    settings,
    http: createHttpServer(settings),
    upgrades: createUpgradeServer(settings),
    joiner: createFrameJoiner(),
    connections: new Set(),
    sockets: new Set(),
  };
  attach(service);
  await bind(service.http, settings);
  // From here on an error (too many open files) is about one connection that could not be accepted.
  service.http.on("error", (error) => settings.failed?.(error));

  const { address, port } = service.http.address() as AddressInfo;
  let closed: Promise<void> | null = null;
  return {
    host: address,
    port,
    get connectionCount() {
      return service.connections.size;
    },
    close: () => (closed ??= shutDown(service)),
  };
};

const createHttpServer = (settings: ListenSettings): Server => {
  const http = createServer({
    headersTimeout: settings.headersTimeoutMs,
    requestTimeout: settings.requestTimeoutMs,
    connectionsCheckingInterval: Math.min(1000, settings.headersTimeoutMs),
    keepAliveTimeout: 5000,
    maxHeaderSize: 16 * 1024,
  });
  http.maxRequestsPerSocket = 100;
  // Beside the WebSockets there must be room to tell the next one that there is none, and for health checks.
  http.maxConnections = settings.connectionsMax + 1000;
  return http;
};

const createUpgradeServer = (settings: ListenSettings): UpgradeServer => {
  const limits = {
    maxPayload: settings.maxPayloadBytes,
    // Chromium cuts a message of 16 MB into about 200 fragments, more when it is busy, so the limit cannot be much lower.
    maxFragments: 4096,
    // Parts of one frame as the network delivers them: 16 MB at 512 bytes each.
    maxBufferedChunks: 32 * 1024,
    perMessageDeflate: false,
    closeTimeout: settings.closeGraceMs,
  };
  return new UpgradeServer({
    noServer: true,
    ...limits,
    handleProtocols: (offered) => {
      for (const protocol of offered) if (settings.protocols.includes(protocol)) return protocol;
      return false;
    },
  });
};

const attach = (service: Service): void => {
  const { http, settings, sockets } = service;
  http.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  http.on("request", (request, response) => {
    answer(settings, request, response);
  });
  http.on("upgrade", (request, stream, head) => {
    upgrade(service, { request, stream, head });
  });
};

const answer = (
  settings: ListenSettings,
  request: IncomingMessage,
  response: ServerResponse,
): void => {
  try {
    if (settings.request !== undefined) settings.request(request, response);
    else response.writeHead(426, { "content-type": "text/plain" }).end("Upgrade Required\n");
  } catch (error) {
    if (!response.headersSent) response.writeHead(500, { "content-type": "text/plain" });
    response.end();
    settings.failed?.(error);
  }
};

interface Upgrade {
  readonly request: IncomingMessage;
  readonly stream: Duplex;
  readonly head: Buffer;
}

const upgrade = (service: Service, upgraded: Upgrade): void => {
  const { settings, connections, upgrades } = service;
  const { request, stream, head } = upgraded;
  if (connections.size >= settings.connectionsMax) {
    refuse(stream);
    return;
  }
  upgrades.handleUpgrade(request, stream, head, (webSocket) => {
    keepUntilClosed(connections, admit(service, upgraded, webSocket), webSocket);
  });
};

const admit = (
  { settings, joiner }: Service,
  { request, stream }: Upgrade,
  webSocket: WebSocket,
): Connection => {
  const heartbeat = settings.heartbeatByProtocol.get(webSocket.protocol) ?? null;
  return takeCharge({ webSocket, stream, settings, joiner, heartbeat }, (connection) =>
    settings.accept(connection, {
      protocol: webSocket.protocol,
      url: request.url ?? "/",
      address: request.socket.remoteAddress ?? "",
      origin: request.headers.origin ?? null,
    }),
  );
};

/** In a function of its own: what listens as long as the connection lives must not hold the request, whose headers are as large as all else together. */
const keepUntilClosed = (
  connections: Set<Connection>,
  connection: Connection,
  webSocket: WebSocket,
): void => {
  connections.add(connection);
  webSocket.once("close", () => connections.delete(connection));
};

const refuse = (stream: Duplex): void => {
  stream.on("error", () => stream.destroy());
  stream.once("finish", () => stream.destroy());
  stream.end(
    "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 5\r\nContent-Length: 0\r\n\r\n",
  );
};

const bind = (http: Server, { host, port }: ListenSettings): Promise<void> =>
  new Promise((resolve, reject) => {
    const refused = (error: NodeJS.ErrnoException): void => {
      const isTaken = error.code === "EADDRINUSE";
      const message = isTaken ? "the port is taken" : `cannot listen (${error.code ?? "unknown"})`;
      const code = isTaken ? "PORT_IN_USE" : "BAD_CONFIG";
      reject(new SyncError(code, `${message}: ${host}:${port}`, { cause: error }));
    };
    http.once("error", refused);
    http.listen({ host, port }, () => {
      http.off("error", refused);
      resolve();
    });
  });

const shutDown = async (service: Service): Promise<void> => {
  const { http, upgrades, settings, connections, sockets } = service;
  const cut = setTimeout(() => {
    for (const socket of sockets) socket.destroy();
  }, settings.closeGraceMs);
  const gone = [
    new Promise((resolve) => http.close(resolve)),
    // Its sockets are gone a little before a WebSocket says so to its owner.
    new Promise((resolve) => upgrades.close(resolve)),
  ];
  for (const connection of connections) connection.close(closeCode.restart, "restart");
  await Promise.all(gone);
  clearTimeout(cut);
};
