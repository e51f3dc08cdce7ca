/** The servers that are compared. To add one: say here how it is started, and which wires it speaks. */
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { repositoryRoot } from "../machine/repository.ts";
import type { WireName } from "../wires/wire.ts";
import { type ServerProcess, startProcess } from "./started-server.ts";

/** A server that can be measured. */
export interface ServerKind {
  readonly name: string;
  /** For tables. */
  readonly label: string;
  /** The wires that it speaks; without a choice the first is measured. */
  readonly wires: readonly WireName[];
  /** Copies frames without a word of its own. */
  readonly isCopying: boolean;
  /** An acknowledgement means that the write is on stable storage. */
  readonly isAcknowledgedFromDisk: boolean;
  /** Documents are there again after a restart. */
  readonly isPersistent: boolean;
  /** On how many disks a write must be to count as acknowledged. */
  readonly writeQuorum: number;
  /** A file without which it cannot be started: its package. */
  readonly needs: string;
  start(options: StartOptions): Promise<readonly ServerProcess[]>;
}

/** How to start a server. */
interface StartOptions {
  readonly dataDirectory: string;
  readonly nodeOptions: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

const peersFolder = join(repositoryRoot, "bench/relays/peers");
const relayScript = join(repositoryRoot, "packages/relay/bin/syncline.js");
const bareScript = join(repositoryRoot, "bench/relays/dist/servers/bare-ws-process.js");

const bare = {
  wires: ["y-websocket", "native"],
  isCopying: true,
  isAcknowledgedFromDisk: false,
  isPersistent: false,
  writeQuorum: 1,
  needs: bareScript,
} as const;

const hocuspocus = {
  wires: ["hocuspocus"],
  isCopying: false,
  isAcknowledgedFromDisk: false,
  writeQuorum: 1,
  needs: join(peersFolder, "node_modules/@hocuspocus/server/package.json"),
} as const;

const syncline = {
  wires: ["y-websocket", "native"],
  isCopying: false,
  isAcknowledgedFromDisk: true,
  isPersistent: true,
  needs: relayScript,
} as const;

const startOne = async (
  name: string,
  script: string,
  args: readonly string[],
  { nodeOptions, environment }: StartOptions,
): Promise<readonly ServerProcess[]> => [
  await startProcess({ name, script, args, nodeOptions, environment }),
];

/** Every server, the limit first. */
export const serverKinds: readonly ServerKind[] = [
  {
    ...bare,
    name: "bare-ws",
    label: "bare ws loop",
    start: (options) => startOne("bare-ws", bareScript, [], options),
  },
  {
    name: "y-websocket",
    label: "y-websocket 0.1.1",
    wires: ["y-websocket"],
    isCopying: false,
    isAcknowledgedFromDisk: false,
    isPersistent: false,
    writeQuorum: 1,
    needs: join(peersFolder, "node_modules/@y/websocket-server/package.json"),
    start: (options) => startOne("y-websocket", join(peersFolder, "y-websocket.mjs"), [], options),
  },
  {
    ...hocuspocus,
    name: "hocuspocus",
    label: "Hocuspocus 4.7",
    isPersistent: false,
    start: (options) => startOne("hocuspocus", join(peersFolder, "hocuspocus.mjs"), [], options),
  },
  {
    ...hocuspocus,
    name: "hocuspocus-sqlite",
    label: "Hocuspocus+SQLite",
    isPersistent: true,
    start: (options) => {
      const args = ["--sqlite", join(options.dataDirectory, "hocuspocus.sqlite")];
      return startOne("hocuspocus-sqlite", join(peersFolder, "hocuspocus.mjs"), args, options);
    },
  },
  {
    ...syncline,
    name: "syncline-1",
    label: "Syncline",
    writeQuorum: 1,
    start: (options) => startRelays(1, options),
  },
  {
    ...syncline,
    name: "syncline-3",
    label: "Syncline ×3, W=2",
    writeQuorum: 2,
    start: (options) => startRelays(3, options),
  },
];

/** Not compared: it loses frames on purpose, to try the harness. */
const lossyServer: ServerKind = {
  ...bare,
  name: "lossy-ws",
  label: "ws loop that loses frames",
  start: (options) => startOne("lossy-ws", bareScript, ["--lossy"], options),
};

/** All that can be chosen by name. */
export const knownServers: readonly ServerKind[] = [...serverKinds, lossyServer];

/** Whether what the server needs is installed. */
export const isInstalled = (kind: ServerKind): boolean => existsSync(kind.needs);

const startRelays = async (
  count: number,
  { dataDirectory, nodeOptions, environment }: StartOptions,
): Promise<readonly ServerProcess[]> => {
  const ports = await freePorts(count);
  const ids = ports.map((_, index) => String.fromCodePoint(97 + index));
  const peers = ids.map((id, index) => `${id}=ws://127.0.0.1:${ports[index]}`).join(",");
  const starts = await Promise.allSettled(
    ids.map((id, index) =>
      startProcess({
        name: `relay ${id}`,
        script: relayScript,
        args: [
          "relay",
          `--listen=127.0.0.1:${ports[index]}`,
          `--data=${join(dataDirectory, id)}`,
          "--log-level=warn",
          ...(count > 1 ? ["--id", id, "--peers", peers, "--write-quorum", "2"] : []),
        ],
        nodeOptions,
        environment,
      }),
    ),
  );
  const started = starts.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const failed = starts.find((one) => one.status === "rejected");
  if (failed === undefined) return started;
  // Those that did start would take the processor from whoever is measured next.
  await Promise.all(started.map((relay) => relay.stop()));
  throw failed.reason;
};

const freePorts = async (count: number): Promise<readonly number[]> => {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  const ports: number[] = [];
  for (const server of servers) {
    if (!server.listening) await once(server, "listening");
    const address = server.address();
    if (address !== null && typeof address === "object") ports.push(address.port);
  }
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
};
