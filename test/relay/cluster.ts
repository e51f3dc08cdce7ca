/** Relays in this process, on ports and directories of their own. */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Relay, type RelayOptions, startRelay } from "@syncline/relay";

/** Relays that can be stopped and started one by one. */
export interface RelayCluster {
  urlOf(id: string): string;
  start(id: string): Promise<Relay>;
  stop(id: string): Promise<void>;
  /** Stops all and removes their directories. */
  close(): Promise<void>;
}

/** A cluster of which nothing runs yet. */
export const createRelayCluster = async (
  ids: readonly string[],
  options: Partial<RelayOptions> = {},
): Promise<RelayCluster> => {
  const directory = mkdtempSync(join(tmpdir(), "syncline-relays-"));
  const urls = new Map<string, string>();
  for (const id of ids) urls.set(id, `127.0.0.1:${await freePort()}`);
  const peers = Object.fromEntries([...urls].map(([id, address]) => [id, `ws://${address}`]));
  const relays = new Map<string, Relay>();

  const stop = async (id: string): Promise<void> => {
    const relay = relays.get(id);
    relays.delete(id);
    await relay?.close();
  };

  return {
    urlOf: (id) => `ws://${urls.get(id)}`,
    start: async (id) => {
      const relay = await startRelay({
        listen: urls.get(id) ?? "",
        data: join(directory, id),
        id,
        peers,
        logLevel: "silent",
        ...options,
      });
      relays.set(id, relay);
      return relay;
    },
    stop,
    close: async () => {
      await Promise.all(ids.map(stop));
      rmSync(directory, { recursive: true, force: true });
    },
  };
};

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address !== "object") throw new Error("no port");
  return address.port;
};
