/** One node of a Raft cluster: the machine of `@syncline/consensus/raft`, its log on disk, its links, its clients, and the state that it replicates. */
import { randomInt } from "node:crypto";
import {
  createRaft,
  createSessions,
  encodeSessionCommand,
  nameOfNode,
  nodeIdOf,
  type NodeId,
  type Raft,
  type RaftOptions,
  type RaftOutput,
  type RaftProtocol,
  type RaftRequest,
  type RoleKind,
  type Sessions,
} from "@syncline/consensus/raft";
import { decodeRaftMessage, encodeRaftMessage } from "@syncline/consensus/wire";
import { type Runtime, startRuntime } from "@syncline/machine";
import { listen, type WebSocketServer } from "@syncline/websocket/server";
import { createWaker, type Waker } from "../timer.ts";
import { CLIENT_PROTOCOL } from "./client-frames.ts";
import { serveClient } from "./client-service.ts";
import { type Founding, foundersKnown } from "./founding.ts";
import { PEER_FRAME_BYTES_MAX, PEER_PROTOCOL, peerHeartbeat } from "./peer-frames.ts";
import { createRaftLinks, type RaftLinks } from "./peer-links.ts";
import { groupsOf, joinCommands, type WaitingCommand } from "./commands.ts";
import { createProposals, type Outcome, type Proposals, type Settle } from "./proposals.ts";
import type { Registers } from "./register.ts";
import { openRaftStore, type RaftStore } from "./store.ts";

const SESSION_EXPIRY_MS = 3_600_000;
/** Nobody reads at a follower, so it need not hear of each commitment by a message of its own. */
const COMMIT_DELAY_MS = 25;
/** How often a leader lets time pass in the replicated state. */
const EXPIRE_EVERY_MS = 60_000;

/** How a node is set up. */
export interface RaftNodeOptions {
  readonly name: string;
  readonly directory: string;
  readonly host: string;
  readonly port: number;
  /** The addresses of all first members, by name, this node's own included. */
  readonly urlByName: ReadonlyMap<string, string>;
  /** The secret that nodes show each other. */
  readonly token: string;
  readonly state: Registers;
  /** Times and limits of the machine. */
  readonly raft?: Omit<RaftOptions, "self" | "seed" | "bootstrap">;
  /** The node has stopped for good: its disk failed, or an assertion. The process is to end. */
  failed(error: Error): void;
}

/** A running node. */
export interface RaftNode {
  readonly port: number;
  /** What it is and whom it takes for the leader, as names. */
  readonly role: RoleKind;
  readonly leader: string | null;
  /** Hands a request of the application's to the machine. For those without an outcome of their own: membership, transfer. */
  request(make: (token: number) => RaftRequest): Promise<Outcome>;
  close(): Promise<void>;
}

interface AskedCommand extends WaitingCommand {
  readonly settle: Settle;
}

interface Node {
  readonly options: RaftNodeOptions;
  readonly store: RaftStore;
  readonly sessions: Sessions;
  readonly proposals: Proposals;
  readonly self: NodeId;
  readonly founding: Founding;
  founders: readonly NodeId[] | null;
  isFounding: boolean;
  links: RaftLinks | null;
  raft: Raft | null;
  runtime: Runtime<RaftProtocol> | null;
  waker: Waker | null;
  /** Requests of this turn of the event loop, which the machine takes as if they had come at one moment. */
  readonly requests: RaftRequest[];
  /** Commands of this turn, which become one entry. */
  readonly commands: AskedCommand[];
  /** Reads of this turn: one question to the followers answers all of them, since it is asked after the last. */
  readonly reads: Settle[];
  restored: Uint8Array[];
  role: RoleKind;
  leader: string | null;
  expiry: NodeJS.Timeout | null;
}

/**
 * Opens the directory, listens, links up with the other nodes, and takes part.
 *
 * A cluster that begins needs all its first members once; from then on a majority. Rejects as `openRaftStore` and `listen` do.
 */
export const startRaftNode = async (options: RaftNodeOptions): Promise<RaftNode> => {
  const store = await openRaftStore(options.directory);
  const { name, urlByName } = options;
  const self = nodeIdOf(name, store.incarnation);
  const sessions = createSessions(options.state, SESSION_EXPIRY_MS);
  const node: Node = {
    options,
    store,
    sessions,
    proposals: createProposals(sessions),
    self,
    founding: { self, name, names: [...urlByName.keys()], greetingByName: new Map() },
    founders: store.founders,
    isFounding: false,
    links: null,
    raft: null,
    runtime: null,
    waker: null,
    requests: [],
    commands: [],
    reads: [],
    restored: [],
    role: "follower",
    leader: null,
    expiry: null,
  };
  const server = await openServer(node).catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  node.links = linksOf(node);
  if (store.records.length > 0 || node.founders !== null) startMachine(node);
  else await found(node);
  return faceOf(node, server);
};

const faceOf = (node: Node, server: WebSocketServer): RaftNode => ({
  port: server.port,
  get role() {
    return node.role;
  },
  get leader() {
    return node.leader;
  },
  request: (make) => new Promise((resolve) => ask(node, make, resolve)),
  close: async () => {
    node.runtime?.stop();
    node.waker?.stop();
    if (node.expiry !== null) clearInterval(node.expiry);
    node.proposals.abandon();
    node.links?.close();
    await server.close();
    await node.store.close();
  },
});

const openServer = (node: Node): Promise<WebSocketServer> => {
  const { host, port, state } = node.options;
  return listen({
    host,
    port,
    protocols: [PEER_PROTOCOL, CLIENT_PROTOCOL],
    maxPayloadBytes: PEER_FRAME_BYTES_MAX,
    heartbeatByProtocol: new Map([[PEER_PROTOCOL, { frame: peerHeartbeat, isMutual: true }]]),
    accept: (connection, { protocol }) => {
      if (protocol === PEER_PROTOCOL && node.links !== null) return node.links.accept(connection);
      return serveClient(connection, {
        propose: (command, settle) => askCommand(node, { ...command, settle }),
        read: (settle) => askRead(node, settle),
        query: (query) => state.query(query),
      });
    },
  });
};

const linksOf = (node: Node): RaftLinks => {
  const { name, token, urlByName } = node.options;
  const urlByPeer = new Map([...urlByName].filter(([peer]) => peer !== name));
  return createRaftLinks({
    name,
    token,
    urlByPeer,
    greeting: () => ({
      name,
      incarnation: node.store.incarnation,
      isNew: node.runtime === null,
      founders: node.founders,
      token,
    }),
    greeted: (greeting) => {
      node.founding.greetingByName.set(greeting.name, greeting);
      if (node.runtime === null) void found(node);
    },
    received: (_peer, frames) => {
      const { runtime } = node;
      // All messages of a frame at one moment: what they cause is one write and one message to each.
      runtime?.together(() => {
        for (const bytes of frames) {
          const message = decodeRaftMessage(bytes);
          if (message !== null) runtime.received(nameOfNode(message.from), message);
        }
      });
    },
  });
};

/** Begins a cluster, if it is known with whom, or waits to be taken into the one that there is. */
const found = async (node: Node): Promise<void> => {
  if (node.isFounding) return;
  const known = foundersKnown(node.founding);
  if (known === null) return;
  node.isFounding = true;
  try {
    if (known.includes(node.self)) await node.store.setFounders(known);
  } catch (error) {
    return node.options.failed(error instanceof Error ? error : new Error(String(error)));
  }
  node.founders = known;
  startMachine(node);
  node.links?.greet();
};

const startMachine = (node: Node): void => {
  const { store, options, self } = node;
  const seed = randomInt(2 ** 32 - 1);
  const bootstrap = node.founders?.includes(self) === true ? node.founders : null;
  const raft = createRaft({
    commitDelayMs: COMMIT_DELAY_MS,
    ...options.raft,
    self,
    seed,
    bootstrap,
  });
  node.raft = raft;
  const now = (): number => performance.now();
  const waker = createWaker(now, () => node.runtime?.woken());
  node.waker = waker;
  node.runtime = startRuntime(raft, store.records, {
    now,
    append: (records, done) => store.append(records, done),
    load: (query, done) => store.load(query, done),
    send: (to, message) => node.links?.send(to, encodeRaftMessage(message)),
    deliver: (output) => deliver(node, output),
    wake: (atMs) => waker.wake(atMs),
    failed: (error) => {
      node.proposals.abandon();
      options.failed(error);
    },
  });
  node.expiry = setInterval(() => letTimePass(node), EXPIRE_EVERY_MS);
  node.expiry.unref();
};

const deliver = (node: Node, output: RaftOutput): void => {
  node.proposals.take(output);
  switch (output.kind) {
    case "role":
      node.role = output.role;
      node.leader = output.leader === null ? null : nameOfNode(output.leader);
      return;
    case "snapshot-wanted": {
      const chunks = [node.sessions.encode()];
      node.runtime?.submitted({ kind: "snapshot-taken", index: output.index, chunks });
      return;
    }
    case "restore":
      if (output.offset === 0) node.restored = [];
      node.restored.push(output.bytes);
      if (output.isLast) node.sessions.decode(Buffer.concat(node.restored));
      if (output.isLast) node.restored = [];
      return;
    case "accepted":
    case "refused":
    case "readable":
    case "apply":
    case "members":
      return;
  }
};

const letTimePass = (node: Node): void => {
  if (node.role !== "leader") return;
  const data = encodeSessionCommand({ kind: "expire", timeMs: Date.now() });
  askCommand(node, { data, isAlone: false, settle: () => {} });
};

const ask = (node: Node, make: (token: number) => RaftRequest, settle: Settle): void => {
  if (!isTakingPart(node)) return settle(notLeader);
  submitSoon(node);
  node.requests.push(make(node.proposals.begin([settle])));
};

const askCommand = (node: Node, command: AskedCommand): void => {
  if (!isTakingPart(node)) return command.settle(notLeader);
  submitSoon(node);
  node.commands.push(command);
};

const askRead = (node: Node, settle: Settle): void => {
  if (!isTakingPart(node)) return settle(notLeader);
  submitSoon(node);
  node.reads.push(settle);
};

const notLeader: Outcome = { kind: "refused", reason: "not-leader", leader: null };

const isTakingPart = ({ runtime }: Node): boolean => runtime?.isRunning === true;

/** Not at the end of the turn: the frames of all connections that are ready go along. */
const submitSoon = (node: Node): void => {
  const waitingCount = node.requests.length + node.commands.length + node.reads.length;
  if (waitingCount === 0) setImmediate(() => submit(node));
};

const submit = ({ runtime, requests, commands, reads, proposals }: Node): void => {
  const due = requests.splice(0);
  for (const group of groupsOf(commands.splice(0))) {
    const token = proposals.begin(group.map(({ settle }) => settle));
    due.push({ kind: "propose", token, data: joinCommands(group) });
  }
  if (reads.length > 0) due.push({ kind: "read", token: proposals.begin(reads.splice(0)) });
  runtime?.together(() => {
    for (const request of due) runtime.submitted(request);
  });
};
