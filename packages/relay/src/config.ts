/** What a relay may be told, checked once at the start: everything wrong is said in one line before anything is opened. */
import type { EdgeLimits, HomeLimits } from "@syncline/gossip";
import { SyncError } from "@syncline/machine";
import { type Quorums, quorumsOf } from "@syncline/quorum";

/** What `startRelay` may be told. */
export interface RelayOptions {
  /** The address to listen on, as `HOST:PORT`; port 0 for any that is free. Default: `127.0.0.1:4400`. */
  readonly listen?: string;
  /** The data directory; created if it is not there. It belongs to one process at a time. */
  readonly data: string;
  /** This relay's name among its peers: letters, digits, `-` and `_`, at most 32. Default: `a`. */
  readonly id?: string;
  /** The address of every relay of the cluster by its name, this one included. Default: this relay alone. */
  readonly peers?: Readonly<Record<string, string>>;
  /** On how many disks a batch must be to be settled at `quorum` (W). Default: a majority of the homes of a space. */
  readonly writeQuorum?: number;
  /** How many homes a first reading of a space asks (R). Default: N − W + 1. */
  readonly readQuorum?: number;
  /** How many of the cluster's relays are homes of a space (N). Default: three, or all if there are fewer. */
  readonly homes?: number;
  /** What relays show each other to be let in as homes; all of a cluster have the same. Default: none, for clusters on trusted networks only. */
  readonly clusterToken?: string;
  /** The largest payload of a batch, in bytes. Default: 16 MiB less 16 KiB for what stands around it. */
  readonly batchBytesMax?: number;
  /** The largest document, in bytes. Default: 16 MiB. */
  readonly documentBytesMax?: number;
  /** `debug`, `info`, `warn`, `error` or `silent`: what goes to standard error, a line of JSON each. Default: `info`. */
  readonly logLevel?: string;
}

/** The options with everything decided. */
export interface RelayConfig {
  readonly host: string;
  readonly port: number;
  readonly dataDirectory: string;
  readonly id: string;
  /** The other relays. */
  readonly urlByPeer: ReadonlyMap<string, string>;
  readonly quorums: Quorums;
  readonly clusterToken: string;
  readonly homeLimits: Partial<HomeLimits>;
  readonly edgeLimits: Partial<EdgeLimits>;
  readonly logLevel: string;
}

/** The levels of the log. */
export const logLevels = ["debug", "info", "warn", "error", "silent"] as const;

const BYTES_LIMIT_MAX = 16 * 1024 * 1024 - 16 * 1024;

/** Decides everything that the options leave open; throws `BAD_CONFIG` with one clear sentence at the first thing that is wrong. */
export const settleConfig = (options: RelayOptions): RelayConfig => {
  const { host, port } = parseListen(options.listen ?? "127.0.0.1:4400");
  if (typeof options.data !== "string" || options.data === "") {
    throw bad("data: the data directory is missing");
  }
  const id = options.id ?? "a";
  checkId(id);
  const peers = Object.entries(options.peers ?? {});
  for (const [peer, url] of peers) checkPeer(peer, url);
  if (peers.length > 0 && !peers.some(([peer]) => peer === id)) {
    throw bad(
      `peers: this relay's own id "${id}" is not among ${peers.map(([peer]) => peer).join(", ")}`,
    );
  }
  const relayCount = Math.max(1, peers.length);
  const homeCount = options.homes ?? Math.min(3, relayCount);
  if (!Number.isInteger(homeCount) || homeCount < 1 || homeCount > relayCount) {
    throw bad(`homes: must be from 1 to the ${relayCount} relays of the cluster: ${options.homes}`);
  }
  const logLevel = options.logLevel ?? "info";
  if (!logLevels.some((level) => level === logLevel)) {
    throw bad(`log-level: must be one of ${logLevels.join(", ")}: ${logLevel}`);
  }
  const { writeQuorum, readQuorum, batchBytesMax, documentBytesMax } = options;
  checkBytes("batch-bytes-max", batchBytesMax, BYTES_LIMIT_MAX);
  checkBytes("document-bytes-max", documentBytesMax, 128 * 1024 * 1024);
  return {
    host,
    port,
    dataDirectory: options.data,
    id,
    urlByPeer: new Map(peers.filter(([peer]) => peer !== id)),
    quorums: quorumsOf(homeCount, {
      ...(writeQuorum === undefined ? {} : { writeQuorum }),
      ...(readQuorum === undefined ? {} : { readQuorum }),
    }),
    clusterToken: options.clusterToken ?? "",
    homeLimits: {
      ...(batchBytesMax === undefined ? {} : { batchBytesMax }),
      ...(documentBytesMax === undefined ? {} : { documentBytesMax }),
    },
    edgeLimits: batchBytesMax === undefined ? {} : { batchBytesMax },
    logLevel,
  };
};

const bad = (message: string): SyncError => new SyncError("BAD_CONFIG", message);

/** `HOST:PORT`, with IPv6 addresses in brackets. */
const parseListen = (listen: string): { readonly host: string; readonly port: number } => {
  const match = /^(?:\[(?<six>[0-9a-fA-F:.]+)\]|(?<host>[^:[\]]+)):(?<port>\d{1,5})$/u.exec(listen);
  const port = Number(match?.groups?.["port"]);
  const host = match?.groups?.["six"] ?? match?.groups?.["host"];
  if (host === undefined || !(port <= 65_535)) {
    throw bad(`listen: must be HOST:PORT with a port from 0 to 65535: ${listen}`);
  }
  return { host, port };
};

const checkId = (id: string): void => {
  if (!/^[A-Za-z0-9_-]{1,32}$/u.test(id)) {
    throw bad(`id: must be 1 to 32 letters, digits, "-" or "_": ${id}`);
  }
};

const checkPeer = (peer: string, url: string): void => {
  checkId(peer);
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed?.protocol !== "ws:" && parsed?.protocol !== "wss:") {
    throw bad(`peers: the address of "${peer}" must begin with ws:// or wss://: ${url}`);
  }
};

const checkBytes = (name: string, bytes: number | undefined, bytesMax: number): void => {
  if (bytes === undefined) return;
  if (!Number.isInteger(bytes) || bytes < 1024 || bytes > bytesMax) {
    throw bad(`${name}: must be from 1024 to ${bytesMax}: ${bytes}`);
  }
};
