/** The relays of a cluster on one machine: who they are, and all of them started or none. */
import { join } from "node:path";
import { SyncError } from "@syncline/machine";
import { bracketed, portsFrom, reachableHost } from "./addresses.ts";
import { createRelayProcess, type RelayProcess } from "./relay-process.ts";

/** What cluster to start. */
export interface ClusterPlan {
  /** What Node runs as a relay: a file, then its first arguments. */
  readonly command: readonly string[];
  readonly relayCount: number;
  readonly port: number;
  readonly host: string;
  readonly dataDirectory: string;
  readonly relayArguments: readonly string[];
  print(line: string): void;
}

/** Relays that were started together. */
export interface Cluster {
  readonly relays: readonly RelayProcess[];
  /** Stops every relay that runs; resolves when all are gone. */
  close(): Promise<void>;
}

const ids = "abcdefghijklmnopqrstuvwxyz";

/**
 * Starts all relays at the same time and resolves when each accepts connections.
 *
 * @throws SyncError of the first that could not start, when all others are gone; `BAD_CONFIG` for a number of relays that cannot be.
 */
export const startCluster = async (plan: ClusterPlan): Promise<Cluster> => {
  const relays = await relaysOf(plan);
  const close = async (): Promise<void> => {
    await Promise.all(relays.map((relay) => relay.stop()));
  };
  try {
    await Promise.all(relays.map((relay) => relay.start()));
  } catch (error) {
    await close();
    throw error;
  }
  return { relays, close };
};

const relaysOf = async (plan: ClusterPlan): Promise<readonly RelayProcess[]> => {
  const { relayCount, host } = plan;
  if (!Number.isInteger(relayCount) || relayCount < 1 || relayCount > ids.length) {
    throw new SyncError(
      "BAD_CONFIG",
      `the number of relays must be from 1 to ${ids.length}: ${relayCount}`,
    );
  }
  const ports = await portsFrom(plan.port, { host, count: relayCount });
  const places = ports.map((port, index) => ({
    id: ids.charAt(index),
    port,
    url: `ws://${bracketed(reachableHost(host))}:${port}`,
  }));
  const peers = places.map(({ id, url }) => `${id}=${url}`).join();
  return places.map(({ id, port, url }) =>
    createRelayProcess({
      id,
      port,
      url,
      nodeArguments: [
        ...plan.command,
        ...argumentsOf(plan, { id, port, peers }),
        ...plan.relayArguments,
      ],
      print: (line) => plan.print(line),
    }),
  );
};

const argumentsOf = (
  { host, dataDirectory, relayCount }: ClusterPlan,
  { id, port, peers }: { readonly id: string; readonly port: number; readonly peers: string },
): readonly string[] => {
  const own = [
    "--listen",
    `${bracketed(host)}:${port}`,
    "--data",
    join(dataDirectory, id),
    "--id",
    id,
    "--log-level",
    "warn",
  ];
  return relayCount === 1 ? own : [...own, "--peers", peers];
};
