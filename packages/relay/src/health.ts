/** What a relay tells of itself over HTTP: whether it is well, and for pages that show a cluster, how far a space is. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { sortedEntries } from "@syncline/clocks";
import { whyBadName } from "@syncline/gossip";
import type { PeerLinks } from "./peer-links.ts";
import type { RelayContext } from "./relay-context.ts";
import type { SpaceHost } from "./space-host.ts";

/** What the answers are made of. */
export interface HealthSource {
  readonly context: RelayContext;
  readonly host: SpaceHost;
  readonly links: PeerLinks;
  /** Why nothing is served any more, or null. */
  readonly failure: () => Error | null;
  readonly isDraining: () => boolean;
  readonly counters: () => HealthCounters;
}

/** What is counted, for the answer. */
interface HealthCounters {
  readonly connectionCount: number;
  readonly refusedCount: number;
  readonly flushCount: number;
  readonly logBytes: number;
}

/** The answer of `GET /health`: the shape that monitors expect, and more beside it. */
interface Health {
  readonly status: "healthy" | "degraded" | "unhealthy";
  readonly checks: {
    readonly database: "up" | "down";
    readonly cache: "up";
    readonly dependencies: "healthy" | "degraded";
    readonly peers: Readonly<Record<string, "up" | "down">>;
  };
  readonly timestamp: string;
  readonly relay: string;
  readonly incarnation: string;
  /** What is wrong, in words; empty when healthy. */
  readonly reasons: readonly string[];
  /** Open spaces, and how many of them rest: all their clients have been silent for a while. */
  readonly spaces: number;
  readonly resting: number;
  readonly connections: number;
  readonly refused: number;
  /** What the disk was asked for since the start: flushes, and bytes of the log. */
  readonly disk: { readonly flushes: number; readonly logBytes: number };
}

/** Looks at everything now. */
const healthOf = (source: HealthSource): Health => {
  const { context, host, links } = source;
  const failure = source.failure();
  const counters = source.counters();
  const peers = [...context.config.urlByPeer.keys()].map(
    (peer) => [peer, links.reachOf(peer) === "connected" ? "up" : "down"] as const,
  );
  const downPeers = peers.filter(([, reach]) => reach === "down").map(([peer]) => peer);
  const reasons = [
    ...(failure === null ? [] : [failure.message]),
    ...(source.isDraining() ? ["the relay is draining"] : []),
    ...downPeers.map((peer) => `no link to relay ${peer}`),
  ];
  const isServing = failure === null && !source.isDraining();
  return {
    status: isServing ? (downPeers.length === 0 ? "healthy" : "degraded") : "unhealthy",
    checks: {
      database: failure === null ? "up" : "down",
      cache: "up",
      dependencies: downPeers.length === 0 ? "healthy" : "degraded",
      peers: Object.fromEntries(peers),
    },
    timestamp: new Date().toISOString(),
    relay: context.config.id,
    incarnation: context.directory.incarnation,
    reasons,
    spaces: host.spaceCount,
    resting: host.restingCount,
    connections: counters.connectionCount,
    refused: counters.refusedCount,
    disk: { flushes: counters.flushCount, logBytes: counters.logBytes },
  };
};

/** The answer of `GET /status?space=NAME`: this relay's links, and of an open space how far each log is on this disk. */
const statusOf = ({ context, host, links }: HealthSource, name: string | null): unknown => {
  const peers = [...context.config.urlByPeer.keys()];
  const home = name === null || whyBadName(name) !== null ? null : (host.find(name)?.home ?? null);
  return {
    relay: context.config.id,
    incarnation: context.directory.incarnation,
    links: Object.fromEntries(peers.map((peer) => [peer, links.reachOf(peer)])),
    space: home === null ? null : spaceStatus(home.state, context),
  };
};

type HomeState = NonNullable<ReturnType<SpaceHost["find"]>>["home"] extends infer H
  ? H extends { readonly state: infer S }
    ? S
    : never
  : never;

const spaceStatus = (state: HomeState, context: RelayContext): unknown => {
  const ownerOf = (incarnation: string): string | null => {
    if (incarnation === context.directory.incarnation) return context.config.id;
    for (const peer of state.peers.values()) if (peer.incarnation === incarnation) return peer.home;
    return null;
  };
  const entries = sortedEntries(state.durable);
  return {
    vector: Object.fromEntries(entries),
    logs: entries.map(([incarnation, number]) => ({
      incarnation,
      home: ownerOf(incarnation),
      number,
    })),
    sessions: state.sessions.size,
    documents: state.documents.size,
    isOpen: state.isOpen,
  };
};

/** Answers the few HTTP requests that a relay knows; everything else is told that this is a WebSocket's address. */
export const answerHttp = (
  source: HealthSource,
  request: IncomingMessage,
  response: ServerResponse,
): void => {
  // A path such as `//` is no address; it is nothing that a relay knows, either.
  const target = request.url ?? "/";
  const url = new URL(URL.canParse(target, "http://relay") ? target : "/", "http://relay");
  const isRead = request.method === "GET" || request.method === "HEAD";
  if (isRead && url.pathname === "/health") {
    const health = healthOf(source);
    return answer(response, health.status === "unhealthy" ? 503 : 200, health);
  }
  if (isRead && url.pathname === "/livez") return answer(response, 200, { status: "up" });
  if (isRead && url.pathname === "/readyz") {
    const { status } = healthOf(source);
    return answer(response, status === "unhealthy" ? 503 : 200, { status });
  }
  if (isRead && url.pathname === "/status") {
    return answer(response, 200, statusOf(source, url.searchParams.get("space")));
  }
  response.setHeader("upgrade", "websocket");
  answer(response, 426, { error: "this is a relay: connect with a WebSocket, or GET /health" });
};

const answer = (response: ServerResponse, code: number, body: unknown): void => {
  response.writeHead(code, {
    "content-type": "application/json; charset=utf-8",
    "cache-control": "no-store",
    "access-control-allow-origin": "*",
  });
  response.end(`${JSON.stringify(body)}\n`);
};
