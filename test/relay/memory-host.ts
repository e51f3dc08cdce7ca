/** The spaces of a relay that is alone, in memory, on a clock that the test moves. */
import type { HomeLimits, HomeMessage } from "@syncline/gossip";
import { incarnationOf } from "@syncline/clocks";
import { openMemoryStore } from "@syncline/storage/memory";
import { createCompactionGate } from "../../packages/relay/src/compaction-gate.ts";
import { settleConfig } from "../../packages/relay/src/config.ts";
import { openDirectory } from "../../packages/relay/src/directory.ts";
import { createDocuments } from "../../packages/relay/src/documents.ts";
import { createLog } from "../../packages/relay/src/log.ts";
import { createPageCache, type PageCache } from "../../packages/relay/src/page-cache.ts";
import type { PeerLinks } from "../../packages/relay/src/peer-links.ts";
import { createSpaceHost, type SpaceHost } from "../../packages/relay/src/space-host.ts";
import type { SpaceLink } from "../../packages/relay/src/space-port.ts";
import { createValueChains } from "../../packages/relay/src/value-chains.ts";
import { untilTrue } from "./wire-client.ts";

export interface MemoryHost {
  readonly host: SpaceHost;
  readonly pages: PageCache;
  nowMs: number;
}

export const startMemoryHost = async (
  homeLimits: Partial<HomeLimits> = {},
): Promise<MemoryHost> => {
  const directory = await openDirectory(openMemoryStore(), false);
  const config = { ...settleConfig({ listen: "127.0.0.1:0", data: "none" }), homeLimits };
  const noLinks = { reachOf: () => "unreachable", isCongested: () => false };
  const now = (): number => started.nowMs;
  const pages = createPageCache(now);
  const host = createSpaceHost(
    {
      config,
      directory,
      documents: createDocuments({ worker: null }),
      chains: createValueChains(),
      pages,
      compactions: createCompactionGate(),
      log: createLog("silent", "a"),
      ready: async () => {},
      now,
      homesOf: () => ["a"],
      homeConfigOf: () => ({
        home: "a",
        incarnation: directory.incarnation,
        others: [],
        writeQuorum: 1,
        readQuorum: 1,
      }),
    },
    {
      links: () => noLinks as unknown as PeerLinks,
      rolledBack: () => {},
      failed: (error) => {
        throw error;
      },
      closedSpace: () => {},
    },
  );
  const started: MemoryHost = { host, pages, nowMs: 0 };
  return started;
};

export interface Visitor {
  readonly link: SpaceLink;
  readonly heard: HomeMessage[];
  /** Submits a batch of the document "notes". */
  readonly write: (number: number, payload?: Uint8Array) => void;
  isClosed: boolean;
}

/** An edge that has joined the space "room" and was welcomed. */
export const visit = async (host: SpaceHost, name: string): Promise<Visitor> => {
  const heard: HomeMessage[] = [];
  const link = host.attach("room", {
    message: (message) => heard.push(message),
    closed: () => {
      visitor.isClosed = true;
    },
  });
  const edge = incarnationOf(new TextEncoder().encode(name.padEnd(8)));
  const write: Visitor["write"] = (firstNumber, payload = Uint8Array.of(0, 0)) =>
    link.send({
      kind: "submit",
      firstNumber,
      batches: [{ document: "notes", type: "yjs", payload }],
    });
  const visitor: Visitor = { link, heard, write, isClosed: false };
  link.send({ kind: "join", edge, vector: new Map() });
  await untilTrue(() => heard.some(({ kind }) => kind === "welcome"));
  return visitor;
};
