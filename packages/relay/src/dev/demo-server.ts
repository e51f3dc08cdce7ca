/** The page of `syncline dev`: the built demos as files, and the panel's requests. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { SyncError } from "@syncline/machine";
import sirv from "sirv";
import { bracketed, reachableHost } from "./addresses.ts";
import type { PanelApi } from "./panel-api.ts";

/** What to serve, and where. */
export interface DemoServerOptions {
  readonly host: string;
  readonly port: number;
  /** An absolute path. */
  readonly demosDirectory: string;
  /** Answers everything below `/api/`. */
  readonly api: PanelApi;
}

/** A server that accepts requests. */
export interface DemoServer {
  /** Where this machine's browser finds it. */
  readonly url: string;
  /** Cuts every connection and resolves when the port is free. */
  close(): Promise<void>;
}

/**
 * Binds the address and serves until `close`.
 *
 * @throws SyncError `PORT_IN_USE` if another process has the port, `BAD_CONFIG` if the address cannot be bound.
 */
export const serveDemos = async (options: DemoServerOptions): Promise<DemoServer> => {
  const server = createServer(
    {
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      keepAliveTimeout: 5000,
      maxHeaderSize: 16 * 1024,
    },
    handlerOf(options),
  );
  await bind(server, options);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${bracketed(reachableHost(options.host))}:${port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

/** What a page is made of: nothing else that lies beside it is given out. */
const served = /^(?:\/[\w-]+)*(?:\/|\/[\w.-]+\.(?:css|html|js|map|svg))$/u;
/** A demo's name with its slash forgotten. */
const unslashed = /^\/[\w-]+$/u;

/** The demos load nothing from elsewhere, and talk to nobody but this server and the relays. */
const headers = {
  "content-security-policy": [
    "default-src 'self'",
    // CodeMirror writes its rules into the page, and cursors have their user's colour as a style.
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    // The relays have ports, and behind a wildcard address names, of their own.
    "connect-src 'self' ws:",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'self'",
  ].join("; "),
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
} as const;

const handlerOf = ({ demosDirectory, api }: DemoServerOptions) => {
  // `dev` looks at the disk each time, so that what is built anew is there after a reload.
  const files = sirv(demosDirectory, { dev: true });
  return (request: IncomingMessage, response: ServerResponse): void => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    const [path = "/", query] = (request.url ?? "/").split("?", 2);
    if (path.startsWith("/api/")) {
      api(request, response);
    } else if (unslashed.test(path)) {
      // Relative addresses in a page of `/editor` would lead to its neighbours.
      redirect(response, query === undefined ? `${path}/` : `${path}/?${query}`);
    } else if (served.test(path) && ["GET", "HEAD"].includes(request.method ?? "")) {
      // Parts of a file are not needed here, and a range that ends before it begins makes the library throw.
      delete request.headers.range;
      files(request, response, () => notFound(response));
    } else {
      notFound(response);
    }
  };
};

const notFound = (response: ServerResponse): void => {
  response.writeHead(404, { "content-type": "text/plain; charset=utf-8" });
  response.end("Nothing is here.\n");
};

const redirect = (response: ServerResponse, location: string): void => {
  response.writeHead(302, { location });
  response.end();
};

const bind = (server: Server, { host, port }: DemoServerOptions): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const isTaken = cause.code === "EADDRINUSE";
      const reason = isTaken ? "another process has it" : cause.message;
      reject(
        new SyncError(
          isTaken ? "PORT_IN_USE" : "BAD_CONFIG",
          `the page cannot have port ${port} of ${host}: ${reason}`,
          {
            cause,
          },
        ),
      );
    });
    server.listen(port, host, () => {
      server.removeAllListeners("error");
      // From here on it is about one connection that could not be accepted.
      server.on("error", () => {});
      resolve();
    });
  });
