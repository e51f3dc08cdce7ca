/** What `syncline dev` runs on one machine: relays as processes of their own, and a page with the demos and a panel to end and start them. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { startCluster } from "./cluster.ts";
import { serveDemos } from "./demo-server.ts";
import { findDemos } from "./demos-directory.ts";
import { createPanelApi } from "./panel-api.ts";
import type { RelayProcess } from "./relay-process.ts";

/** What `startDev` needs and may be told. */
export interface DevOptions {
  /** 1 to 26; they are called `a`, `b`, `c`. */
  readonly relayCount: number;
  /** The first relay's port; the others have those that follow. 0: any that are free. */
  readonly port: number;
  /** The address that the relays and the page are bound to. */
  readonly host: string;
  /** Each relay has a directory of its own name in it. */
  readonly dataDirectory: string;
  /** The page's port; 0 for any that is free. */
  readonly httpPort: number;
  /** Where the demos are, built. Default: the repository's, found from where this package is. */
  readonly demosDirectory?: string;
  /** Passed on to every relay after its other arguments, so that these count where both name an option. */
  readonly relayArguments?: readonly string[];
  /** Takes a line for people: a relay that ended, or what it wrote to its standard error (`b | …`). */
  print(line: string): void;
}

/** A cluster that runs. */
export interface DevCluster {
  /** Where the page is, such as `http://127.0.0.1:8080/`. */
  readonly url: string;
  readonly relays: readonly RelayProcess[];
  /** Ends the page, then every relay: with SIGTERM, and with SIGKILL after three seconds. Idempotent. */
  close(): Promise<void>;
}

/**
 * Starts the relays and the page, and resolves when all of them accept connections.
 *
 * A relay that ends by itself is reported through `print` and stays down until somebody starts it at the page. Relays end when this process does,
 * however that happens: each watches its standard input, which is a pipe from here.
 *
 * @throws SyncError with the reason of the first relay that could not start, after ending the others; `PORT_IN_USE` if the page's port is taken;
 * `BAD_CONFIG` if the demos are not there or not built.
 */
export const startDev = async (options: DevOptions): Promise<DevCluster> => {
  const demosDirectory = findDemos(options.demosDirectory ?? demosOfRepository);
  const { host, httpPort, relayCount, port, dataDirectory, relayArguments = [] } = options;
  const plan = {
    command,
    relayCount,
    port,
    host,
    dataDirectory,
    relayArguments,
    print: (line: string): void => options.print(line),
  };

  // The page's port is tried first: it is found taken at once, a relay's only after it has opened its directory.
  const relays: RelayProcess[] = [];
  const page = await serveDemos({
    host,
    port: httpPort,
    demosDirectory,
    api: createPanelApi(relays, host),
  });
  const cluster = await startCluster(plan).catch(async (error: unknown) => {
    await page.close();
    throw error;
  });
  relays.push(...cluster.relays);

  let closed: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    await page.close();
    await cluster.close();
  };
  return { url: page.url, relays, close: () => (closed ??= close()) };
};

// The same place in the package whether this file is in src/dev/ or in dist/dev/.
const packageDirectory = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const command = [join(packageDirectory, "dist", "cli.js"), "relay"];
const demosOfRepository = join(packageDirectory, "..", "..", "demos");
