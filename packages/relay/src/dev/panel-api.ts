/** The few requests of the demos' panel: how the relays are, and end or start one. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { isIP } from "node:net";
import { SyncError } from "@syncline/machine";
import { bracketed, hostNamed } from "./addresses.ts";
import type { RelayProcess } from "./relay-process.ts";

/** A relay as the panel sees it. `health` and `status` are what it answers itself, or null while it does not. */
export interface RelayReport {
  readonly id: string;
  /** As the page reaches it: with the name of the machine under which it reached the page. */
  readonly url: string;
  readonly isUp: boolean;
  readonly pid: number | null;
  readonly health: unknown;
  readonly status: unknown;
}

/** Answers a request whose path begins with `/api/`; never throws. */
export type PanelApi = (request: IncomingMessage, response: ServerResponse) => void;

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

const answerTimeMaxMs = 800;

/**
 * `GET /api/relays?space=NAME`, `POST /api/relays/ID/kill` and `POST /api/relays/ID/start`. The answers are JSON.
 *
 * `host` is what the page's server is bound to. Relays may be added to the list later.
 */
export const createPanelApi = (relays: readonly RelayProcess[], host: string): PanelApi => {
  return (request, response) => {
    request.resume();
    void answerTo(request, { relays, host })
      .catch((error: unknown) => refusal(500, codeOf(error), messageOf(error)))
      .then(({ status, body }) => {
        response.writeHead(status, {
          "content-type": "application/json",
          "cache-control": "no-store",
        });
        response.end(JSON.stringify(body));
      });
  };
};

const answerTo = async (
  request: IncomingMessage,
  { relays, host }: { readonly relays: readonly RelayProcess[]; readonly host: string },
): Promise<Answer> => {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://panel");
  if (pathname === "/api/relays") {
    if (request.method !== "GET") return refusal(405, "BAD_FRAME", "only GET is answered here");
    const seen = { hostHeader: request.headers.host ?? "", space: searchParams.get("space") };
    return { status: 200, body: await Promise.all(relays.map((relay) => reportOf(relay, seen))) };
  }
  const [, id, action] = /^\/api\/relays\/([^/]+)\/(kill|start)$/u.exec(pathname) ?? [];
  const relay = relays.find((each) => each.id === id);
  if (relay === undefined) return refusal(404, "BAD_NAME", `nothing is at ${pathname}`);
  if (request.method !== "POST") return refusal(405, "BAD_FRAME", "only POST is answered here");
  if (!isFromOwnPage(request, host)) {
    return refusal(403, "FORBIDDEN", "only pages of this server may do this");
  }
  if (action === "kill") await relay.kill();
  else await relay.start();
  return { status: 200, body: { id: relay.id, isUp: relay.isUp, pid: relay.pid } };
};

/**
 * Whether a page of this server asks, at an address that cannot be another's.
 *
 * Any page in the browser can send a POST here; its `Origin` tells. That alone is not enough:
 *   1. a page of evil.example is loaded, and its name then made to mean 127.0.0.1;
 *   2. its POST now comes here, with evil.example as `Origin` and as `Host`, which are equal.
 * So the name must be one that only this machine answers to: a number, localhost, or what we were told to bind.
 */
const isFromOwnPage = ({ headers }: IncomingMessage, boundHost: string): boolean => {
  const { host = "", origin } = headers;
  const name = hostNamed(host);
  const isOurs = isIP(name) !== 0 || name === boundHost || /^(?:.+\.)?localhost$/u.test(name);
  return isOurs && origin === `http://${host}`;
};

const reportOf = async (
  relay: RelayProcess,
  { hostHeader, space }: { readonly hostHeader: string; readonly space: string | null },
): Promise<RelayReport> => {
  const address = relay.url.replace(/^ws:/u, "http:");
  const query = space === null ? "" : `?space=${encodeURIComponent(space)}`;
  const [health, status] = relay.isUp
    ? await Promise.all([ask(`${address}/health`), ask(`${address}/status${query}`)])
    : [null, null];
  // Only now: it may have been killed while it was asked.
  const { id, isUp, pid, port } = relay;
  const name = hostNamed(hostHeader);
  const url = name === "" ? relay.url : `ws://${bracketed(name)}:${port}`;
  return { id, url, isUp, pid, health, status };
};

/** What the relay answers, also when it is unwell (503); null if it does not, or answers something else. */
const ask = async (address: string): Promise<unknown> => {
  try {
    const response = await fetch(address, { signal: AbortSignal.timeout(answerTimeMaxMs) });
    if (!response.ok && response.status !== 503) {
      await response.body?.cancel();
      return null;
    }
    return (await response.json()) as unknown;
  } catch {
    // It has just been killed, or is busy: that it does not answer is the answer.
    return null;
  }
};

const refusal = (status: number, code: string, message: string): Answer => ({
  status,
  body: { error: { code, message } },
});

const codeOf = (error: unknown): string =>
  error instanceof SyncError ? error.code : "UNREACHABLE";

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
