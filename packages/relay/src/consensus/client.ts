/** A client of a Raft cluster: it finds the leader, and sends what is unanswered again under the same number, so that it has its effect once. */
import { SyncError } from "@syncline/machine";
import { openSocket, type ReconnectingSocket } from "@syncline/websocket";
import {
  type ClientAnswer,
  CLIENT_PROTOCOL,
  clientHeartbeat,
  type ClientRequest,
  decodeAnswer,
  encodeRequest,
} from "./client-frames.ts";

/** An attempt that is not answered for this long is made again, at the next node. */
const ATTEMPT_MS = 1000;
/** A node that cannot be reached within this is left for the next one. */
const CONNECT_MS = 150;
/** Between two attempts of which the first was refused. */
const PAUSE_MS = 15;

/** A session with the cluster. Calls are made one at a time, or in the order of the calls. */
export interface RaftClient {
  /**
   * Applies a command once. Rejects with `TIMEOUT` if nothing is known of it in time: it may have had its effect, or have it yet.
   * With `CLOSED` if the session has ended, or the client.
   */
  call(command: Uint8Array, timeoutMs?: number): Promise<Uint8Array>;
  /** Answers a query linearizably. A read that is not answered in time rejects with `TIMEOUT`. */
  read(query: Uint8Array, timeoutMs?: number): Promise<Uint8Array>;
  close(): void;
}

/** A request without its number on the connection. */
type Asked = ClientRequest extends infer One
  ? One extends ClientRequest
    ? Omit<One, "id">
    : never
  : never;

interface Line {
  readonly socket: ReconnectingSocket;
  isOpen: boolean;
  readonly settleById: Map<number, (answer: ClientAnswer | null) => void>;
  readonly whenOpen: (() => void)[];
}

interface Client {
  readonly urls: readonly string[];
  readonly names: readonly string[];
  readonly lines: Map<number, Line>;
  target: number;
  idCount: number;
  session: number;
  callCount: number;
  readonly unanswered: Set<number>;
  isClosed: boolean;
}

/** Opens a session with the cluster of these nodes, by name. Rejects with `TIMEOUT` if there is no leader in time. */
export const openRaftClient = async (
  urlByName: ReadonlyMap<string, string>,
  timeoutMs = 10_000,
): Promise<RaftClient> => {
  const client: Client = {
    urls: [...urlByName.values()],
    names: [...urlByName.keys()],
    lines: new Map(),
    target: 0,
    idCount: 0,
    session: 0,
    callCount: 0,
    unanswered: new Set(),
    isClosed: false,
  };
  const close = (): void => {
    client.isClosed = true;
    for (const { socket } of client.lines.values()) socket.close();
  };
  try {
    const opened = await ask(client, { kind: "open" }, timeoutMs);
    if (opened.kind === "opened") client.session = opened.session;
  } catch (error) {
    close();
    throw error;
  }
  return {
    call: (command, callTimeoutMs = 10_000) => call(client, command, callTimeoutMs),
    read: async (query, readTimeoutMs = 10_000) =>
      resultOf(await ask(client, { kind: "read", query }, readTimeoutMs)),
    close,
  };
};

const call = async (
  client: Client,
  command: Uint8Array,
  timeoutMs: number,
): Promise<Uint8Array> => {
  client.callCount += 1;
  const number = client.callCount;
  client.unanswered.add(number);
  // A call that was given up stays unanswered: were it counted as done, the state could forget whether it had its effect while it is still on its way.
  const doneNumber = Math.min(...client.unanswered) - 1;
  const asked: Asked = { kind: "call", session: client.session, number, doneNumber, command };
  const answer = await ask(client, asked, timeoutMs);
  client.unanswered.delete(number);
  return resultOf(answer);
};

const resultOf = (answer: ClientAnswer): Uint8Array => {
  if (answer.kind === "done") return answer.result;
  const reason = answer.kind === "refused" ? answer.reason : answer.kind;
  throw new SyncError("CLOSED", `the cluster refused: ${reason}`);
};

/** Tries until there is an answer that is final. */
const ask = async (client: Client, asked: Asked, timeoutMs: number): Promise<ClientAnswer> => {
  const endMs = performance.now() + timeoutMs;
  while (performance.now() < endMs && !client.isClosed) {
    const answer = await attempt(client, asked, Math.min(ATTEMPT_MS, endMs - performance.now()));
    switch (answer?.kind) {
      case "opened":
      case "done":
      case "refused":
        return answer;
      case "not-leader":
        turnTo(client, answer.leader);
        break;
      case undefined:
        turnTo(client, null);
        break;
      case "busy":
      case "unknown":
        break;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  const code = client.isClosed ? "CLOSED" : "TIMEOUT";
  throw new SyncError(code, "nothing is known of what was asked");
};

const turnTo = (client: Client, leader: string | null): void => {
  const index = leader === null ? -1 : client.names.indexOf(leader);
  client.target = index === -1 ? (client.target + 1) % client.urls.length : index;
};

/** One question to one node; null if it does not answer. */
const attempt = async (
  client: Client,
  asked: Asked,
  timeoutMs: number,
): Promise<ClientAnswer | null> => {
  const line = lineTo(client, client.target);
  if (!line.isOpen && !(await isOpened(line, Math.min(timeoutMs, CONNECT_MS)))) return null;
  client.idCount += 1;
  const id = client.idCount;
  return new Promise((resolve) => {
    const settle = (answer: ClientAnswer | null): void => {
      clearTimeout(timer);
      line.settleById.delete(id);
      resolve(answer);
    };
    const timer = setTimeout(() => settle(null), timeoutMs);
    line.settleById.set(id, settle);
    line.socket.send(encodeRequest({ ...asked, id }));
  });
};

const isOpened = (line: Line, timeoutMs: number): Promise<boolean> =>
  new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), timeoutMs);
    line.whenOpen.push(() => {
      clearTimeout(timer);
      resolve(true);
    });
  });

const lineTo = (client: Client, index: number): Line => {
  const known = client.lines.get(index);
  if (known !== undefined) return known;
  const line: Line = {
    isOpen: false,
    settleById: new Map(),
    whenOpen: [],
    socket: openSocket({
      urls: [client.urls[index] ?? ""],
      protocol: CLIENT_PROTOCOL,
      heartbeat: clientHeartbeat,
      // No server's heartbeat is expected: attempts have a time of their own.
      silenceMs: 3_600_000,
      baseMs: 50,
      capMs: 250,
      opened: () => {
        line.isOpen = true;
        for (const tell of line.whenOpen.splice(0)) tell();
      },
      frame: (bytes) => {
        const answer = decodeAnswer(bytes);
        if (answer !== null && answer !== "heartbeat") line.settleById.get(answer.id)?.(answer);
      },
      closed: () => {
        line.isOpen = false;
        line.whenOpen.length = 0;
        for (const settle of line.settleById.values()) settle(null);
      },
    }),
  };
  client.lines.set(index, line);
  return line;
};
