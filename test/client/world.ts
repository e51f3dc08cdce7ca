/** A world for one test of the client: relays, clients, and what ends them. */
import { type Client, connect, type ConnectOptions, type Space, type SpaceStatus } from "syncline";
import { afterEach } from "vitest";
import { type Cluster, type ClusterOptions, startCluster } from "./memory-relay.ts";

const endings: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

/** Calls this after the test. */
export const atEnd = (end: () => unknown): void => {
  endings.push(end);
};

/** A cluster that ends with the test. */
export const cluster = async (options: ClusterOptions = {}): Promise<Cluster> => {
  const started = await startCluster(options);
  atEnd(() => started.close());
  return started;
};

/** A client that ends with the test, and comes back quickly. */
export const client = (urls: string | readonly string[], options: ConnectOptions = {}): Client => {
  const connected = connect(urls, { baseMs: 5, capMs: 20, ...options });
  atEnd(() => {
    connected.close();
  });
  return connected;
};

interface Telling {
  on(name: string, listener: () => void): unknown;
  off(name: string, listener: () => void): void;
}

/** Resolves once the condition holds; it is looked at after each of the events of this name. */
export const until = async (
  source: object,
  name: string,
  isReached: () => boolean,
): Promise<void> => {
  const telling = source as Telling;
  if (isReached()) return;
  await new Promise<void>((resolve) => {
    const look = (): void => {
      if (!isReached()) return;
      telling.off(name, look);
      resolve();
    };
    telling.on(name, look);
  });
};

/** Resolves with the status once it is as wanted. */
export const statusWhere = async (
  space: Space,
  isWanted: (status: SpaceStatus) => boolean,
): Promise<SpaceStatus> => {
  await until(space, "status", () => isWanted(space.status));
  return space.status;
};
