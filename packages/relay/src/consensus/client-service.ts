/** One client's connection to a node: its requests become proposals and reads, and their outcomes its answers. */
import { encodeSessionCommand, type SessionResult } from "@syncline/consensus/raft";
import type { Connection, ConnectionHandlers } from "@syncline/websocket";
import {
  type ClientAnswer,
  CLIENT_FRAME_BYTES_MAX,
  type ClientRequest,
  decodeRequest,
  encodeAnswer,
} from "./client-frames.ts";
import type { WaitingCommand } from "./commands.ts";
import type { Outcome } from "./proposals.ts";

/** A client that asks for more at a time is told to wait. */
const REQUESTS_MAX = 1024;
const BROKEN_CODE = 4400;

/** What a connection needs of its node. */
export interface ClientServicePorts {
  /** Puts a command of a session into the log. With `isAlone` nothing else is in its entry. */
  propose(command: WaitingCommand, settle: (outcome: Outcome) => void): void;
  /** Settles when the present state has everything that was acknowledged before this call. */
  read(settle: (outcome: Outcome) => void): void;
  /** Answers from the present state. */
  query(query: Uint8Array): Uint8Array;
}

/** Serves a client until its connection ends. */
export const serveClient = (
  connection: Connection,
  ports: ClientServicePorts,
): ConnectionHandlers => {
  let requestCount = 0;
  let isOpen = true;
  const answer = (given: ClientAnswer): void => {
    if (isOpen) connection.send(encodeAnswer(given));
  };
  const take = (request: ClientRequest): void => {
    if (requestCount >= REQUESTS_MAX) return answer({ id: request.id, kind: "busy" });
    requestCount += 1;
    const settle = (outcome: Outcome): void => {
      requestCount -= 1;
      answer(answerOf(request, outcome, ports));
    };
    if (request.kind === "read") ports.read(settle);
    else ports.propose({ data: proposalOf(request), isAlone: request.kind === "open" }, settle);
  };
  return {
    frame: (bytes) => {
      const request = bytes.length > CLIENT_FRAME_BYTES_MAX ? null : decodeRequest(bytes);
      if (request === null) return connection.close(BROKEN_CODE, "BAD_FRAME");
      if (request !== "heartbeat") take(request);
    },
    closed: () => {
      isOpen = false;
    },
  };
};

const proposalOf = (request: Exclude<ClientRequest, { kind: "read" }>): Uint8Array => {
  const timeMs = Date.now();
  return request.kind === "open"
    ? encodeSessionCommand({ kind: "open", timeMs })
    : encodeSessionCommand({ ...request, timeMs });
};

const answerOf = (
  request: ClientRequest,
  outcome: Outcome,
  ports: ClientServicePorts,
): ClientAnswer => {
  const { id } = request;
  switch (outcome.kind) {
    case "applied":
      return answerOfResult(id, outcome.result);
    case "readable":
      return {
        id,
        kind: "done",
        result: request.kind === "read" ? ports.query(request.query) : none,
      };
    case "refused":
      return answerOfRefusal(id, outcome);
    case "changed":
    case "unknown":
      return { id, kind: "unknown" };
  }
};

const none = new Uint8Array();

const answerOfResult = (id: number, result: SessionResult): ClientAnswer => {
  switch (result.kind) {
    case "opened":
      return { id, kind: "opened", session: result.session };
    case "done":
      return { id, kind: "done", result: result.result };
    case "too-far-ahead":
      return { id, kind: "busy" };
    case "no-session":
    case "forgotten":
    case "time":
      return { id, kind: "refused", reason: result.kind };
  }
};

const answerOfRefusal = (
  id: number,
  { reason, leader }: Extract<Outcome, { kind: "refused" }>,
): ClientAnswer => {
  switch (reason) {
    case "not-leader":
      return { id, kind: "not-leader", leader };
    case "transferring":
    case "busy":
    case "overwritten":
      return { id, kind: "busy" };
    default:
      return { id, kind: "refused", reason };
  }
};
